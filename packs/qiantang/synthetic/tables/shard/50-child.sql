-- Children of the households, already born.
WITH born AS (
  SELECT h.i, k, h.person_id AS guardian_id, h.household_id, h.migrant, h.since,
         years_later(h.birth_date, 21) + whole_between(k * 800, k * 800 + 4400,
             u(h.i * 8 + k, 'birth')) AS birth_date,
         u(h.i * 8 + k, 'boy') < 0.52 AS boy
  FROM home h, unnest(range(0, h.children)) AS t(k)
)
SELECT i, k, guardian_id, household_id, migrant, birth_date, since,
       nobody(i * 4 + 1 + k, birth_date, boy, cal.family_provinces()) AS child_id,
       date_sub('year', birth_date, cal.as_of()) AS age
FROM born WHERE birth_date < cal.as_of() - 30 ORDER BY i, k
