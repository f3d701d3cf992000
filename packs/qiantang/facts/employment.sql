/*
subject: worker
facts:
  unemployed: {type: boolean, zh: 登记失业, en: Registered as unemployed, shown: true}
  flexible_worker: {type: boolean, zh: 新就业形态劳动者, en: Platform worker}
  flexible_months: {type: integer, zh: 新就业形态登记月数, en: Months of platform work, unit: month, shown: true}
  employed:
    type: boolean
    zh: 就业
    en: Employed
    reading:
      zh: 有有效劳动合同，或新就业形态登记，或最近一次登记为就业
      en: A contract in force, or registered platform work, or employment as the newest registration
  employed_year_ago: {type: boolean, zh: 一年前有劳动合同, en: Had a contract a year ago}
*/
WITH newest AS (
  SELECT asked.worker, asked.as_of, arg_max(r.status, (r.registered_on, r.registration_no)) AS status
  FROM asked JOIN employment_registration r ON r.person_id = asked.worker AND r.registered_on <= asked.as_of
  GROUP BY ALL
), platform_work AS (
  SELECT asked.worker, asked.as_of, min(f.valid_from) AS since
  FROM asked JOIN flexible_work f ON f.person_id = asked.worker
   AND asked.as_of BETWEEN f.valid_from AND coalesce(f.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), contracted AS (
  SELECT asked.worker, asked.as_of,
         bool_or(asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')) AS now,
         bool_or(asked.as_of - INTERVAL 12 MONTH BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')) AS year_ago
  FROM asked JOIN labour_contract c ON c.person_id = asked.worker AND c.valid_from <= asked.as_of
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(n.status = '失业', false) AS unemployed,
       f.since IS NOT NULL AS flexible_worker,
       coalesce((date_diff('month', f.since, asked.as_of) - (day(asked.as_of) < day(f.since) AND asked.as_of < last_day(asked.as_of))::INTEGER), 0)::INTEGER AS flexible_months,
       coalesce(c.now, false) OR f.since IS NOT NULL OR coalesce(n.status = '就业', false) AS employed,
       coalesce(c.year_ago, false) AS employed_year_ago
FROM asked
LEFT JOIN newest n ON n.worker = asked.worker AND n.as_of = asked.as_of
LEFT JOIN platform_work f ON f.worker = asked.worker AND f.as_of = asked.as_of
LEFT JOIN contracted c ON c.worker = asked.worker AND c.as_of = asked.as_of
