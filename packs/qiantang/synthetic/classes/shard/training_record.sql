WITH sessions AS (
  SELECT *, 1 AS k, last_year() AS from_day, the_day_before() AS to_day FROM worker
  WHERE u(i, 'trained') < cal.trained_share()
  UNION ALL
  SELECT *, 2, years_later(last_year(), -1), last_year() - 1 FROM worker
  WHERE u(i, 'trained before') < cal.trained_before()
)
SELECT register_no('PX', i * 2 + k - 1) AS record_no, person_id,
       CASE WHEN free THEN '免费课程' || printf('%02d', whole_between(1, cal.free_courses(), u(i * 2 + k, 'course')))
            ELSE cal.occupation_name(occupation_code) || '技能提升班' END AS course,
       CASE WHEN free THEN '示例大学' || whole_between(1, cal.universities(), u(i * 2 + k, 'teacher'))
            ELSE '示例培训中心' || whole_between(1, 25, u(i * 2 + k, 'teacher')) END AS provider,
       8 * whole_between(1, 10, u(i * 2 + k, 'hours')) AS hours,
       day_between(from_day, to_day, u(i * 2 + k, 'completed')) AS completed_on, free
FROM (SELECT *, u(i * 2 + k, 'free') < cal.free_course_share() AS free FROM sessions)
