WITH injured AS (
  SELECT *, day_between(cal.first_month(), the_day_before() - 30, u(i, 'injured')) AS injured_on FROM worker
  WHERE u(i, 'injury') < cal.injury_share() AND career = 'steady'
)
SELECT register_no('GS', i) AS case_no, person_id, enterprise_id, injured_on,
       least(injured_on + whole_between(10, 60, u(i, 'recognised')), the_day_before()) AS recognised_on,
       CASE WHEN u(i, 'graded') < 0.5 THEN 10 - floor(9 * pow(u(i, 'grade'), 4))::INTEGER END AS grade
FROM injured
