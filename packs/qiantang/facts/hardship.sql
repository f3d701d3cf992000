/*
subject: hardship_case
facts:
  hardship_kind:
    type: string
    zh: 困难类别
    en: Kind of hardship
    values:
      低保: {zh: 低保, en: minimum living allowance}
      低保边缘: {zh: 低保边缘, en: near the minimum living allowance}
      大病: {zh: 大病, en: serious illness}
      意外: {zh: 意外, en: accident}
      其他: {zh: 其他, en: other}
  hardship_aid:
    type: decimal
    zh: 已救助金额
    en: Aid received
    unit: yuan
    reading: {zh: 没有填写的按尚未得到计，先帮后核, en: "Where none is stated none was given, for help comes before checking"}
  hardship_open: {type: boolean, zh: 帮扶有效, en: Case in force}
  hardship_since:
    type: integer
    zh: 认定以来月数
    en: Months since recognition
    unit: month
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  hardship_case_is_latest:
    type: boolean
    zh: 最近一次认定
    en: Newest case of the worker
    reading: {zh: 同一天认定的取编号在前的, en: Of two recognised on one day the lower number}
*/
SELECT asked.hardship_case, asked.as_of,
       h.kind AS hardship_kind,
       CASE WHEN h.case_no IS NOT NULL THEN coalesce(h.aid_amount, 0) END::DECIMAL(12, 2) AS hardship_aid,
       asked.as_of BETWEEN h.valid_from AND coalesce(h.valid_to, DATE '9999-12-31') AS hardship_open,
       (date_diff('month', h.valid_from, asked.as_of) + (day(asked.as_of) > day(h.valid_from))::INTEGER)::INTEGER AS hardship_since,
       NOT EXISTS (
         SELECT 1 FROM hardship_case other
         WHERE other.person_id = h.person_id AND other.valid_from <= asked.as_of
           AND (other.valid_from > h.valid_from OR (other.valid_from = h.valid_from AND other.case_no < h.case_no))
       ) AS hardship_case_is_latest
FROM asked LEFT JOIN hardship_case h ON h.case_no = asked.hardship_case
