WITH cars AS (
  SELECT *, CASE
         WHEN u(i, 'new car') < cal.vehicle_new() THEN day_between(last_year(), the_day_before(), u(i, 'car on'))
                 ELSE day_between(last_year() - 3000, last_year() - 1, u(i, 'car on')) END AS registered
  FROM worker WHERE u(i, 'car') < cal.vehicle_share() AND age >= 20
)
SELECT 'ZZZTEST0' || printf('%09d', i) AS vin, person_id, registered AS registered_on,
       money(120000 * exp(0.35 * z(i, 'car price')), 100) AS price,
       u(i, 'home made') < cal.vehicle_home_made() AS made_in_qiantang,
       CASE WHEN u(i, 'energy') < CASE WHEN registered >= last_year() THEN 0.42 ELSE 0.10 END
            THEN '新能源' ELSE '燃油' END AS energy,
       u(i, 'first car') < cal.first_car_share() AS first_car
FROM cars
