SELECT register_no('GZ', i) AS studio_no, person_id AS leader_id, enterprise_id, name || '创新工作室' AS name,
       cal.pick_level(u(i, 'studio level')) AS level,
       day_between(DATE '2017-01-01', the_day_before(), u(i, 'founded')) AS founded_on
FROM worker WHERE master AND career = 'steady' AND u(i, 'studio') < cal.studio_share()
