/*
name = "zones"
description = "Vibration severity of ISO 20816-3, machines of group 2 on rigid ground: zone C from 2.8 mm/s, zone D from 4.5."

[[action]]
alarm = "vibration-c"
severity = "warning"
key = "pump"
clear_when = "rms < 2.5"
*/
SELECT topic(2) AS pump, rms
FROM 'predictive-maintenance/+'
WHERE rms > 2.8
