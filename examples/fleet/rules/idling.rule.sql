/*
name = "idling"
description = "The engine runs and the lorry stands, for five minutes."
time = "ts"

[[action]]
alarm = "idling"
severity = "info"
key = "lorry"
*/
SELECT topic(2) AS lorry, speed
FROM 'fleet/+'
WHERE ignition = 1 AND speed < 1 FOR 5 MINUTES
