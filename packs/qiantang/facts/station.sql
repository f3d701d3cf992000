/*
subject: station
facts:
  station_kind:
    type: string
    zh: 驿站类别
    en: Kind of station
    shown: true
    values:
      户外劳动者驿站: {zh: 户外劳动者驿站, en: outdoor workers' station}
      温暖驿站: {zh: 温暖驿站, en: warm station}
      婴幼儿成长驿站: {zh: 婴幼儿成长驿站, en: childcare station}
  station_childcare_places: {type: integer, zh: 托位数, en: Childcare places, unit: person}
  station_growth: {type: boolean, zh: 婴幼儿成长驿站, en: Growth station for small children}
  station_town: {type: string, zh: 驿站所在街道, en: Town of the station, values: towns}
*/
SELECT asked.station, asked.as_of,
       s.kind AS station_kind,
       s.childcare_places::INTEGER AS station_childcare_places,
       s.kind = '婴幼儿成长驿站' AS station_growth,
       s.town_code AS station_town
FROM asked LEFT JOIN station s ON s.station_no = asked.station
