SELECT register_no('XH', i) AS enrolment_no, person_id, school,
       CASE WHEN u(i, 'designated sent') >= cal.designated_missing()
           THEN u(i, 'designated') < cal.designated_share() END AS designated,
       degree AS level, tuition,
       CASE WHEN u(i, 'discount sent') >= cal.discount_missing()
            THEN (tuition * whole_between(14, 20, u(i, 'discount')) / 20)::DECIMAL(12, 2) END AS discounted_tuition,
       start_on, coalesce(graduated_on, (start_on + INTERVAL 60 MONTH)::DATE - 1) AS end_on, graduated_on,
       CASE WHEN degree = '本科' THEN u(i, 'lottery') < cal.lottery_share() END AS lottery_won,
       CASE WHEN u(i, 'paid before') < cal.paid_before_share()
           THEN money(whole_between(500, 3000, u(i, 'paid')), 100)
            WHEN u(i, 'paid before') < 1 - cal.paid_before_missing() THEN 0 END AS paid_before
FROM student
