WITH leases AS (
  SELECT *, cal.pick_rental(u(i, 'rental kind')) AS kind,
         money(1300 + 900 * u(i, 'market rent'), 10) AS market_rent,
         day_between(greatest(registered_on, DATE '2019-01-01'), the_day_before(), u(i, 'leased')) AS valid_from
  FROM worker WHERE u(i, 'rental') < cal.rental_share()
)
SELECT register_no('FZ', i) AS lease_no, person_id, '示例公寓' || whole_between(1, 12, u(i, 'estate')) AS estate, kind,
       CASE kind WHEN '公租房' THEN cal.public_rent() + whole_between(0, 6, u(i, 'public rent')) * 10
                 WHEN '专项租赁' THEN market_rent * cal.rental_discount()
                     ELSE market_rent * 0.9 END::DECIMAL(12, 2) AS monthly_rent,
       CASE WHEN u(i, 'market known') < 0.95 THEN market_rent END AS market_rent, valid_from,
       CASE WHEN u(i, 'lease ended') < 0.2 THEN day_between(valid_from, the_day_before(), u(i, 'lease ends'))
            WHEN u(i, 'lease ended') < 0.8
                THEN years_later(cal.as_of(), 1) + whole_between(0, 500, u(i, 'lease ends')) END AS valid_to
FROM leases
