/*
subject: degree_enrolment
facts:
  degree_level:
    type: string
    zh: 就读层次
    en: Level of the degree
    values:
      associate: {zh: 专科, en: associate degree}
      bachelor: {zh: 本科, en: bachelor}
  degree_tuition: {type: decimal, zh: 学费, en: Tuition, unit: yuan, shown: true}
  discounted_tuition:
    type: decimal
    zh: 优惠后学费
    en: Discounted tuition
    unit: yuan
    reading: {zh: 未填的视为未知，不以原学费代替, en: Not known when empty; the full tuition does not stand in for it}
  designated_school: {type: boolean, zh: 指定院校, en: Designated school}
  lottery_won:
    type: boolean
    zh: 摇号中签
    en: Lottery won
    reading: {zh: 未填的视为未知（尚未摇号）, en: Not known when empty (not drawn yet)}
  graduated: {type: boolean, zh: 已毕业, en: Graduated}
  degree_running: {type: boolean, zh: 在读, en: Still enrolled, shown: true}
  degree_start_on: {type: date, zh: 入学日期, en: Start date, shown: true}
  paid_before: {type: decimal, zh: 已资助金额, en: Paid before, unit: yuan}
*/
SELECT asked.degree_enrolment, asked.as_of,
       CASE d.level WHEN '专科' THEN 'associate' WHEN '本科' THEN 'bachelor' END AS degree_level,
       d.tuition::DECIMAL(12, 2) AS degree_tuition,
       d.discounted_tuition::DECIMAL(12, 2) AS discounted_tuition,
       d.designated AS designated_school,
       d.lottery_won,
       coalesce(d.graduated_on <= asked.as_of, false) AS graduated,
       NOT coalesce(d.graduated_on <= asked.as_of, false) AND coalesce(d.end_on >= asked.as_of, true) AS degree_running,
       d.start_on AS degree_start_on,
       d.paid_before::DECIMAL(12, 2) AS paid_before
FROM asked LEFT JOIN degree_enrolment d ON d.enrolment_no = asked.degree_enrolment
