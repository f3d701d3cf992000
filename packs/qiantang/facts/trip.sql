/*
subject: recuperation_trip
facts:
  trip_days: {type: integer, zh: 疗休养天数, en: Days of the trip, unit: day, shown: true}
  trip_in_year: {type: boolean, zh: 近一年疗休养, en: Trip in the last year}
*/
SELECT asked.recuperation_trip, asked.as_of,
       r.days::INTEGER AS trip_days,
       r.started_on > asked.as_of - INTERVAL 12 MONTH AND r.started_on <= asked.as_of AS trip_in_year
FROM asked LEFT JOIN recuperation r ON r.record_no = asked.recuperation_trip
