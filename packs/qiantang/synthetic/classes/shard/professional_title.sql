SELECT register_no('ZC', i) AS title_no, person_id, cal.pick_title(u(i, 'title level')) AS level,
       CASE WHEN u(i, 'series') < 0.85 THEN '工程' ELSE '技工教育' END AS series,
       day_between(greatest(years_later(birth_date, 24), DATE '2012-01-01'), the_day_before(),
           u(i, 'titled')) AS awarded_on
FROM worker WHERE rank_number >= 3 AND age >= 26 AND u(i, 'title') < cal.title_share()
