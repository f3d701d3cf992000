/*
subject: enterprise
facts:
  enterprise_industry:
    type: string
    zh: 企业所属产业
    en: Industry of the enterprise
    values: industries
  enterprise_town: {type: string, zh: 企业所在街道, en: Town of the enterprise, values: towns}
  enterprise_scale_kind:
    type: string
    zh: 企业规模
    en: Scale of the enterprise
    shown: true
    values: scales
  enterprise_employees: {type: integer, zh: 从业人数, en: Employees, unit: person}
  enterprise_since:
    type: integer
    zh: 登记以来月数
    en: Months since registration
    unit: month
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  enterprise_startup: {type: boolean, zh: 技能人才创业企业, en: Start-up of a skilled worker}
  enterprise_future_factory: {type: boolean, zh: 未来工厂, en: Future factory, shown: true}
  accredited: {type: boolean, zh: 已备案自主认定, en: May certify by itself, rises: [accreditation]}
  accredited_occupations: {type: integer, zh: 备案职业数, en: Accredited occupations, shown: true}
  accredited_since: {type: integer, zh: 首次备案以来月数, en: Months since the first accreditation, unit: month, shown: true}
  self_certified_last_year: {type: integer, zh: 近一年自主认定人数, en: People certified in the last year, unit: person, shown: true}
  self_certified_high_last_year: {type: integer, zh: 近一年自主认定高技能人数, en: High-skilled people certified in the last year, unit: person, shown: true}
  enterprise_contracts: {type: integer, zh: 有效劳动合同数, en: Contracts in force, unit: person, shown: true}
  enterprise_certified: {type: integer, zh: 持证职工数, en: Certified employees, unit: person, rises: [skill_certificate]}
  enterprise_insured: {type: integer, zh: 最近一个月参保人数, en: People insured in the newest month, unit: person, rises: [pension_contribution]}
  has_grade_wage_agreement: {type: boolean, zh: 签有能级工资集体合同, en: Has a grade-wage agreement, rises: [collective_agreement]}
  enterprise_open:
    type: boolean
    zh: 存续
    en: Still open
    reading:
      zh: 未注销，也没有并入别的单位或换用新代码
      en: Its code has not been closed, neither for good nor for that of a successor
  enterprise_arrears_open: {type: integer, zh: 未解决欠薪线索数, en: Open wage-arrears clues, rises: [wage_arrears]}
*/
WITH codes AS (
  -- What it was granted, agreed and certified under a former code is its own.
  SELECT enterprise, as_of, enterprise AS code FROM asked
  UNION ALL
  SELECT asked.enterprise, asked.as_of, f.other FROM asked JOIN same_firm f ON f.code = asked.enterprise
), accreditations AS (
  SELECT asked.enterprise, asked.as_of, count(DISTINCT a.occupation_code) AS occupations, min(a.valid_from) AS since
  FROM codes asked JOIN accreditation a ON a.enterprise_id = asked.code
   AND asked.as_of BETWEEN a.valid_from AND coalesce(a.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), issued AS (
  SELECT asked.enterprise, asked.as_of, count(DISTINCT s.person_id) AS people,
         count(DISTINCT s.person_id) FILTER (
           WHERE list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], s.level) >= worker.high_skilled_rank) AS high
  FROM codes asked JOIN skill_certificate s ON s.enterprise_id = asked.code AND s.issuer_kind = '企业'
   AND s.issued_on <= asked.as_of AND s.issued_on > asked.as_of - INTERVAL 12 MONTH
  GROUP BY ALL
), first_certificate AS (
  SELECT person_id, min(issued_on) AS since FROM skill_certificate GROUP BY person_id
), staff AS (
  SELECT asked.enterprise, asked.as_of, count(*) AS people, count(*) FILTER (WHERE s.since <= asked.as_of) AS certified
  FROM asked JOIN labour_contract c ON c.enterprise_id = asked.enterprise
   AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
  LEFT JOIN first_certificate s ON s.person_id = c.person_id
  GROUP BY ALL
), insured AS (
  SELECT asked.enterprise, asked.as_of, count(DISTINCT i.person_id) AS people
  FROM asked JOIN reckoned(['pension_contribution']) r ON r.as_of = asked.as_of
  JOIN pension_contribution i ON i.enterprise_id = asked.enterprise AND i.month = r.month
  GROUP BY ALL
), agreements AS (
  SELECT DISTINCT asked.enterprise, asked.as_of
  FROM codes asked JOIN collective_agreement g ON g.enterprise_id = asked.code
   AND asked.as_of BETWEEN g.valid_from AND coalesce(g.valid_to, DATE '9999-12-31')
), arrears AS (
  SELECT asked.enterprise, asked.as_of, count(*) AS open
  FROM asked JOIN wage_arrears w ON w.enterprise_id = asked.enterprise AND w.reported_on <= asked.as_of
   AND (w.resolved_on IS NULL OR w.resolved_on > asked.as_of)
  GROUP BY ALL
)
SELECT asked.enterprise, asked.as_of,
       firm.industry AS enterprise_industry,
       firm.town_code AS enterprise_town,
       firm.scale AS enterprise_scale_kind,
       firm.employees::INTEGER AS enterprise_employees,
       (date_diff('month', firm.registered_on, asked.as_of) + (day(asked.as_of) > day(firm.registered_on))::INTEGER)::INTEGER AS enterprise_since,
       coalesce(list_contains(string_split(firm.tags, ';'), employer.startup_tag), false) AS enterprise_startup,
       coalesce(list_contains(string_split(firm.tags, ';'), employer.future_factory_tag), false) AS enterprise_future_factory,
       firm.closed_on IS NULL OR firm.closed_on > asked.as_of AS enterprise_open,
       a.enterprise IS NOT NULL AS accredited,
       coalesce(a.occupations, 0)::INTEGER AS accredited_occupations,
       coalesce((date_diff('month', a.since, asked.as_of) - (day(asked.as_of) < day(a.since) AND asked.as_of < last_day(asked.as_of))::INTEGER), 0)::INTEGER AS accredited_since,
       coalesce(s.people, 0)::INTEGER AS self_certified_last_year,
       coalesce(s.high, 0)::INTEGER AS self_certified_high_last_year,
       coalesce(staff.people, 0)::INTEGER AS enterprise_contracts,
       coalesce(staff.certified, 0)::INTEGER AS enterprise_certified,
       coalesce(i.people, 0)::INTEGER AS enterprise_insured,
       g.enterprise IS NOT NULL AS has_grade_wage_agreement,
       coalesce(w.open, 0)::INTEGER AS enterprise_arrears_open
FROM asked
LEFT JOIN enterprise firm ON firm.enterprise_id = asked.enterprise
LEFT JOIN accreditations a ON a.enterprise = asked.enterprise AND a.as_of = asked.as_of
LEFT JOIN issued s ON s.enterprise = asked.enterprise AND s.as_of = asked.as_of
LEFT JOIN staff ON staff.enterprise = asked.enterprise AND staff.as_of = asked.as_of
LEFT JOIN insured i ON i.enterprise = asked.enterprise AND i.as_of = asked.as_of
LEFT JOIN agreements g ON g.enterprise = asked.enterprise AND g.as_of = asked.as_of
LEFT JOIN arrears w ON w.enterprise = asked.enterprise AND w.as_of = asked.as_of
