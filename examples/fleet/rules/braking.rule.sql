/*
name = "braking"
description = "More than 30 km/h lost from one message to the next."

[[action]]
store = "fleet/${lorry}/braking"
*/
SELECT topic(2) AS lorry, lag(speed) OVER (PARTITION BY topic(2)) AS from_speed, speed AS to_speed, latitude, longitude
FROM 'fleet/+'
WHERE lag(speed) OVER (PARTITION BY topic(2)) - speed > 30
