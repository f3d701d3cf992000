/*
subject: innovation_result
facts:
  innovation_kind:
    type: string
    zh: 五小类别
    en: Kind of innovation
    shown: true
    values:
      小发明: {zh: 小发明, en: small invention}
      小创造: {zh: 小创造, en: small creation}
      小革新: {zh: 小革新, en: small improvement}
      小设计: {zh: 小设计, en: small design}
      小建议: {zh: 小建议, en: small suggestion}
  innovation_result_level: {type: integer, zh: 成果级别, en: Level of the result, shown: true}
  innovation_result_benefit: {type: decimal, zh: 成果年效益, en: Yearly benefit of the result, unit: yuan, shown: true}
  innovation_recognised_on: {type: date, zh: 认定日期, en: Date of recognition}
  innovation_since:
    type: integer
    zh: 认定以来月数
    en: Months since recognition
    shown: true
    unit: month
    over_time: months_between(innovation_recognised_on, as_of) + CASE WHEN add_months(innovation_recognised_on, months_between(innovation_recognised_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  innovation_in_year: {type: boolean, zh: 近一年认定, en: Recognised in the last year}
*/
SELECT asked.innovation_result, asked.as_of,
       r.kind AS innovation_kind,
       list_position(['单位', '区', '市', '省', '国家'], r.level)::INTEGER AS innovation_result_level,
       r.annual_benefit::DECIMAL(12, 2) AS innovation_result_benefit,
       r.recognised_on AS innovation_recognised_on,
       (date_diff('month', r.recognised_on, asked.as_of) + (day(asked.as_of) > day(r.recognised_on))::INTEGER)::INTEGER AS innovation_since,
       r.recognised_on > asked.as_of - INTERVAL 12 MONTH AND r.recognised_on <= asked.as_of AS innovation_in_year
FROM asked LEFT JOIN innovation_result r ON r.result_no = asked.innovation_result
