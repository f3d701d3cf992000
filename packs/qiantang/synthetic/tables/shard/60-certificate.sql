-- Certificates: the highest, often the one beneath, sometimes one of a second occupation.
WITH newest AS (
  SELECT *, u(i, 'new certificate') < CASE WHEN rank_number >= 3
           THEN cal.new_certificate_share() * cal.new_high_share() / cal.high_share()
           ELSE cal.new_certificate_share() * (1 - cal.new_high_share()) / (1 - cal.high_share()) END / cal.certified_share() AS is_new
  FROM worker WHERE rank_number > 0
), dated AS (
  SELECT *, CASE WHEN is_new THEN day_between(last_year(), the_day_before() - 5, u(i, 'issued'))
            ELSE day_between(greatest(years_later(birth_date, cal.rank_age(rank)), DATE '2010-01-01'),
                             last_year() - 1, sqrt(u(i, 'issued'))) END AS newest_on
  FROM newest
), each AS (
  SELECT i, 0 AS k, person_id, occupation_code, rank_number, newest_on AS issued_on FROM dated
  UNION ALL
  SELECT i, 1, person_id, occupation_code, rank_number - 1,
         newest_on - whole_between(400, 730, u(i, 'beneath on'))
  FROM dated WHERE rank_number > 1 AND u(i, 'beneath') < cal.earlier_certificate()
  UNION ALL
  SELECT i, 2, person_id, cal.pick_occupation(u(i, 'second')), greatest(rank_number - 1, 1),
         newest_on - whole_between(100, 800, u(i, 'second on'))
  FROM dated WHERE u(i, 'has second') < cal.second_occupation()
    AND cal.pick_occupation(u(i, 'second')) <> occupation_code
)
SELECT c.*, r.name AS level, r.digit, w.enterprise_id,
       coalesce(issued_on >= accredited_on AND u(c.i * 4 + k, 'issuer') < cal.enterprise_issuer(),
           false) AS by_enterprise
FROM each c JOIN cal.rank r ON r.number = c.rank_number JOIN worker w ON w.i = c.i ORDER BY c.i, k
