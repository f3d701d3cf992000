SELECT register_no('CZ', i) AS method_no, person_id, name || '操作法' AS name,
       cal.pick_level(u(i, 'method level')) AS level,
       day_between(DATE '2017-01-01', the_day_before(), u(i, 'named')) AS named_on
FROM worker WHERE master AND u(i, 'method') < cal.method_share()
