/*
subject: patent
facts:
  patent_kind:
    type: string
    zh: 专利类别
    en: Kind of patent
    shown: true
    values:
      发明: {zh: 发明, en: invention}
      实用新型: {zh: 实用新型, en: utility model}
      外观设计: {zh: 外观设计, en: design}
  patent_granted_on: {type: date, zh: 授权日期, en: Date of grant}
  patent_since:
    type: integer
    zh: 授权以来月数
    en: Months since the grant
    shown: true
    unit: month
    over_time: months_between(patent_granted_on, as_of) + CASE WHEN add_months(patent_granted_on, months_between(patent_granted_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
*/
SELECT asked.patent, asked.as_of,
       t.kind AS patent_kind,
       t.granted_on AS patent_granted_on,
       (date_diff('month', t.granted_on, asked.as_of) + (day(asked.as_of) > day(t.granted_on))::INTEGER)::INTEGER AS patent_since
FROM asked LEFT JOIN patent t ON t.patent_no = asked.patent
