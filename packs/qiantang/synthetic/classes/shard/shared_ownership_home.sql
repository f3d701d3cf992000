-- Mostly for people with an honour that opens the list; the draw takes a few others.
SELECT register_no('GF', i) AS home_no, person_id, '示例家园' || whole_between(1, 2, u(i, 'home estate')) AS estate,
       (0.5 + 0.1 * whole_between(0, 3, u(i, 'home share')))::DECIMAL(5, 4) AS share,
       money(cal.home_price() * (0.85 + 0.3 * u(i, 'home price')), 1000) AS price,
       day_between(last_year(), the_day_before(), u(i, 'home on')) AS purchased_on
FROM worker
WHERE u(i, 'home') < cal.homes() / cal.full_size() * CASE WHEN rank_number >= 3 THEN 1.6 ELSE 0.45 END AND age >= 24
