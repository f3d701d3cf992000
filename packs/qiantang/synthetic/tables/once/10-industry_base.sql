-- Industries: their numbers among the enterprises, and the share of the workers each gets.
WITH home AS (
  SELECT industry, sum(weight) / (SELECT sum(weight) FROM cal.occupation) AS weight
  FROM cal.occupation WHERE industry <> '' GROUP BY industry
), everybody AS (
  SELECT greatest(cal.enterprises_least(), scaled(cal.enterprises())) AS enterprises,
         (SELECT sum(weight) FROM home) * cal.industry_affinity() AS at_home
)
SELECT i.id, i.name,
       floor(enterprises * i.low)::BIGINT + 1 AS first_enterprise,
       (floor(enterprises * i.high) - floor(enterprises * i.low))::BIGINT AS enterprises,
       coalesce(h.weight, 0) * cal.industry_affinity() + (1 - at_home) * i.workers AS worker_share
FROM cal.industry i LEFT JOIN home h ON h.industry = i.name, everybody
ORDER BY i.id
