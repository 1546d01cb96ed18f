/*
description = "The mean of the last hour: what is left when noise and single peaks are gone."

[[table]]
name = "hour"
key = "series"
columns = ["mean"]
ttl = "31d"

[[action]]
table = "hour"
*/
SELECT topic() AS series, avg(value) AS mean
FROM 'series'
GROUP BY series, SLIDINGWINDOW(hh, 1)
