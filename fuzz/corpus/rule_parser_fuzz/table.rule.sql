/*
[[table]]
name = "m"
file = "1.csv"
key = "id"
[[action]]
store = "out/${m.b}"
*/
SELECT m.a, m.b FROM '#' LEFT JOIN m AS m ON m.id = topic(2) WHERE m.a > 0 OR topic() LIKE 'a%'
