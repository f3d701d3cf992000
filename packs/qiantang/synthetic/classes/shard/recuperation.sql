SELECT register_no('LY', i) AS record_no, person_id,
       '示例疗养地' || whole_between(1, 6, u(i, 'destination')) AS destination,
       whole_between(3, 7, u(i, 'recuperation days')) AS days,
       day_between(cal.first_month(), the_day_before(), u(i, 'recuperated')) AS started_on
FROM worker
WHERE u(i, 'recuperation') < cal.recuperation_share() * CASE WHEN rank_number >= 3 THEN 1.3 ELSE 0.72 END
