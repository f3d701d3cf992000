/*
subject: competition_result
facts:
  contest_result_level:
    type: integer
    zh: 竞赛级别
    en: Level of the contest
    values: award_levels
  contest_place: {type: integer, zh: 名次, en: Place}
  contest_held_on: {type: date, zh: 比赛日期, en: Date of the contest}
  contest_since:
    type: integer
    zh: 赛后月数
    en: Months since the contest
    unit: month
    over_time: months_between(contest_held_on, as_of) + CASE WHEN add_months(contest_held_on, months_between(contest_held_on, as_of)) < as_of THEN 1 ELSE 0 END
    reading: {zh: 不满一个月的按一个月计，所以“12 个月内”到第 12 个月的同一日为止, en: 'A month begun counts as one, so that within 12 months means by the same day twelve months on'}
  contest_is_best:
    type: boolean
    zh: 同一赛事当年最好成绩
    en: Best result of the year in that contest
    reading:
      zh: 同名竞赛同一年只看级别最高、名次最前的一次
      en: Of one contest in one year only the highest level, then the best place
*/
WITH ranked AS (
  SELECT *, list_position(['单位', '区', '市', '省', '国家'], level) AS rank FROM competition_result
), ordered AS (
  SELECT asked.competition_result, asked.as_of, mine.*,
         NOT EXISTS (
           SELECT 1 FROM ranked other
           WHERE other.person_id = mine.person_id AND other.contest = mine.contest AND other.held_on <= asked.as_of
             AND year(other.held_on) = year(mine.held_on)
             AND (-other.rank, other.place, other.result_no) < (-mine.rank, mine.place, mine.result_no)
         ) AS best
  FROM asked LEFT JOIN ranked mine ON mine.result_no = asked.competition_result
)
SELECT competition_result, as_of,
       rank::INTEGER AS contest_result_level,
       place::INTEGER AS contest_place,
       held_on AS contest_held_on,
       (date_diff('month', held_on, as_of) + (day(as_of) > day(held_on))::INTEGER)::INTEGER AS contest_since,
       best AS contest_is_best
FROM ordered
