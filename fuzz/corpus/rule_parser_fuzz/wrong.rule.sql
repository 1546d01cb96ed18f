/*
nam = "x"
[[action]]
publsh = "a"
[[action]]
publish = "cmd/${topic(2}"
*/
SELECT averge(t), y + 'text' AS z, 'open
FROM 'site/#/x', 5
WHERE temperature + 1 GROUP BY a
