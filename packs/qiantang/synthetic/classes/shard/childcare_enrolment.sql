WITH childcare AS (
  SELECT station_no, row_number() OVER (ORDER BY s) AS place, count(*) OVER () AS places
  FROM station_base WHERE kind = '婴幼儿成长驿站'
), small AS (
  SELECT *, i * 4 + k AS n, day_between(birth_date + 180, the_day_before(), u(i * 8 + k, 'childcare on')) AS entered
  FROM child
  WHERE birth_date > cal.as_of() - 1090 AND birth_date < cal.as_of() - 200
      AND u(i * 8 + k, 'childcare') < cal.childcare_share()
)
SELECT register_no('TY', n) AS enrolment_no, child_id, guardian_id, station_no,
       money(whole_between(1200, 3200, u(n, 'fee')), 100) AS monthly_fee,
       entered AS valid_from,
       CASE WHEN u(n, 'childcare ended') < 0.15 THEN least(entered + 90, the_day_before()) END AS valid_to
FROM small JOIN childcare ON place = whole_between(1, places, u(n, 'station'))
