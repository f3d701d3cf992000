/*
subject: skill_certificate
facts:
  certificate_level:
    type: integer
    zh: 证书等级
    en: Level of the certificate
    values: skill_levels
  certificate_issued_on: {type: date, zh: 发证日期, en: Date of issue}
  certificate_since:
    type: integer
    zh: 发证以来月数
    en: Months since issue
    unit: month
    over_time: months_between(certificate_issued_on, as_of) + CASE WHEN add_months(certificate_issued_on, months_between(certificate_issued_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  certificate_first:
    type: boolean
    zh: 同职业同等级首证
    en: First of its occupation and level
    reading: {zh: 同一天发的取证书编号在前的一张, en: Of two issued on one day the lower number is the first}
  certificate_is_highest: {type: boolean, zh: 本人最高等级, en: Highest level of the worker, shown: true}
  certificate_place_in_year: {type: integer, zh: 当年第几张证书, en: Which certificate of the year, rises: [skill_certificate]}
  certificate_in_shortage: {type: boolean, zh: 紧缺工种证书, en: In a shortage occupation, shown: true}
  certificate_in_year: {type: boolean, zh: 近一年新证书, en: Issued in the last year, shown: true}
  certificate_by_enterprise: {type: boolean, zh: 企业自主认定, en: Certified by an enterprise, shown: true}
  certificate_by_own_enterprise:
    type: boolean
    zh: 现单位自主认定
    en: Certified by the worker's employer
    shown: true
    rises: [accreditation]
    reading:
      zh: 由现用人单位发证，且发证时该职业和等级在其备案范围内
      en: Issued by the present employer, accredited for that occupation and level on the day of issue
*/
WITH ranked AS (
  SELECT certificate_no, person_id, occupation_code, issued_on, issuer_kind, enterprise_id,
         list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], level) AS rank,
         row_number() OVER (PARTITION BY person_id, occupation_code, level ORDER BY issued_on, certificate_no) = 1 AS first,
         row_number() OVER (PARTITION BY person_id, year(issued_on) ORDER BY issued_on, certificate_no) AS place
  FROM skill_certificate
), highest AS (
  SELECT asked.skill_certificate, asked.as_of, max(other.rank) AS rank
  FROM asked JOIN ranked mine ON mine.certificate_no = asked.skill_certificate
  JOIN ranked other ON other.person_id = mine.person_id AND other.issued_on <= asked.as_of
  GROUP BY ALL
), own AS (
  SELECT DISTINCT asked.skill_certificate, asked.as_of
  FROM asked JOIN ranked s ON s.certificate_no = asked.skill_certificate AND s.issuer_kind = '企业'
  JOIN employed_under c ON c.person_id = s.person_id AND c.code = s.enterprise_id
   AND asked.as_of BETWEEN c.valid_from AND coalesce(c.valid_to, DATE '9999-12-31')
  JOIN accreditation a ON a.enterprise_id = s.enterprise_id AND a.occupation_code = s.occupation_code
   AND s.issued_on BETWEEN a.valid_from AND coalesce(a.valid_to, DATE '9999-12-31')
   AND list_position(['初级工', '中级工', '高级工', '技师', '高级技师'], a.top_level) >= s.rank
)
SELECT asked.skill_certificate, asked.as_of,
       s.rank::INTEGER AS certificate_level,
       s.issued_on AS certificate_issued_on,
       (date_diff('month', s.issued_on, asked.as_of) + (day(asked.as_of) > day(s.issued_on))::INTEGER)::INTEGER AS certificate_since,
       s.first AS certificate_first,
       s.rank >= h.rank AS certificate_is_highest,
       s.place::INTEGER AS certificate_place_in_year,
       s.occupation_code IN shortage.occupations AS certificate_in_shortage,
       s.issued_on > asked.as_of - INTERVAL 12 MONTH AND s.issued_on <= asked.as_of AS certificate_in_year,
       s.issuer_kind = '企业' AS certificate_by_enterprise,
       own.skill_certificate IS NOT NULL AS certificate_by_own_enterprise
FROM asked
LEFT JOIN ranked s ON s.certificate_no = asked.skill_certificate
LEFT JOIN highest h ON h.skill_certificate = asked.skill_certificate AND h.as_of = asked.as_of
LEFT JOIN own ON own.skill_certificate = asked.skill_certificate AND own.as_of = asked.as_of
