-- Each enterprise asks for a few occupations a month, those in short supply more often and at better pay.
WITH asked AS (
  SELECT e, enterprise_id, industry, employees, m, k, (e * 32 + m) * 4 + k AS n, month_at(m) AS month
  FROM enterprise_base, unnest(range(cal.last_month() - 11, cal.last_month() + 1)) AS t(m),
  unnest(range(0, 3)) AS v(k)
), chosen AS (
  SELECT *, cal.pick_occupation(u(n, 'vacant')) AS any_occupation,
         cal.pick_occupation_shortage(u(n, 'vacant')) AS short_occupation,
         u(n, 'is short') < 0.35 AS short
  FROM asked WHERE u(n, 'posted') < CASE WHEN employees > 300 THEN 0.75 ELSE 0.35 END
), levelled AS (
  SELECT *, CASE WHEN short THEN short_occupation ELSE any_occupation END AS occupation_code,
         CASE WHEN u(n, 'level asked') < 0.8 THEN cal.pick_rank(u(n, 'vacant level')) END AS level
  FROM chosen
)
SELECT register_no('GW', n) AS vacancy_no, enterprise_id, occupation_code, level,
       money(cal.base_wage() * coalesce(cal.rank_wage(level), 0.9) * cal.industry_wage(industry)
             * (CASE WHEN short THEN 1.12 ELSE 1 END) * exp(0.12 * z(n, 'offered')), 100) AS monthly_wage,
       month, greatest(1,
           round(employees * 0.01 * u(n, 'headcount') * CASE WHEN short THEN 2 ELSE 1 END))::BIGINT AS headcount
FROM levelled
