/*
[[action]]
store = "out"
*/
SELECT sum(temperature) AS s, max(temperature) AS m, delta(temperature) AS d FROM '#' GROUP BY a, SESSIONWINDOW(ss, 20, 5)
