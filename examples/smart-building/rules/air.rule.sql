/*
name = "air"
description = "Ten minutes above 1,000 ppm in the mean: more air, until they are below."
time = "ts"
lateness = "5m"

[[action]]
alarm = "stale-air"
severity = "info"
key = "room"

[[action]]
publish = "cmd/${room}"
payload = '{"ventilation":"high"}'
qos = 1
*/
SELECT topic(2) AS room, round(avg(co2)) AS co2, max(people) AS people
FROM 'smart-building/+'
GROUP BY room, TUMBLINGWINDOW(mi, 10)
HAVING avg(co2) > 1000
