/*
name = "racing"
description = "A minute above 120 without a step: not from walking."
time = "ts"
lateness = "10s"

[[action]]
alarm = "tachycardia"
severity = "critical"
key = "wearer"
*/
SELECT topic(2) AS wearer, round(avg(heart_rate)) AS heart_rate, sum(steps) AS steps
FROM 'wearable/+'
WHERE contact = 1
GROUP BY wearer, HOPPINGWINDOW(ss, 60, 10)
HAVING avg(heart_rate) > 120 AND sum(steps) = 0
