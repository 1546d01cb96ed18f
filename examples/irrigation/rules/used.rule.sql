/*
name = "used"
description = "Litres of each hour, from litres a minute."
time = "ts"
lateness = "5m"

[[action]]
store = "irrigation/${field}/hour"
*/
SELECT topic(2) AS field, round(twa(flow) * 60) AS litres, sum(rain) AS rain, window_end() AS until
FROM 'irrigation/+'
GROUP BY field, TUMBLINGWINDOW(hh, 1)
HAVING max(flow) > 0
