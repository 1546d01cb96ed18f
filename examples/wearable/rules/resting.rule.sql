/*
name = "resting"
description = "The lower tenth of each five minutes: the rate at rest, as far as they had any."
time = "ts"
lateness = "10s"

[[action]]
store = "wearable/${wearer}/resting"
*/
SELECT topic(2) AS wearer, round(percentile(heart_rate, 0.1)) AS resting, count(*) AS seconds, window_end() AS until
FROM 'wearable/+'
WHERE contact = 1
GROUP BY wearer, TUMBLINGWINDOW(mi, 5)
