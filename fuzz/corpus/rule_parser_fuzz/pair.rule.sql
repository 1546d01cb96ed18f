/*
[[action]]
store = "out/${b.temperature}"
*/
SELECT topic(1) AS machine, a.temperature AS t, b.state.running AS r, window_end() AS e FROM 'in', 'site/#' AS a LEFT JOIN 'a/b' AS b ON a.a = b.a WHERE a.temperature > 1 GROUP BY HOPPINGWINDOW(ss, 10, 5)
