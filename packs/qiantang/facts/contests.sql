/*
subject: worker
facts:
  contest_level:
    type: integer
    zh: 竞赛获奖最高级别
    en: Highest level of a contest won
    rises: [competition_result]
    values: award_levels
    reading:
      zh: 名次在计分名次以内才算
      en: Only places that count for points
  contest_best_place: {type: integer, zh: 该级别最好名次, en: Best place at that level, shown: true}
  contests_last_year: {type: integer, zh: 近一年参赛次数, en: Contests in the last year, shown: true}
*/
WITH results AS (
  SELECT asked.worker, asked.as_of, r.place, r.held_on,
         CASE WHEN r.place <= points.contest_places
              THEN list_position(['单位', '区', '市', '省', '国家'], r.level) ELSE 0 END AS level
  FROM asked JOIN competition_result r ON r.person_id = asked.worker AND r.held_on <= asked.as_of
), best AS (
  SELECT worker, as_of, max(level) AS level,
         CASE WHEN max(level) > 0 THEN arg_min(place, (-level, place)) END AS place,
         count(*) FILTER (WHERE held_on > as_of - INTERVAL 12 MONTH) AS last_year
  FROM results GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(b.level, 0)::INTEGER AS contest_level,
       coalesce(b.place, 0)::INTEGER AS contest_best_place,
       coalesce(b.last_year, 0)::INTEGER AS contests_last_year
FROM asked LEFT JOIN best b ON b.worker = asked.worker AND b.as_of = asked.as_of
