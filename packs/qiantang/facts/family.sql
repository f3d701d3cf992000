/*
subject: worker
facts:
  household: {type: string, zh: 户号, en: Household number, shown: true}
  household_size: {type: integer, zh: 家庭人口, en: Members of the household, unit: person, shown: true}
  household_income:
    type: decimal
    zh: 家庭年可支配收入
    en: Disposable income of the household
    unit: yuan
    reading:
      zh: 取最近申报的年度；超过两年未申报视为未知，不当作零
      en: The newest year reported; a household that has not reported for two years is not known, never zero
  household_income_reported:
    type: boolean
    zh: 家庭已申报收入
    en: Household income was reported
    rises: [household_income]
    reading:
      zh: 两年内有申报；没有家庭成员记录的，也就没有申报
      en: Something was reported within two years; whoever is in no household record has reported nothing
  household_income_per_head: {type: decimal, zh: 家庭人均年可支配收入, en: Disposable income per head, unit: yuan}
  minor_children: {type: integer, zh: 未成年子女数, en: Children under age, unit: person, shown: true}
  children_under_3: {type: integer, zh: 三岁以下子女数, en: Children under three, unit: person, shown: true}
  family_here:
    type: boolean
    zh: 家人在本区
    en: Family lives here
    reading:
      zh: 户内登记有配偶或子女，或有子女在本区就学、入托
      en: A spouse or child in the household register, or a child at school or in childcare here
*/
WITH own AS (
  SELECT asked.worker, asked.as_of, arg_max(m.household_id, (m.since, m.household_id)) AS household,
         arg_max(m.relation, (m.since, m.household_id)) AS relation
  FROM asked JOIN household_member m ON m.member_id = asked.worker AND asked.as_of BETWEEN m.since AND coalesce(m.until, DATE '9999-12-31')
  GROUP BY ALL
), members AS (
  SELECT own.worker, own.as_of, count(*) AS size,
         -- Children are the worker's own only if the worker is the head of the household or the head's spouse.
         count(*) FILTER (WHERE own.relation IN ('户主', '配偶') AND m.relation = '子女'
           AND (date_diff('month', m.birth_date, own.as_of) - (day(own.as_of) < day(m.birth_date))::INTEGER) // 12 < worker.minor_age) AS minors,
         count(*) FILTER (WHERE own.relation IN ('户主', '配偶') AND m.relation = '子女'
           AND (date_diff('month', m.birth_date, own.as_of) - (day(own.as_of) < day(m.birth_date))::INTEGER) // 12 < worker.infant_age) AS infants,
         bool_or(m.member_id <> own.worker AND own.relation IN ('户主', '配偶')
           AND m.relation IN ('户主', '配偶', '子女')) AS family
  FROM own JOIN household_member m ON m.household_id = own.household AND own.as_of BETWEEN m.since AND coalesce(m.until, DATE '9999-12-31')
  GROUP BY ALL
), income AS (
  SELECT own.worker, own.as_of, arg_max(i.disposable_income, i.year) AS income
  FROM own JOIN household_income i ON i.household_id = own.household AND i.reported_on <= own.as_of
   AND i.year BETWEEN year(own.as_of) - worker.income_years_back AND year(own.as_of)
  GROUP BY ALL
), children_here AS (
  SELECT DISTINCT asked.worker, asked.as_of
  FROM asked JOIN (
    SELECT guardian_id, enrolled_on AS starts, left_on AS ends FROM child_schooling
    UNION ALL
    SELECT guardian_id, valid_from, valid_to FROM childcare_enrolment
  ) c ON c.guardian_id = asked.worker AND asked.as_of BETWEEN c.starts AND coalesce(c.ends, DATE '9999-12-31')
)
SELECT asked.worker, asked.as_of,
       own.household,
       m.size::INTEGER AS household_size,
       i.income::DECIMAL(12, 2) AS household_income,
       i.worker IS NOT NULL AS household_income_reported,
       round(i.income / m.size, 2)::DECIMAL(12, 2) AS household_income_per_head,
       -- A worker in no household record has an unknown number of children, not none.
       m.minors::INTEGER AS minor_children,
       m.infants::INTEGER AS children_under_3,
       CASE WHEN here.worker IS NOT NULL THEN true ELSE coalesce(m.family, false) END AS family_here
FROM asked
LEFT JOIN own ON own.worker = asked.worker AND own.as_of = asked.as_of
LEFT JOIN members m ON m.worker = asked.worker AND m.as_of = asked.as_of
LEFT JOIN income i ON i.worker = asked.worker AND i.as_of = asked.as_of
LEFT JOIN children_here here ON here.worker = asked.worker AND here.as_of = asked.as_of
