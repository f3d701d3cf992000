-- Migrant children of school age. Where the share in public schools rose, children changed schools in the summer.
WITH pupils AS (
  SELECT *, i * 4 + k AS n, u(i * 8 + k, 'public') AS x,
         greatest(make_date(year(birth_date) + 6 + CASE WHEN month(birth_date) >= 9 THEN 1 ELSE 0 END, 9, 1),
                  since) AS started
  FROM child
  WHERE migrant AND age BETWEEN 7 AND 15 AND u(i * 8 + k, 'schooled') < cal.schooled_share()
)
SELECT register_no('XJ', n * 2) AS record_no, child_id, guardian_id,
       '示例学校' || whole_between(1, 40, u(n, 'school')) AS school,
       CASE WHEN x < cal.public_school_before() OR (x < cal.public_school_now()
           AND started >= cal.school_changed_on())
            THEN '公办' ELSE '民办' END AS school_kind,
       started AS enrolled_on,
       CASE WHEN x BETWEEN cal.public_school_before() AND cal.public_school_now()
           AND started < cal.school_changed_on()
            THEN greatest(started, cal.school_changed_on() - 60) END AS left_on
FROM pupils WHERE started < cal.as_of()
UNION ALL
SELECT register_no('XJ', n * 2 + 1), child_id, guardian_id, '示例学校' || whole_between(41, 60, u(n, 'next school')),
       '公办', cal.school_changed_on(), NULL
FROM pupils
WHERE x >= cal.public_school_before() AND x < cal.public_school_now() AND started < cal.school_changed_on()
