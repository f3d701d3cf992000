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
    shown: true
    values:
      男: {zh: 男, en: male}
      女: {zh: 女, en: female}
  local_hukou: {type: boolean, zh: 本区户籍, en: Registered household in the district}
  deceased:
    type: boolean
    zh: 已去世
    en: Deceased
    reading:
      zh: 公安登记的死亡日期当天起
      en: From the date of death on that the police have registered
  departed:
    type: boolean
    zh: 已迁离本区
    en: Has left the district
    reading:
      zh: 公安登记的迁离日期当天起；又迁回的，由公安报送没有迁离日期的记录
      en: From the date of departure on that the police have registered; for whoever comes back they send the record without it
*/
SELECT asked.worker, asked.as_of,
       p.birth_date,
       ((date_diff('month', p.birth_date, asked.as_of) - (day(asked.as_of) < day(p.birth_date))::INTEGER) // 12)::INTEGER AS age,
       p.sex,
       p.household_place = worker.hukou_district AS local_hukou,
       coalesce(p.died_on <= asked.as_of, false) AS deceased,
       coalesce(p.departed_on <= asked.as_of, false) AS departed
FROM asked LEFT JOIN person p ON p.person_id = asked.worker
