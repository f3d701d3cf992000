SELECT register_no('ZF', i * 4 + k) AS record_no, person_id,
       ['社区清洁', '交通引导', '敬老服务', '技能下乡', '防汛值守'][whole_between(1, 5, u(i * 4 + k, 'activity'))] AS activity,
       (whole_between(1, 16, u(i * 4 + k, 'served hours')) / 2)::DECIMAL(6, 1) AS hours,
       day_between(cal.first_month(), the_day_before(), u(i * 4 + k, 'served')) AS served_on
FROM worker, unnest(range(1, 1 + whole_between(1, 3, u(i, 'times served')))) AS t(k)
WHERE u(i, 'volunteer') < cal.volunteer_share()
