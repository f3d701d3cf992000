SELECT register_no('CX', i) AS result_no, person_id, kind,
       cal.occupation_name(occupation_code) || '岗位' || kind AS title,
       CASE WHEN u(i, 'result level') < 0.95 THEN cal.pick_level(u(i, 'result rank')) END AS level,
       CASE WHEN u(i, 'benefit known') < 0.8 THEN money(30000 * exp(z(i, 'benefit')), 100) END AS annual_benefit,
       day_between(cal.first_month(), the_day_before(), u(i, 'result on')) AS recognised_on
FROM (SELECT *, cal.pick_innovation(u(i, 'result kind')) AS kind FROM worker
      WHERE u(i, 'innovation') < cal.innovation_share() * CASE WHEN rank_number >= 3 THEN 1.4 ELSE 0.65 END)
