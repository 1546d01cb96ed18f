/*
name = "hot"
[[action]]
alarm = "hot"
severity = "critical"
key = "topic(2)"
on_delay = "5s"
off_delay = "1m"
clear_when = "t < 80"
latch = true
confirm = true
realarm = "10m"
shelve_max = "2h"
group = "line-1"
suppresses = "line-2"
*/
SELECT t FROM 'm/+' WHERE t > 85
