/*
subject: wage_arrears
facts:
  arrears_open: {type: boolean, zh: 欠薪未解决, en: Arrears open}
  arrears_people: {type: integer, zh: 欠薪涉及人数, en: People concerned, unit: person, shown: true}
  arrears_amount: {type: decimal, zh: 欠薪金额, en: Amount in arrears, unit: yuan, shown: true}
  arrears_since: {type: integer, zh: 反映以来月数, en: Months since reported, unit: month, shown: true}
*/
SELECT asked.wage_arrears, asked.as_of,
       w.resolved_on IS NULL OR w.resolved_on > asked.as_of AS arrears_open,
       w.people::INTEGER AS arrears_people,
       w.amount::DECIMAL(12, 2) AS arrears_amount,
       (date_diff('month', w.reported_on, asked.as_of) - (day(asked.as_of) < day(w.reported_on) AND asked.as_of < last_day(asked.as_of))::INTEGER)::INTEGER AS arrears_since
FROM asked LEFT JOIN wage_arrears w ON w.clue_no = asked.wage_arrears
