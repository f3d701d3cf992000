/*
subject: worker
facts:
  craftsman_level:
    type: integer
    zh: 工匠级别
    en: Level as craftsman
    rises: [honour]
    values: award_levels
    reading:
      zh: 已撤销的不算；级别缺失且可能更高的视为未知
      en: Revoked ones do not count; not known where a level is missing and could be higher
  model_worker_level:
    type: integer
    zh: 劳动模范级别
    en: Level as model worker
    rises: [honour]
    values: award_levels
  may1_medal_level:
    type: integer
    zh: 五一劳动奖章级别
    en: Level of May Day labour medal
    rises: [honour]
    values: award_levels
  excellent_party_member_level:
    type: integer
    zh: 优秀共产党员级别
    en: Level as excellent party member
    rises: [honour]
    values: award_levels
  gold_worker_level:
    type: integer
    zh: 金牌工人级别
    en: Level as gold-medal worker
    shown: true
    values: award_levels
  honour_level:
    type: integer
    zh: 最高荣誉级别
    en: Highest level of any honour
    rises: [honour]
    values: award_levels
    reading:
      zh: 只看分级的荣誉称号；钱塘工匠提名奖未填级别的按区级；数字工匠是单独的称号，不当作工匠
      en: Only titles that are awarded by level; a nomination as craftsman of Qiantang without a level is of the district; digital craftsman is a title of its own
  honours:
    type: integer
    zh: 荣誉数
    en: Honours
    shown: true
    reading:
      zh: 代表委员身份和人才类别不是荣誉，不计
      en: A deputy's seat and a category of talent are no honours and do not count
  gold_worker: {type: boolean, zh: 金牌工人, en: Gold-medal worker, rises: [honour]}
  nominated_craftsman: {type: boolean, zh: 钱塘工匠提名奖, en: Nominated as craftsman of Qiantang, rises: [honour]}
  digital_craftsman: {type: boolean, zh: 数字工匠, en: Digital craftsman, rises: [honour], shown: true}
  high_level_talent: {type: boolean, zh: 高层次人才, en: High-level talent, rises: [honour]}
  technical_expert: {type: boolean, zh: 技术能手, en: Technical expert, rises: [honour], shown: true}
  representative: {type: boolean, zh: 两代表一委员, en: 'Party delegate, deputy or committee member', rises: [honour]}
*/
-- An honour without a level may be of any level, so the highest level is known only if none of the title lacks one,
-- or if the highest of all levels is held anyway.
WITH held AS (
  SELECT asked.worker, asked.as_of, coalesce(h.title, h.deputy, h.talent) AS title, h.title IS NOT NULL AS honour,
         list_position(['单位', '区', '市', '省', '国家'],
                       coalesce(h.level, CASE h.title WHEN '钱塘工匠提名奖' THEN '区' END)) AS level
  FROM asked JOIN honour h ON h.person_id = asked.worker AND h.awarded_on <= asked.as_of
   AND (h.revoked_on IS NULL OR h.revoked_on > asked.as_of)
), by_title AS (
  SELECT worker, as_of, title, title IN worker.graded_honours AS graded, count(*) FILTER (WHERE honour) AS honours,
         CASE WHEN max(level) = 5 OR count(level) = count(*) THEN max(level) END AS level
  FROM held GROUP BY ALL
), by_worker AS (
  SELECT worker, as_of, sum(honours) AS honours,
         CASE WHEN max(level) FILTER (WHERE graded) = 5
                OR count(level) FILTER (WHERE graded) = count(*) FILTER (WHERE graded)
              THEN coalesce(max(level) FILTER (WHERE graded), 0) END AS level,
         map(list(title) FILTER (WHERE title IS NOT NULL),
             list(coalesce(level, -1)) FILTER (WHERE title IS NOT NULL)) AS titles
  FROM by_title GROUP BY ALL
), found AS (
  SELECT asked.worker, asked.as_of, coalesce(b.titles, map(['无'], [0])) AS titles,
         CASE WHEN b.worker IS NULL THEN 0 ELSE b.level END AS level, coalesce(b.honours, 0) AS honours
  FROM asked LEFT JOIN by_worker b ON b.worker = asked.worker AND b.as_of = asked.as_of
)
SELECT worker, as_of,
       nullif(coalesce(titles['工匠'], 0), -1)::INTEGER AS craftsman_level,
       nullif(coalesce(titles['劳动模范'], 0), -1)::INTEGER AS model_worker_level,
       nullif(coalesce(titles['五一劳动奖章'], 0), -1)::INTEGER AS may1_medal_level,
       nullif(coalesce(titles['优秀共产党员'], 0), -1)::INTEGER AS excellent_party_member_level,
       nullif(coalesce(titles['金牌工人'], 0), -1)::INTEGER AS gold_worker_level,
       level::INTEGER AS honour_level,
       honours::INTEGER AS honours,
       titles['金牌工人'] IS NOT NULL AS gold_worker,
       titles['钱塘工匠提名奖'] IS NOT NULL AS nominated_craftsman,
       titles['数字工匠'] IS NOT NULL AS digital_craftsman,
       titles['高层次人才'] IS NOT NULL AS high_level_talent,
       titles['技术能手'] IS NOT NULL AS technical_expert,
       titles['党代表'] IS NOT NULL OR titles['人大代表'] IS NOT NULL OR titles['政协委员'] IS NOT NULL AS representative
FROM found
