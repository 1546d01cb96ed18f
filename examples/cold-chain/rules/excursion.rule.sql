/*
name = "excursion"
description = "Warmer than the goods may be, for a quarter of an hour: an open door alone is none."
time = "ts"

[[table]]
name = "loads"
file = "loads.csv"
key = "lorry"

[[action]]
alarm = "excursion"
severity = "critical"
key = "lorry"
*/
SELECT topic(2) AS lorry, loads.goods AS goods, temperature, loads.warmest AS warmest
FROM 'cold-chain/+' JOIN loads ON loads.lorry = topic(2)
WHERE temperature > loads.warmest FOR 15 MINUTES
