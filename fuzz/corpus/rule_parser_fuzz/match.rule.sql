/*
[[action]]
store = "out/${a.temperature}"
*/
SELECT topic(1) AS machine, a.temperature AS t, b.list[1] AS r FROM 'in', 'site/#' MATCH a AS (temperature > 1) THEN NOT (a = 'x') THEN b AS (temperature >= a.temperature) THEN NOT (state.running) WITHIN 5 SECONDS OVER (PARTITION BY topic(9)) WHERE a.temperature > 1
