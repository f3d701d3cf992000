/*
subject: worker
facts:
  annual_pay:
    type: decimal
    zh: 年工资
    en: Annual pay
    unit: yuan
    reading:
      zh: 到工资已报齐的最近一个月为止十二个月的应发工资，按已发月数折算为一年；不足六个月的视为未知；其间有整月没有报来的也视为未知
      en: Gross pay of the twelve months up to the newest month that is in, scaled to a year by the months paid; not known with fewer than six months, nor where one of the twelve was never delivered
  monthly_pay: {type: decimal, zh: 月均工资, en: Mean monthly pay, unit: yuan, shown: true}
  paid_months: {type: integer, zh: 近一年发薪月数, en: Months paid in the last twelve, unit: month, range: true, rises: [wage_payment], shown: true}
*/
WITH spans AS (
  -- The twelve months that count on each day, and how many of them are in.
  SELECT r.as_of, r.month AS newest, count(c.month) AS covered
  FROM reckoned(['wage_payment']) r
  LEFT JOIN covered_months c ON c.data_class = 'wage_payment' AND c.month <= r.month AND c.month > r.month - INTERVAL 12 MONTH
  GROUP BY ALL
), paid AS (
  SELECT asked.worker, asked.as_of, sum(w.gross) AS gross, count(DISTINCT w.month) AS months,
         -- Months recorded though nobody says that they are in for everybody.
         count(DISTINCT w.month) FILTER (WHERE NOT EXISTS (
           SELECT 1 FROM covered_months c WHERE c.data_class = 'wage_payment' AND c.month = w.month)) AS beyond
  FROM asked JOIN spans ON spans.as_of = asked.as_of
  JOIN wage_payment w ON w.person_id = asked.worker
   AND w.month <= spans.newest AND w.month > spans.newest - INTERVAL 12 MONTH
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       CASE WHEN covered = 12 AND months >= worker.min_paid_months THEN round(gross * 12 / months, 2) END::DECIMAL(12, 2) AS annual_pay,
       CASE WHEN covered = 12 AND months >= worker.min_paid_months THEN round(gross / months, 2) END::DECIMAL(12, 2) AS monthly_pay,
       CASE WHEN newest IS NOT NULL THEN coalesce(months, 0) END::INTEGER AS "paid_months least",
       CASE WHEN newest IS NOT NULL THEN coalesce(months, 0) - coalesce(beyond, 0) + 12 - covered END::INTEGER AS "paid_months most"
FROM asked
JOIN spans ON spans.as_of = asked.as_of
LEFT JOIN paid ON paid.worker = asked.worker AND paid.as_of = asked.as_of
