/*
subject: worker
facts:
  certificate_rank:
    type: integer
    zh: 最高技能等级
    en: Highest certificate
    rises: [skill_certificate]
    values: skill_levels
    reading: {zh: 发证当日起计, en: From the day of issue}
  certificate_occupation: {type: string, zh: 最高等级证书的职业, en: Occupation of the highest certificate, values: occupations, shown: true}
  certificate_months: {type: integer, zh: 达到最高等级月数, en: Months since the highest level was reached, unit: month, shown: true}
  certificates: {type: integer, zh: 证书数, en: Certificates, shown: true}
  shortage_certificate_rank:
    type: integer
    zh: 紧缺工种最高等级
    en: Highest certificate in a shortage occupation
    rises: [skill_certificate]
    values: skill_levels
  new_certificate_rank:
    type: integer
    zh: 近一年新证书的最高等级
    en: Highest certificate issued in the last year
    rises: [skill_certificate]
    values: skill_levels
    reading: {zh: 一年内没有新证书的为 0, en: 0 where none was issued within the year}
  enterprise_certified_rank:
    type: integer
    zh: 现单位认定的最高等级
    en: Highest level certified by the employer
    rises: [skill_certificate]
    values: skill_levels
*/
WITH held AS (
  SELECT asked.worker, asked.as_of, s.*,
         list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], s.level) AS rank,
         s.issuer_kind = '企业' AND s.enterprise_id = c.code AS by_employer
  FROM asked
  JOIN skill_certificate s ON s.person_id = asked.worker AND s.issued_on <= asked.as_of
  LEFT JOIN employed_under c ON c.person_id = asked.worker AND c.code = s.enterprise_id
   AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
), best AS (
  SELECT worker, as_of, max(rank) AS rank, count(DISTINCT certificate_no) AS certificates,
         -- Highest rank first, then the one issued first.
         arg_max(occupation_code, (rank, DATE '2999-12-31' - issued_on, certificate_no)) AS occupation,
         arg_max(issued_on, (rank, DATE '2999-12-31' - issued_on, certificate_no)) AS issued_on,
         max(rank) FILTER (WHERE occupation_code IN shortage.occupations) AS shortage_rank,
         max(rank) FILTER (WHERE by_employer) AS employer_rank,
         max(rank) FILTER (WHERE issued_on > as_of - INTERVAL 12 MONTH) AS new_rank
  FROM held GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(b.rank, 0)::INTEGER AS certificate_rank,
       b.occupation AS certificate_occupation,
       coalesce((date_diff('month', b.issued_on, asked.as_of) - (day(asked.as_of) < day(b.issued_on) AND asked.as_of < last_day(asked.as_of))::INTEGER), 0)::INTEGER AS certificate_months,
       coalesce(b.certificates, 0)::INTEGER AS certificates,
       coalesce(b.shortage_rank, 0)::INTEGER AS shortage_certificate_rank,
       coalesce(b.new_rank, 0)::INTEGER AS new_certificate_rank,
       coalesce(b.employer_rank, 0)::INTEGER AS enterprise_certified_rank
FROM asked LEFT JOIN best b ON b.worker = asked.worker AND b.as_of = asked.as_of
