/*
description = "How far outside of all that was there before, from 0 to 1."

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

[[table]]
name = "judged"
key = "series"
columns = ["score"]
ttl = "31d"

# A score is the part of the range, this value in it, that is new. The greatest of three counts: of the value, of the mean
# of the last hour, and of that mean at this time of the day. What is usual at a time of the day is known only after some
# days; a week, when there was each kind of day, gives it half of its weight.
[[action]]
table = "judged"
*/
SELECT topic() AS series, greatest(
  greatest(value - range.high, range.low - value, 0)
    / (greatest(value, range.high) - least(value, range.low)) DEFAULT 0,
  greatest(hour.mean - range.mean_high, range.mean_low - hour.mean, 0)
    / (greatest(hour.mean, range.mean_high) - least(hour.mean, range.mean_low)) DEFAULT 0,
  greatest(hour.mean - slot.usual_high, slot.usual_low - hour.mean, 0)
    / (greatest(hour.mean, range.mean_high) - least(hour.mean, range.mean_low))
    * (timestamp() - slot.since) / (timestamp() - slot.since + 7 * 86400000) DEFAULT 0) AS score
FROM 'series'
JOIN hour ON hour.series = topic()
JOIN range ON range.series = topic()
LEFT JOIN slot ON slot.part_of_day = concat(topic(), ' ', floor(mod(timestamp(), 86400000) / 10800000))
