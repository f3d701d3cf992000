/*
subject: household
facts:
  household_disposable_income:
    type: decimal
    zh: 家庭年可支配收入
    en: Disposable income of the household
    unit: yuan
    reading:
      zh: 取最近申报的年度；两年内未申报视为未知
      en: The newest year reported; not known if nothing was reported for two years
  household_members: {type: integer, zh: 家庭人口, en: Members of the household, unit: person, shown: true}
  household_workers: {type: integer, zh: 家庭技术工人数, en: Workers in the household, unit: person, shown: true}
  household_skilled: {type: boolean, zh: 技术工人家庭, en: Skilled-worker household, rises: [household_member, skill_certificate]}
  household_town: {type: string, zh: 家庭所在街道, en: Town of the household, values: towns}
*/
WITH income AS (
  SELECT asked.household, asked.as_of, arg_max(i.disposable_income, i.year) AS income
  FROM asked JOIN household_income i ON i.household_id = asked.household AND i.reported_on <= asked.as_of
   AND i.year BETWEEN year(asked.as_of) - worker.income_years_back AND year(asked.as_of)
  GROUP BY ALL
), certified AS (
  SELECT person_id, min(issued_on) AS since FROM skill_certificate GROUP BY person_id
), members AS (
  SELECT asked.household, asked.as_of, count(*) AS members, count(p.person_id) AS workers,
         bool_or(coalesce(s.since <= asked.as_of, false)) AS skilled
  FROM asked
  JOIN household_member m ON m.household_id = asked.household AND asked.as_of BETWEEN m.since AND coalesce(m.until, DATE '9999-12-31')
  LEFT JOIN person p ON p.person_id = m.member_id AND p.registered_on <= asked.as_of
   AND (p.died_on IS NULL OR p.died_on > asked.as_of) AND (p.departed_on IS NULL OR p.departed_on > asked.as_of)
  LEFT JOIN certified s ON s.person_id = m.member_id
  GROUP BY ALL
), towns AS (
  -- The head's registration comes first, then that of any other member.
  SELECT asked.household, asked.as_of, arg_min(r.town_code, (m.relation <> '户主', m.member_id)) AS town
  FROM asked
  JOIN household_member m ON m.household_id = asked.household AND asked.as_of BETWEEN m.since AND coalesce(m.until, DATE '9999-12-31')
  JOIN residence_registration r ON r.person_id = m.member_id
   AND asked.as_of BETWEEN r.valid_from AND coalesce(r.valid_to, DATE '9999-12-31')
  GROUP BY ALL
)
SELECT asked.household, asked.as_of,
       i.income::DECIMAL(12, 2) AS household_disposable_income,
       coalesce(m.members, 0)::INTEGER AS household_members,
       coalesce(m.workers, 0)::INTEGER AS household_workers,
       coalesce(m.skilled, false) AS household_skilled,
       towns.town AS household_town
FROM asked
LEFT JOIN income i ON i.household = asked.household AND i.as_of = asked.as_of
LEFT JOIN members m ON m.household = asked.household AND m.as_of = asked.as_of
LEFT JOIN towns ON towns.household = asked.household AND towns.as_of = asked.as_of
