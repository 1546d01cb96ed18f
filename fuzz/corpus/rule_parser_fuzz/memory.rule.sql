/*
[[action]]
publish = "out"
*/
SELECT lag(temperature, 2, 0) OVER (PARTITION BY a, topic(1) WHEN temperature > 1) AS l, changed(a, list) AS c,
  had_changed(false, a) AS h, changed_col(true, list) AS cc, latest(a) AS la, swinging_door(temperature, 1) AS s
FROM '#' WHERE deadband(temperature, 0.5) OR lag(lag(a)) = 'text'
