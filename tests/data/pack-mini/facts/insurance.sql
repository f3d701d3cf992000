/*
subject: worker
facts:
  insured_months: {type: integer, zh: 连续参保月数, en: Consecutive insured months, unit: month}
*/
WITH paid AS (
  SELECT asked.worker, asked.as_of, date_diff('month', c.month, asked.as_of) AS back
  FROM asked JOIN contribution c ON c.person_id = asked.worker AND c.month < date_trunc('month', asked.as_of)
), counted AS (
  SELECT *, row_number() OVER (PARTITION BY worker, as_of ORDER BY back) AS place FROM paid
)
SELECT asked.worker, asked.as_of, count(*) FILTER (back = place) AS insured_months
FROM asked LEFT JOIN counted USING (worker, as_of) GROUP BY ALL
