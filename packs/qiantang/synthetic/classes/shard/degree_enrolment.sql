WITH students AS (
  SELECT *, CASE WHEN u(i, 'associate') < cal.associate_share() THEN '专科' ELSE '本科' END AS degree,
         [DATE '2020-03-01', DATE '2020-09-01', DATE '2021-03-01', DATE '2021-09-01', DATE '2022-03-01', DATE '2022-09-01'][
           whole_between(1, 6, u(i, 'term'))] AS start_on,
         money(cal.tuition_low() + (cal.tuition_high() - cal.tuition_low()) * u(i, 'tuition'), 100) AS tuition
  FROM worker WHERE u(i, 'degree') < cal.degree_share() AND age >= 19
), ended AS (
  SELECT *, CASE WHEN start_on < DATE '2020-10-01' AND u(i, 'graduated') < 0.75
                 THEN (start_on + INTERVAL 27 MONTH)::DATE + whole_between(0, 20, u(i, 'graduation')) END AS graduated
  FROM students
)
SELECT register_no('XH', i) AS enrolment_no, person_id,
       '示例大学' || whole_between(1, cal.universities(), u(i, 'university')) AS school,
       CASE WHEN u(i, 'designated sent') >= cal.designated_missing() THEN u(i, 'designated') < cal.designated_share() END AS designated,
       degree AS level, tuition,
       CASE WHEN u(i, 'discount sent') >= cal.discount_missing()
            THEN (tuition * whole_between(14, 20, u(i, 'discount')) / 20)::DECIMAL(12, 2) END AS discounted_tuition,
       start_on,
       coalesce(graduated, (start_on + INTERVAL 60 MONTH)::DATE - 1) AS end_on,
       graduated AS graduated_on,
       CASE WHEN degree = '本科' THEN u(i, 'lottery') < cal.lottery_share() END AS lottery_won,
       CASE WHEN u(i, 'paid before') < cal.paid_before_share() THEN money(whole_between(500, 3000, u(i, 'paid')), 100)
            WHEN u(i, 'paid before') < 0.6 THEN 0 END AS paid_before
FROM ended
