/*
name = "setback"
description = "Nobody for twenty minutes: the room need not be warm."
time = "ts"

[[action]]
publish = "cmd/${room}"
payload = '{"setpoint":17.0}'
qos = 1
*/
SELECT topic(2) AS room
FROM 'smart-building/+'
WHERE people = 0 FOR 20 MINUTES
