SELECT register_no('ZQ', i) AS visit_no, person_id AS craftsman_id, b.enterprise_id,
       day_between(last_year() - 120, the_day_before(), u(i, 'visited')) AS visited_on,
       whole_between(0, 3, u(i, 'problems')) AS problems_solved,
       whole_between(0, 25, u(i, 'helped')) AS people_helped,
       CASE WHEN u(i, 'saved known') < 0.6 THEN money(20000 * exp(z(i, 'saved')), 100) END AS money_saved
FROM worker w JOIN enterprise_base b ON b.e = whole_between(1, (SELECT count(*) FROM enterprise_base),
    u(i, 'visited firm'))
WHERE master AND u(i, 'visitor') < cal.visitor_share()
