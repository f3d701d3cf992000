-- Spells of employment. Months are numbered from the first month of the monthly classes; a spell may begin before it,
-- but not before its enterprise did.
WITH timed AS (
  SELECT w.*, greatest((age - 18) * 12 - 30, 3) AS career_months,
         date_diff('month', b.founded_on, cal.first_month()) AS enterprise_months,
         2 + floor(least(pow(u(i, 'tenure'), 1.7) * career_months, enterprise_months - 1))::INTEGER AS tenure,
         floor(pow(u(i, 'earlier'), 2) * greatest(career_months - tenure, 0))::INTEGER AS earlier,
         whole_between(3, cal.last_month() - 3, u(i, 'turn')) AS turn,
         turn + whole_between(1, 4, u(i, 'gap')) AS next_month
  FROM worker w JOIN enterprise_base b USING (e)
  WHERE career <> 'flexible'
), spells AS (
  SELECT i, 1 AS n, e, enterprise_id,
         CASE WHEN career = 'hired' THEN whole_between(1, cal.last_month(), u(i, 'hired'))
             ELSE 1 - tenure END AS from_month,
         CASE WHEN career IN ('moved', 'left') THEN turn END AS to_month,
         earlier AS months_before
  FROM timed
  UNION ALL
  SELECT i, 2, next_e, next_enterprise_id, next_month, NULL, earlier + turn + tenure
  FROM timed WHERE career = 'moved' AND next_month <= cal.last_month()
)
SELECT i, n, e, enterprise_id, from_month, to_month, months_before,
       month_at(from_month) + whole_between(0, 4, u(i, 'first day')) AS from_day,
       (month_at(to_month + 1) - 1)::DATE AS to_day
FROM spells ORDER BY i, n
