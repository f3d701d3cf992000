/*
subject: worker
facts:
  annual_pay:
    type: decimal
    zh: 年工资
    en: Annual pay
    unit: yuan
    reading:
      zh: 申请前十二个月的应发工资，按已发月数折算为一年；不足六个月的视为未知
      en: Gross pay of the twelve months before, scaled to a year by the months paid; not known with fewer than six months
  monthly_pay: {type: decimal, zh: 月均工资, en: Mean monthly pay, unit: yuan}
  paid_months: {type: integer, zh: 近一年发薪月数, en: Months paid in the last twelve, unit: month}
*/
WITH paid AS (
  SELECT asked.worker, asked.as_of, sum(w.gross) AS gross, count(DISTINCT w.month) AS months
  FROM asked JOIN wage_payment w ON w.person_id = asked.worker
   AND w.month < date_trunc('month', asked.as_of) AND w.month >= date_trunc('month', asked.as_of) - INTERVAL 12 MONTH
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       CASE WHEN months >= worker.min_paid_months THEN round(gross * 12 / months, 2) END::DECIMAL(12, 2) AS annual_pay,
       CASE WHEN months >= worker.min_paid_months THEN round(gross / months, 2) END::DECIMAL(12, 2) AS monthly_pay,
       coalesce(months, 0)::INTEGER AS paid_months
FROM asked LEFT JOIN paid ON paid.worker = asked.worker AND paid.as_of = asked.as_of
