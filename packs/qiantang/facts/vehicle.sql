/*
subject: vehicle
facts:
  vehicle_price: {type: decimal, zh: 购车价, en: Price of the car, unit: yuan}
  vehicle_made_here: {type: boolean, zh: 本区制造, en: Made in the district}
  vehicle_new_energy: {type: boolean, zh: 新能源车, en: New-energy car, shown: true}
  vehicle_first_car: {type: boolean, zh: 首辆车, en: First car}
  vehicle_registered_on: {type: date, zh: 登记日期, en: Date of registration}
  vehicle_since:
    type: integer
    zh: 登记以来月数
    en: Months since registration
    unit: month
    over_time: months_between(vehicle_registered_on, as_of) + CASE WHEN add_months(vehicle_registered_on, months_between(vehicle_registered_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
*/
SELECT asked.vehicle, asked.as_of,
       v.price::DECIMAL(12, 2) AS vehicle_price,
       v.made_in_qiantang AS vehicle_made_here,
       v.energy = '新能源' AS vehicle_new_energy,
       v.first_car AS vehicle_first_car,
       v.registered_on AS vehicle_registered_on,
       (date_diff('month', v.registered_on, asked.as_of) + (day(asked.as_of) > day(v.registered_on))::INTEGER)::INTEGER AS vehicle_since
FROM asked LEFT JOIN vehicle v ON v.vin = asked.vehicle
