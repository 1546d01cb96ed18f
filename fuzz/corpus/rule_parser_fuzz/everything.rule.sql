/*
[[action]]
store = "out"
*/
SELECT *, -(1 + 2) * 3 / 4 % 5 AS n, a || 'x' AS c, cast(a AS number) AS k, "odd ""name" AS o, -- a comment
  CASE WHEN temperature > 9 THEN 'high' ELSE lower(a) END AS l, CASE a WHEN 'text' THEN 1 END AS w,
  coalesce(nothing, round(temperature, 1), max(1, 2, 3)) AS q, concat(topic(), offset(), list) AS z
FROM 'in', 'a/+', 'site/#'
WHERE (a LIKE 't%_' OR a IN ('x', 'y', NULL)) AND temperature NOT BETWEEN 1 AND 2 AND state.running IS NOT NULL;
