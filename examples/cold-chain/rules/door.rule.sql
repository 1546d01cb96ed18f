/*
name = "door"
description = "A door that stands open for five minutes was forgotten."
time = "ts"

[[action]]
alarm = "door-open"
severity = "warning"
key = "lorry"
*/
SELECT topic(2) AS lorry, temperature
FROM 'cold-chain/+'
WHERE door = 1 FOR 5 MINUTES
