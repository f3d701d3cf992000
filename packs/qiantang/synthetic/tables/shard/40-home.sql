-- Households. Neighbours in the list who could be a couple sometimes are: then two workers share one household.
WITH pairs AS (
  SELECT a.i AS first, b.i AS second
  FROM worker a JOIN worker b ON b.i = a.i + 1
  WHERE a.i % 2 = 1 AND a.sex <> b.sex AND a.age >= 22 AND b.age >= 22 AND abs(a.age - b.age) <= 6
    AND u(a.i, 'couple') < cal.couple_share()
), homes AS (
  SELECT w.i, p.second AS partner_i,
         p.second IS NOT NULL OR u(w.i, 'married') < CASE WHEN w.age >= 28 THEN cal.married_older()
                                                          WHEN w.age >= 24 THEN cal.married_young()
                                                              ELSE 0 END AS married
  FROM worker w LEFT JOIN pairs p ON p.first = w.i
  WHERE w.i NOT IN (SELECT second FROM pairs)
)
SELECT h.i, h.partner_i, married, register_no('HH', h.i) AS household_id, w.person_id, w.birth_date, w.sex,
       w.migrant,
       w.pay_z, w.town_code,
       CASE WHEN married THEN cal.pick_children(u(h.i, 'children')) ELSE 0 END AS children,
       greatest(w.registered_on, DATE '2010-01-01') AS since
FROM homes h JOIN worker w ON w.i = h.i ORDER BY h.i
