/*
name = "contact"
description = "The strap has slipped: what is not measured is not well."
time = "ts"

[[action]]
alarm = "no-contact"
severity = "warning"
key = "wearer"
*/
SELECT topic(2) AS wearer
FROM 'wearable/+'
WHERE contact = 0 FOR 20 SECONDS
