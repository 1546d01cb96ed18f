/*
[fields]
a = "any"
list = "any"
temperature = "number"
[[action]]
publish = "out/${substring(clientid(), 0, 3) DEFAULT 'x'}"
*/
SELECT a.b[0].c AS c, list[1 + 1] AS l, [1, {'x': a}] AS o, get(list, 0) AS g, TRY(1 / 0) DEFAULT 2 AS d,
  regexp_replace('abcd', 'b(.*)d', '$1') AS r, parse_time('yyyy-MM-dd HH:mm:ss z', timestamp(), 'Europe/Berlin') AS t,
  time_to_epoch('18 December 2015', 'dd MMMM yyyy') AS e, in_polygon(1, 2, [[0, 0], [0, 9], [9, 9]]) AS p,
  decode('eyAidCI6IDEgfQ==', 'base64').t AS b, split_value('a/b', '/', 1) AS s, sha256('x') AS h, newuuid() AS u
FROM 'in' WHERE temperature IN [90.5, 1] OR temperature IN list
