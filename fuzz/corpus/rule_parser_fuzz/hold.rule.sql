/*
[[action]]
alarm = "held"
key = "a"
*/
SELECT * FROM '#' WHERE temperature > 1 FOR 10 SECONDS OVER (PARTITION BY a)
