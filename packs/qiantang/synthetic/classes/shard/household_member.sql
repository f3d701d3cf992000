-- A few partners from elsewhere have moved out in the last year: they divorced.
SELECT household_id, person_id AS member_id, '户主' AS relation, birth_date, since, NULL::DATE AS until FROM home
UNION ALL
SELECT h.household_id, p.person_id, '配偶', p.birth_date, h.since, NULL
FROM home h JOIN worker p ON p.i = h.partner_i
UNION ALL
SELECT household_id, nobody(i * 4, birth, sex = '女', cal.family_provinces()), '配偶', birth, since,
       CASE WHEN u(i, 'divorced') < cal.divorced_share()
            THEN greatest(since, cal.as_of() - whole_between(1, 365, u(i, 'divorced on'))) END
FROM (SELECT *, birth_date + whole_between(-1500, 1000, u(i, 'partner age')) AS birth FROM home
      WHERE married AND partner_i IS NULL)
UNION ALL
SELECT household_id, child_id, '子女', birth_date, greatest(since, birth_date), NULL FROM child
UNION ALL
SELECT household_id, nobody(i, birth, u(i, 'father') < 0.4, cal.parent_provinces()), '父母', birth, since, NULL
FROM (SELECT *, birth_date - whole_between(8000, 10500, u(i, 'parent age')) AS birth FROM home
      WHERE u(i, 'parent') < cal.parents_share())
