/*
subject: worker
facts:
  birth_date: {type: date, zh: 出生日期, en: Date of birth}
  age:
    type: integer
    zh: 周岁年龄
    en: Completed age
    unit: year
    over_time: years_between(birth_date, as_of)
    reading:
      zh: 按申请当日的周岁计算，46 周岁生日前一天仍为 45 周岁
      en: Completed years on the day of application; 45 up to the day before the 46th birthday
  sex:
    type: string
    zh: 性别
    en: Sex
    values:
      男: {zh: 男, en: male}
      女: {zh: 女, en: female}
  local_hukou: {type: boolean, zh: 本区户籍, en: Registered household in the district}
*/
SELECT asked.worker, asked.as_of,
       p.birth_date,
       ((date_diff('month', p.birth_date, asked.as_of) - (day(asked.as_of) < day(p.birth_date))::INTEGER) // 12)::INTEGER AS age,
       p.sex,
       p.household_place = worker.hukou_district AS local_hukou
FROM asked LEFT JOIN person p ON p.person_id = asked.worker
