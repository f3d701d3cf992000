/*
subject: worker
facts:
  birth_date: {type: date, zh: 出生日期, en: Date of birth}
  age: {type: integer, zh: 年龄, en: Age, unit: year, over_time: 'years_between(birth_date, as_of)'}
  town: {type: string, zh: 街道, en: Town}
  union_member: {type: boolean, zh: 工会会员, en: Union member}
*/
SELECT asked.worker, asked.as_of, p.birth_date, p.town,
       date_diff('year', p.birth_date, asked.as_of)
         - CAST(strftime(asked.as_of, '%m%d') < strftime(p.birth_date, '%m%d') AS INTEGER) AS age,
       coalesce(m.joined_on <= asked.as_of, false) AS union_member
FROM asked LEFT JOIN person p ON p.person_id = asked.worker LEFT JOIN membership m ON m.person_id = asked.worker
