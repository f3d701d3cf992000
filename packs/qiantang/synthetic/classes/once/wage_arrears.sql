WITH clues AS (
  SELECT *, day_between(cal.first_month(), the_day_before(), u(e, 'clue')) AS reported_on,
         whole_between(1, 40, pow(u(e, 'people'), 3)) AS people, whole_between(5, 60, u(e, 'resolved')) AS days
  FROM enterprise_base WHERE one_in(e, cal.arrears_share(), 'arrears')
)
SELECT register_no('QX', e) AS clue_no, enterprise_id, people,
       money(people * (3000 + 9000 * u(e, 'owed')), 1) AS amount,
       reported_on,
       CASE WHEN reported_on + days < cal.as_of() AND u(e, 'open') < 0.92 THEN reported_on + days END AS resolved_on
FROM clues
