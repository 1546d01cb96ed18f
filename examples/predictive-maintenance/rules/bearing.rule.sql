/*
name = "bearing"
description = "The band of the outer race against what this pump showed when it was new: heard long before it is felt."
time = "ts"
lateness = "1m"

[[table]]
name = "pumps"
file = "pumps.csv"
key = "id"

[[action]]
alarm = "bearing"
severity = "warning"
key = "pump"

[[action]]
store = "maintenance/${pump}"
*/
SELECT topic(2) AS pump, round(avg(band_outer_race), 3) AS race, round(avg(band_outer_race) / last(pumps.new_race), 1) AS times_new,
       last(pumps.bearing) AS bearing, window_end() AS until
FROM 'predictive-maintenance/+' JOIN pumps ON pumps.id = topic(2)
GROUP BY pump, HOPPINGWINDOW(mi, 10, 1)
HAVING avg(band_outer_race) > 3 * last(pumps.new_race)
