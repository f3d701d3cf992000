/*
subject: worker
facts:
  resident:
    type: boolean
    zh: 在本区居住
    en: Lives in the district
    reading:
      zh: 居住登记在有效期内，或本区户籍
      en: A residence registration in force, or a registered household in the district
  resident_months:
    type: integer
    zh: 连续居住月数
    en: Unbroken months of residence
    unit: month
    reading:
      zh: 前后两次登记首尾相接视为连续；本区户籍自人口登记之日起算
      en: Registrations that follow each other without a day between are one run; local households count from their registration
  residence_years: {type: integer, zh: 连续居住年数, en: Unbroken years of residence, unit: year}
  town:
    type: string
    zh: 所在街道
    en: Town
    values: towns
    reading:
      zh: 以有效居住登记为准，没有的以用人单位所在街道为准
      en: By the residence registration in force, else by the employer's town
*/
WITH marked AS (
  SELECT person_id, town_code, valid_from, coalesce(valid_to, DATE '9999-12-31') AS valid_to,
         -- A new run begins where the day before is not covered by the registration before.
         valid_from > lag(coalesce(valid_to, DATE '9999-12-31'), 1, DATE '0001-01-01')
                        OVER (PARTITION BY person_id ORDER BY valid_from) + 1 AS begins
  FROM residence_registration
), runs AS (
  SELECT *, max(valid_from) FILTER (WHERE begins) OVER (PARTITION BY person_id ORDER BY valid_from) AS run_from
  FROM marked
), living AS (
  SELECT asked.worker, asked.as_of, min(r.run_from) AS run_from, arg_max(r.town_code, r.valid_from) AS town_code
  FROM asked JOIN runs r ON r.person_id = asked.worker AND asked.as_of BETWEEN r.valid_from AND r.valid_to
  GROUP BY ALL
), working AS (
  SELECT asked.worker, asked.as_of, arg_max(firm.town_code, c.valid_from) AS town_code
  FROM asked
  JOIN labour_contract c ON c.person_id = asked.worker
   AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
  JOIN enterprise firm ON firm.enterprise_id = c.enterprise_id
  GROUP BY ALL
), since AS (
  SELECT asked.worker, asked.as_of,
         least(l.run_from, CASE WHEN p.household_place = worker.hukou_district AND p.registered_on <= asked.as_of
                                THEN p.registered_on END) AS since,
         coalesce(l.town_code, w.town_code) AS town
  FROM asked
  LEFT JOIN living l ON l.worker = asked.worker AND l.as_of = asked.as_of
  LEFT JOIN working w ON w.worker = asked.worker AND w.as_of = asked.as_of
  LEFT JOIN person p ON p.person_id = asked.worker
)
SELECT worker, as_of,
       since IS NOT NULL AS resident,
       coalesce((date_diff('month', since, as_of) - (day(as_of) < day(since) AND as_of < last_day(as_of))::INTEGER), 0)::INTEGER AS resident_months,
       coalesce((date_diff('month', since, as_of) - (day(as_of) < day(since))::INTEGER) // 12, 0)::INTEGER AS residence_years,
       town
FROM since
