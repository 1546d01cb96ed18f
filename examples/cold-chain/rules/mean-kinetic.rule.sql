/*
name = "mean-kinetic"
description = "The mean kinetic temperature of each hour (USP 1079, 83.144 kJ/mol): what the goods felt."
time = "ts"
lateness = "5m"

[[action]]
store = "cold-chain/${lorry}/hour"
*/
SELECT topic(2) AS lorry, count(*) AS n, max(temperature) AS warmest,
       round(10000 / (0 - ln(avg(exp(0 - 10000 / (temperature + 273.15))))) - 273.15, 2) AS mean_kinetic,
       window_end() AS until
FROM 'cold-chain/+'
GROUP BY lorry, TUMBLINGWINDOW(hh, 1)
