SELECT station_no, '示例驿站' || printf('%02d', s + 1) AS name, town_code, kind,
       CASE WHEN u(s, 'seats known') < 0.95 AND kind <> '婴幼儿成长驿站'
           THEN whole_between(20, 60, u(s, 'seats')) END AS seats,
       CASE WHEN kind = '婴幼儿成长驿站' THEN whole_between(20, 60, u(s, 'seats')) END AS childcare_places,
       day_between(DATE '2019-01-01', the_day_before() - 200, u(s, 'opened')) AS opened_on,
       CASE WHEN u(s, 'place known') < 0.97
           THEN (cal.town_longitude(town_code) + 0.03 * (u(s, 'longitude') - 0.5))::DECIMAL(9, 6) END AS longitude,
       CASE WHEN u(s, 'place known') < 0.97
           THEN (cal.town_latitude(town_code) + 0.03 * (u(s, 'latitude') - 0.5))::DECIMAL(9, 6) END AS latitude,
       CASE WHEN u(s, 'hours known') < 0.95 THEN '08:00' END AS opens_at,
       CASE WHEN u(s, 'hours known') < 0.95 THEN CASE WHEN kind = '婴幼儿成长驿站' THEN '18:00'
           ELSE '21:00' END END AS closes_at
FROM station_base
