/*
subject: worker
facts:
  contract_active:
    type: boolean
    zh: 劳动合同有效
    en: Labour contract in force
    reading:
      zh: 合同备案完整，查无有效合同即没有；终止日当天仍有效
      en: The register of contracts is complete, so none in force means none; the last day still counts
  enterprise: {type: string, zh: 用人单位代码, en: Employer (credit code)}
  industry:
    type: string
    zh: 所在产业
    en: Industry
    values: industries
  enterprise_scale:
    type: string
    zh: 单位规模
    en: Scale of the employer
    shown: true
    values: scales
  contract_occupation: {type: string, zh: 合同上的职业, en: Occupation in the contract, values: occupations, shown: true}
  contract_months:
    type: integer
    zh: 现合同已履行月数
    en: Months of the contract so far
    unit: month
    reading:
      zh: 现单位承继了原单位（合并、更名、换代码）的，在原单位干到它注销、现单位接续的合同一起算，前后相差不超过一个月
      en: Where the employer succeeded another (by merger, a new name or a new code), together with the contract that ran there until then; a month may lie between
  contract_remaining_months:
    type: integer
    zh: 现合同剩余月数
    en: Months left of the contract
    shown: true
    unit: month
    reading: {zh: 无固定期限合同记作 9999, en: 9999 for a contract without an end}
  contract_wage: {type: decimal, zh: 合同月薪, en: Monthly wage in the contract, unit: yuan, shown: true}
  industrial_worker:
    type: boolean
    zh: 产业工人
    en: Industrial worker
    reading:
      zh: 有效劳动合同的职业属于职业分类大典第六大类（生产制造及有关人员）
      en: A contract in force in an occupation of major group 6 (production and manufacturing)
  shortage_occupation: {type: boolean, zh: 从事紧缺工种, en: Works in a shortage occupation}
  employer_accredited: {type: boolean, zh: 单位已备案自主认定, en: Employer may certify by itself, rises: [accreditation]}
*/
WITH current AS (
  SELECT DISTINCT ON (asked.worker, asked.as_of) asked.worker, asked.as_of, c.contract_no, c.enterprise_id,
         c.occupation_code, c.monthly_wage, c.valid_from, c.valid_to
  FROM asked JOIN labour_contract c ON c.person_id = asked.worker
   AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
  ORDER BY asked.worker, asked.as_of, c.valid_from DESC, c.contract_no
), former AS (
  -- The contract with what has become the present employer, if it ran until that ended and the present one followed.
  SELECT c.worker, c.as_of, min(p.valid_from) AS since
  FROM current c JOIN same_firm f ON f.code = c.enterprise_id
  JOIN labour_contract p ON p.person_id = c.worker AND p.enterprise_id = f.other AND p.valid_from < c.valid_from
   AND coalesce(p.valid_to, DATE '9999-12-31') >= f.left_on - INTERVAL 1 MONTH
   AND c.valid_from <= f.taken_over_on + INTERVAL 1 MONTH
  GROUP BY ALL
), accredited_employers AS (
  SELECT DISTINCT c.worker, c.as_of
  FROM (
    SELECT worker, as_of, enterprise_id AS code FROM current
    UNION ALL
    SELECT c.worker, c.as_of, f.other FROM current c JOIN same_firm f ON f.code = c.enterprise_id
  ) c JOIN accreditation a ON a.enterprise_id = c.code
   AND c.as_of BETWEEN a.valid_from AND coalesce(a.valid_to, DATE '9999-12-31')
)
SELECT asked.worker, asked.as_of,
       c.contract_no IS NOT NULL AS contract_active,
       c.enterprise_id AS enterprise,
       firm.industry,
       firm.scale AS enterprise_scale,
       c.occupation_code AS contract_occupation,
       coalesce((date_diff('month', coalesce(former.since, c.valid_from), asked.as_of)
         - (day(asked.as_of) < day(coalesce(former.since, c.valid_from)) AND asked.as_of < last_day(asked.as_of))::INTEGER), 0)::INTEGER AS contract_months,
       CASE WHEN c.contract_no IS NULL THEN 0
            WHEN c.valid_to IS NULL THEN 9999
            ELSE (date_diff('month', asked.as_of, c.valid_to) - (day(c.valid_to) < day(asked.as_of) AND c.valid_to < last_day(c.valid_to))::INTEGER) END::INTEGER AS contract_remaining_months,
       c.monthly_wage::DECIMAL(12, 2) AS contract_wage,
       coalesce(starts_with(c.occupation_code, worker.industrial_major_group || '-'), false) AS industrial_worker,
       coalesce(c.occupation_code IN shortage.occupations, false) AS shortage_occupation,
       accredited.worker IS NOT NULL AS employer_accredited
FROM asked
LEFT JOIN current c ON c.worker = asked.worker AND c.as_of = asked.as_of
LEFT JOIN enterprise firm ON firm.enterprise_id = c.enterprise_id
LEFT JOIN former ON former.worker = asked.worker AND former.as_of = asked.as_of
LEFT JOIN accredited_employers accredited ON accredited.worker = asked.worker AND accredited.as_of = asked.as_of
