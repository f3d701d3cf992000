SELECT register_no('JY', s.i * 4 + s.n - 1) AS registration_no, w.person_id, '就业' AS status, s.enterprise_id,
       s.from_day + 15 AS registered_on
FROM spell s JOIN worker w ON w.i = s.i
UNION ALL
SELECT register_no('JY', s.i * 4 + 2), w.person_id, '失业', NULL, least(s.to_day + 20, the_day_before())
FROM spell s JOIN worker w ON w.i = s.i WHERE w.career = 'left'
