/*
name = "leak"
description = "Water flows and no valve is open: a pipe leaks."
time = "ts"

[[action]]
alarm = "leak"
severity = "critical"
key = "field"

[[action]]
publish = "cmd/${field}"
payload = '{"main":0}'
qos = 1
*/
SELECT topic(2) AS field, flow
FROM 'irrigation/+'
WHERE valve = 0 AND flow > 0.5 FOR 5 MINUTES
