/*
subject: studio
facts:
  studio_award_level:
    type: integer
    zh: 工作室级别
    en: Level of the studio
    shown: true
    values: award_levels
  studio_founded_on: {type: date, zh: 设立日期, en: Date of foundation}
  studio_since:
    type: integer
    zh: 设立以来月数
    en: Months since foundation
    shown: true
    unit: month
    over_time: months_between(studio_founded_on, as_of) + CASE WHEN add_months(studio_founded_on, months_between(studio_founded_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
*/
SELECT asked.studio, asked.as_of,
       list_position(['单位', '区', '市', '省', '国家'], s.level)::INTEGER AS studio_award_level,
       s.founded_on AS studio_founded_on,
       (date_diff('month', s.founded_on, asked.as_of) + (day(asked.as_of) > day(s.founded_on))::INTEGER)::INTEGER AS studio_since
FROM asked LEFT JOIN innovation_studio s ON s.studio_no = asked.studio
