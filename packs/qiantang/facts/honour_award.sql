/*
subject: honour
facts:
  honour_title:
    type: string
    zh: 荣誉称号
    en: Title
    values:
      工匠: {zh: 工匠, en: craftsman}
      劳动模范: {zh: 劳动模范, en: model worker}
      五一劳动奖章: {zh: 五一劳动奖章, en: May Day labour medal}
      优秀共产党员: {zh: 优秀共产党员, en: excellent Party member}
      金牌工人: {zh: 金牌工人, en: gold-medal worker}
      钱塘工匠提名奖: {zh: 钱塘工匠提名奖, en: Qiantang craftsman nominee}
      数字工匠: {zh: 数字工匠, en: digital craftsman}
      技术能手: {zh: 技术能手, en: technical expert}
  honour_award_level:
    type: integer
    zh: 荣誉级别
    en: Level of the honour
    values: award_levels
    reading:
      zh: 未填视为未知，钱塘工匠提名奖按区级
      en: Not known when empty, except that a nomination as craftsman of Qiantang is of the district
  honour_awarded_on: {type: date, zh: 授予日期, en: Date of award}
  honour_since:
    type: integer
    zh: 授予以来月数
    en: Months since the award
    unit: month
    over_time: months_between(honour_awarded_on, as_of) + CASE WHEN add_months(honour_awarded_on, months_between(honour_awarded_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  honour_in_year: {type: boolean, zh: 近一年授予, en: Awarded in the last year}
  honour_in_force: {type: boolean, zh: 荣誉有效, en: Honour in force}
  honour_is_highest:
    type: boolean
    zh: 当年最高荣誉
    en: Highest honour of its year
    reading:
      zh: 同一年授予的有效荣誉就高一次，代表委员身份和人才类别不是荣誉；同级取编号在前的；级别缺失且影响比较的视为未知
      en: One per worker and year, the highest in force (a deputy's seat and a category of talent are no honours), then the lower number; not known where a missing level decides
*/
WITH levelled AS (
  SELECT honour_no, person_id, title, awarded_on, revoked_on,
         list_position(['单位', '区', '市', '省', '国家'],
                       coalesce(level, CASE title WHEN '钱塘工匠提名奖' THEN '区' END)) AS level
  FROM honour
  WHERE title IS NOT NULL
), rivals AS (
  -- How the worker's other honours of the same year compare: one surely higher, or one that might be.
  SELECT asked.honour, asked.as_of,
         bool_or(coalesce((-other.level, other.honour_no) < (-mine.level, mine.honour_no), false)) AS beaten,
         bool_or(other.level IS NULL OR mine.level IS NULL) AS unsure
  FROM asked JOIN levelled mine ON mine.honour_no = asked.honour
  JOIN levelled other ON other.person_id = mine.person_id AND other.honour_no <> mine.honour_no
   AND year(other.awarded_on) = year(mine.awarded_on) AND other.awarded_on <= asked.as_of
   AND (other.revoked_on IS NULL OR other.revoked_on > asked.as_of)
  GROUP BY ALL
)
SELECT asked.honour, asked.as_of,
       h.title AS honour_title,
       h.level::INTEGER AS honour_award_level,
       h.awarded_on AS honour_awarded_on,
       (date_diff('month', h.awarded_on, asked.as_of) + (day(asked.as_of) > day(h.awarded_on))::INTEGER)::INTEGER AS honour_since,
       h.awarded_on > asked.as_of - INTERVAL 12 MONTH AND h.awarded_on <= asked.as_of AS honour_in_year,
       h.revoked_on IS NULL OR h.revoked_on > asked.as_of AS honour_in_force,
       CASE WHEN h.revoked_on <= asked.as_of OR r.beaten THEN false
            WHEN r.unsure THEN NULL
            ELSE true END AS honour_is_highest
FROM asked
LEFT JOIN levelled h ON h.honour_no = asked.honour
LEFT JOIN rivals r ON r.honour = asked.honour AND r.as_of = asked.as_of
