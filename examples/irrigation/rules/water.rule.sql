/*
name = "water"
description = "Dry, before nine in the morning, and no rain: open. The valve closes itself after 45 minutes."

[[action]]
publish = "cmd/${field}"
payload = '{"valve":1,"minutes":45}'
qos = 1
*/
SELECT topic(2) AS field, moisture
FROM 'irrigation/+'
WHERE moisture < 24.2 AND valve = 0 AND rain = 0
  AND cast(parse_time('HH', ts / 1000, 'UTC') AS number) BETWEEN 4 AND 8
  AND (lag(moisture, 1, 99) OVER (PARTITION BY topic(2)) >= 24.2)
