/*
description = "Ranges of all that was there: values, means of an hour, and these by the time of the day."

[[table]]
name = "hour"
key = "series"
columns = ["mean"]
ttl = "31d"

[[table]]
name = "range"
key = "series"
columns = ["low", "high", "mean_low", "mean_high"]
ttl = "31d"

[[table]]
name = "slot"
key = "part_of_day"
columns = ["usual_low", "usual_high", "since"]
ttl = "31d"

# A day has eight parts, of three hours each: shorter ones would have seen little after a few days.
[[action]]
table = "range"

[[action]]
table = "slot"
*/
SELECT topic() AS series,
  least(value, coalesce(range.low, value)) AS low,
  greatest(value, coalesce(range.high, value)) AS high,
  least(hour.mean, coalesce(range.mean_low, hour.mean)) AS mean_low,
  greatest(hour.mean, coalesce(range.mean_high, hour.mean)) AS mean_high,
  concat(topic(), ' ', floor(mod(timestamp(), 86400000) / 10800000)) AS part_of_day,
  coalesce(slot.since, timestamp()) AS since,
  least(hour.mean, coalesce(slot.usual_low, hour.mean)) AS usual_low,
  greatest(hour.mean, coalesce(slot.usual_high, hour.mean)) AS usual_high
FROM 'series'
JOIN hour ON hour.series = topic()
LEFT JOIN range ON range.series = topic()
LEFT JOIN slot ON slot.part_of_day = concat(topic(), ' ', floor(mod(timestamp(), 86400000) / 10800000))
