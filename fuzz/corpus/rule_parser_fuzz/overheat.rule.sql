/*
name = "overheat"
[[action]]
publish = "cmd/${topic(2)}"
payload = '{"speed":${temperature / 2},"why":"hot"}'
qos = 1
[[action]]
alarm = "overheat"
severity = "critical"
key = "topic(4)"
[[action]]
store = "derived/${machine}"
*/
SELECT temperature AS t, topic(4) AS machine, timestamp() AS ts
FROM 'site/+/machine/#'
WHERE temperature > 85.0 AND state.running = true
