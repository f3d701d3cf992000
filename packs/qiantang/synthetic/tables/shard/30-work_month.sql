-- One row for each month worked: pay, contribution base, the day the contribution came in and the months it adds up to.
-- A month paid so late that it has not come in yet is worked but not `insured`.
WITH months AS (
  SELECT s.i, s.n, s.enterprise_id, s.months_before + greatest(-s.from_month, 0) AS before,
         unnest(range(greatest(s.from_month, 0), coalesce(s.to_month, cal.last_month()) + 1)) AS m
  FROM spell s
), dated AS (
  SELECT *, month_at(m) AS month,
         u(i * 64 + m, 'late') < cal.late_share() AS late,
         CASE WHEN late
             THEN month_at(m + whole_between(cal.late_least(), cal.late_most(), u(i * 64 + m, 'months late')))
              ELSE month END + whole_between(9, 24, u(i * 64 + m, 'paid')) AS paid_on
  FROM months
), known AS (
  SELECT *, paid_on < cal.as_of() AS insured FROM dated
)
SELECT k.i, k.m, k.month, w.person_id, k.enterprise_id, k.paid_on, insured,
       money(wage * pow(1.03, (m - cal.last_month()) / 12) * (0.94 + 0.12 * u(k.i * 64 + m, 'gross')), 1) AS gross,
       money(least(greatest(wage, cal.insurance_floor()), cal.insurance_ceiling()), 1) AS base,
       CASE WHEN u(k.i, 'cumulative') >= cal.cumulative_missing() THEN
         before + count(*) FILTER (insured) OVER (PARTITION BY k.i,
             k.n ORDER BY m ROWS UNBOUNDED PRECEDING) END AS cumulative_months,
       u(k.i, 'injury insured') < 0.985 AS injury_insured,
       u(k.i, 'fund') < CASE w.scale WHEN '规上' THEN cal.fund_above_scale()
           ELSE cal.fund_below_scale() END AS has_fund
FROM known k JOIN worker w ON w.i = k.i
ORDER BY k.i, k.m
