/*
[[table]]
name = "k"
key = "id"
columns = ["v"]
ttl = "10s"
[[action]]
table = "k"
[[action]]
store = "out"
*/
SELECT topic(1) AS id, temperature AS v, k.v.x[1] AS w FROM '#' LEFT JOIN k ON topic(1) = k.id WHERE topic() <> 'out'
