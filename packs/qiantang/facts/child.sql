/*
subject: child
facts:
  child_birth_date:
    type: date
    zh: 子女出生日期
    en: Child's date of birth
    reading:
      zh: 取家庭成员登记；没有登记的取公民身份号码中的日期
      en: From the household register, else from the citizen number
  child_age: {type: integer, zh: 子女周岁, en: Child's completed age, unit: year, over_time: 'years_between(child_birth_date, as_of)'}
  child_age_months: {type: integer, zh: 子女月龄, en: Child's age in months, unit: month, over_time: 'months_between(child_birth_date, as_of)'}
  child_at_school: {type: boolean, zh: 在本区就学, en: At school here}
  child_school_kind:
    type: string
    zh: 学校办学性质
    en: Kind of school
    shown: true
    values: {无: {zh: 未在本区就学, en: not at school here}, 公办: {zh: 公办, en: public}, 民办: {zh: 民办, en: private}}
  child_in_public_school: {type: boolean, zh: 就读公办学校, en: At a public school}
  childcare_enrolled: {type: boolean, zh: 在托, en: In childcare, shown: true}
  childcare_growth_station: {type: boolean, zh: 在婴幼儿成长驿站入托, en: At a growth station}
  childcare_monthly_fee: {type: decimal, zh: 月托费, en: Monthly childcare fee, unit: yuan}
  childcare_months: {type: integer, zh: 入托月数, en: Months in childcare, unit: month, shown: true}
*/
WITH born AS (
  SELECT member_id, min(birth_date) AS birth_date FROM household_member GROUP BY member_id
), school AS (
  SELECT asked.child, asked.as_of, arg_max(s.school_kind, (s.enrolled_on, s.record_no)) AS kind
  FROM asked JOIN child_schooling s ON s.child_id = asked.child
   AND asked.as_of BETWEEN s.enrolled_on AND coalesce(s.left_on, DATE '9999-12-31')
  GROUP BY ALL
), care AS (
  SELECT asked.child, asked.as_of,
         arg_max({kind: t.kind, fee: e.monthly_fee, since: e.valid_from}, (e.valid_from, e.enrolment_no)) AS place
  FROM asked JOIN childcare_enrolment e ON e.child_id = asked.child
   AND asked.as_of BETWEEN e.valid_from AND coalesce(e.valid_to, DATE '9999-12-31')
  LEFT JOIN station t ON t.station_no = e.station_no
  GROUP BY ALL
), dated AS (
  SELECT asked.*, coalesce(born.birth_date, try_strptime(substr(asked.child, 7, 8), '%Y%m%d')::DATE) AS birth_date
  FROM asked LEFT JOIN born ON born.member_id = asked.child
)
SELECT d.child, d.as_of,
       d.birth_date AS child_birth_date,
       ((date_diff('month', d.birth_date, d.as_of) - (day(d.as_of) < day(d.birth_date))::INTEGER) // 12)::INTEGER AS child_age,
       (date_diff('month', d.birth_date, d.as_of) - (day(d.as_of) < day(d.birth_date) AND d.as_of < last_day(d.as_of))::INTEGER)::INTEGER AS child_age_months,
       school.kind IS NOT NULL AS child_at_school,
       coalesce(school.kind, '无') AS child_school_kind,
       coalesce(school.kind = '公办', false) AS child_in_public_school,
       care.child IS NOT NULL AS childcare_enrolled,
       coalesce(care.place.kind = '婴幼儿成长驿站', false) AS childcare_growth_station,
       coalesce(care.place.fee, 0)::DECIMAL(12, 2) AS childcare_monthly_fee,
       coalesce((date_diff('month', care.place.since, d.as_of) - (day(d.as_of) < day(care.place.since) AND d.as_of < last_day(d.as_of))::INTEGER), 0)::INTEGER AS childcare_months
FROM dated d
LEFT JOIN school ON school.child = d.child AND school.as_of = d.as_of
LEFT JOIN care ON care.child = d.child AND care.as_of = d.as_of
