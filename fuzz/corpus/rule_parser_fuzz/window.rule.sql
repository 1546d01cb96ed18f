/*
time = "ts DEFAULT timestamp()"
lateness = "1s"
[[action]]
alarm = "w"
key = "m"
[[action]]
store = "out/${m}"
*/
SELECT topic(1) AS m, count(*) AS n, count(DISTINCT a) AS d, avg(temperature) AS mean, percentile(temperature, 0.9) AS p,
  first(list) AS f, last(a) AS l, twa(temperature) AS w, rate(temperature) AS r, stddev(temperature) AS s, window_end() AS e
FROM '#' WHERE temperature > 1 GROUP BY m, HOPPINGWINDOW(ss, 20, 5) FILTER (WHERE a = 'text') HAVING n > 0 AND mean > 90
