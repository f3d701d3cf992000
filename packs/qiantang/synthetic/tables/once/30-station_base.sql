-- Stations: of each 60, seven for small children in the childcare town, a few elsewhere, then rooms for outdoor workers.
SELECT s, register_no('YZ', s) AS station_no,
       CASE WHEN s % 60 < cal.childcare_stations() + cal.other_childcare_stations() THEN '婴幼儿成长驿站'
            WHEN u(s, 'station kind') < 0.5 THEN '户外劳动者驿站' ELSE '温暖驿站' END AS kind,
       CASE WHEN s % 60 < cal.childcare_stations() THEN cal.childcare_town()
            ELSE cal.pick_town(u(s, 'station town')) END AS town_code
FROM range(greatest(cal.stations_least(), scaled(cal.stations()))) AS t(s) ORDER BY s
