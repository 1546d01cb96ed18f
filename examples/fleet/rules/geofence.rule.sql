/*
name = "geofence"
description = "A lorry outside of the region that it is insured for."

[[action]]
alarm = "outside"
severity = "critical"
key = "lorry"
*/
SELECT topic(2) AS lorry, latitude, longitude, round(distance(latitude, longitude, 48.137, 11.575) / 1000, 1) AS km_from_depot
FROM 'fleet/+'
WHERE NOT in_polygon(latitude, longitude, [[48.05, 11.40], [48.30, 11.40], [48.30, 11.80], [48.05, 11.80]])
