/*
name = "comfort"
description = "Somebody comes in: warm again."

[[action]]
publish = "cmd/${room}"
payload = '{"setpoint":21.0}'
qos = 1
*/
SELECT topic(2) AS room, people
FROM 'smart-building/+'
WHERE people > 0 AND lag(people, 1, 0) OVER (PARTITION BY topic(2)) = 0
