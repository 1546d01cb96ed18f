/*
description = "A score, unless one as high was told in the twelve hours before: what goes on is told once."

[[table]]
name = "judged"
key = "series"
columns = ["score"]
ttl = "31d"

[[table]]
name = "told"
key = "series"
columns = ["score"]
ttl = "12h"

[[action]]
store = "score"
payload = "${score}"

[[action]]
table = "told"
*/
SELECT topic() AS series, judged.score AS score
FROM 'series'
JOIN judged ON judged.series = topic()
LEFT JOIN told ON told.series = topic()
WHERE judged.score > coalesce(told.score, 0)
