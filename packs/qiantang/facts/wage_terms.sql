/*
subject: worker
facts:
  skill_allowance_monthly: {type: decimal, zh: 月技能津贴, en: Monthly skill allowance, unit: yuan}
  has_skill_allowance: {type: boolean, zh: 享有技能津贴, en: Has a skill allowance}
  collective_covered:
    type: boolean
    zh: 单位签有能级工资集体合同
    en: Employer has a grade-wage agreement
    rises: [collective_agreement]
  grade_wage_covered:
    type: boolean
    zh: 本人能级有集体合同
    en: Covered by a grade-wage agreement
    rises: [collective_agreement]
    reading:
      zh: 单位的能级工资集体合同有效，且含本人最高等级证书对应的能级
      en: The employer's agreement is in force and has the grade of the worker's highest certificate
  agreed_minimum_wage: {type: decimal, zh: 协议最低月薪, en: Agreed minimum wage, unit: yuan, shown: true}
  agreed_skill_allowance: {type: decimal, zh: 协议技能津贴, en: Agreed skill allowance, unit: yuan, rises: [collective_agreement]}
*/
WITH allowances AS (
  SELECT asked.worker, asked.as_of, sum(a.monthly_amount) AS amount
  FROM asked JOIN skill_allowance a ON a.person_id = asked.worker
   AND asked.as_of BETWEEN a.valid_from AND coalesce(a.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), grades AS (
  SELECT asked.worker, asked.as_of,
         max(list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], s.level)) AS rank
  FROM asked JOIN skill_certificate s ON s.person_id = asked.worker AND s.issued_on <= asked.as_of
  GROUP BY ALL
), agreements AS (
  SELECT asked.worker, asked.as_of, count(*) AS any_grade,
         count(*) FILTER (WHERE own_grade) AS own_grade,
         max(minimum_wage) FILTER (WHERE own_grade) AS minimum_wage,
         max(skill_allowance) FILTER (WHERE own_grade) AS skill_allowance
  FROM (
    SELECT asked.worker, asked.as_of, g.minimum_wage, g.skill_allowance,
           coalesce(list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], g.grade) = grades.rank, false) AS own_grade
    FROM asked
    JOIN employed_under c ON c.person_id = asked.worker
     AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
    JOIN collective_agreement g ON g.enterprise_id = c.code
     AND asked.as_of BETWEEN g.valid_from AND coalesce(g.valid_to, DATE '9999-12-31')
    LEFT JOIN grades ON grades.worker = asked.worker AND grades.as_of = asked.as_of
  ) asked
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(a.amount, 0)::DECIMAL(12, 2) AS skill_allowance_monthly,
       coalesce(a.amount, 0) > 0 AS has_skill_allowance,
       coalesce(g.any_grade, 0) > 0 AS collective_covered,
       coalesce(g.own_grade, 0) > 0 AS grade_wage_covered,
       coalesce(g.minimum_wage, 0)::DECIMAL(12, 2) AS agreed_minimum_wage,
       coalesce(g.skill_allowance, 0)::DECIMAL(12, 2) AS agreed_skill_allowance
FROM asked
LEFT JOIN allowances a ON a.worker = asked.worker AND a.as_of = asked.as_of
LEFT JOIN agreements g ON g.worker = asked.worker AND g.as_of = asked.as_of
