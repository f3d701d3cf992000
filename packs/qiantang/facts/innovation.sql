/*
subject: worker
facts:
  innovation_results: {type: integer, zh: 五小成果数, en: Innovation results, rises: [innovation_result]}
  innovation_results_last_year: {type: integer, zh: 近一年五小成果数, en: Innovation results in the last year, shown: true}
  innovation_level:
    type: integer
    zh: 五小成果最高级别
    en: Highest level of an innovation result
    shown: true
    values: award_levels
    reading:
      zh: 有成果缺级别且可能更高的视为未知
      en: Not known where a level is missing and could be higher
  recent_innovation_level:
    type: integer
    zh: 窗口期内五小成果最高级别
    en: Highest level of a recent innovation result
    rises: [innovation_result]
    values: award_levels
  innovation_benefit: {type: decimal, zh: 五小成果年效益合计, en: Yearly benefit of the innovation results, unit: yuan, shown: true}
  invention_patents: {type: integer, zh: 发明专利数, en: Patents of invention, rises: [patent]}
  recent_invention_patents: {type: integer, zh: 窗口期内发明专利数, en: Recent patents of invention, rises: [patent]}
  other_patents: {type: integer, zh: 其他专利数, en: Other patents, rises: [patent]}
  patents_last_year: {type: integer, zh: 近一年专利数, en: Patents in the last year, shown: true}
  studio_level:
    type: integer
    zh: 领衔工作室最高级别
    en: Highest level of a studio led
    rises: [innovation_studio]
    values: award_levels
  recent_studio_level:
    type: integer
    zh: 窗口期内新建工作室最高级别
    en: Highest level of a recently founded studio
    rises: [innovation_studio]
    values: award_levels
  operation_methods: {type: integer, zh: 先进操作法数, en: Operation methods named, rises: [operation_method]}
*/
WITH graded AS (
  SELECT asked.worker, asked.as_of, r.annual_benefit,
         list_position(['单位', '区', '市', '省', '国家'], r.level) AS level,
         r.recognised_on > asked.as_of - INTERVAL 12 MONTH AS in_year,
         r.recognised_on + INTERVAL (innovation.window_months) MONTH >= asked.as_of AS recent
  FROM asked JOIN innovation_result r ON r.person_id = asked.worker AND r.recognised_on <= asked.as_of
), results AS (
  SELECT worker, as_of, count(*) AS results, sum(annual_benefit) AS benefit, count(*) FILTER (WHERE in_year) AS last_year,
         -- A missing level could be any: the highest is then known only if it is the highest there is.
         CASE WHEN max(level) = 5 OR count(level) = count(*) THEN max(level) END AS level,
         CASE WHEN max(level) FILTER (WHERE recent) = 5
                OR count(level) FILTER (WHERE recent) = count(*) FILTER (WHERE recent)
              THEN coalesce(max(level) FILTER (WHERE recent), 0) END AS recent_level
  FROM graded GROUP BY ALL
), patents AS (
  SELECT asked.worker, asked.as_of,
         count(*) FILTER (WHERE t.kind = '发明') AS inventions,
         count(*) FILTER (WHERE t.kind = '发明'
           AND t.granted_on + INTERVAL (innovation.window_months) MONTH >= asked.as_of) AS recent_inventions,
         count(*) FILTER (WHERE t.kind <> '发明') AS others,
         count(*) FILTER (WHERE t.granted_on > asked.as_of - INTERVAL 12 MONTH) AS last_year
  FROM asked JOIN patent t ON t.person_id = asked.worker AND t.granted_on <= asked.as_of
  GROUP BY ALL
), studios AS (
  SELECT asked.worker, asked.as_of,
         max(list_position(['单位', '区', '市', '省', '国家'], s.level)) AS level,
         max(list_position(['单位', '区', '市', '省', '国家'], s.level))
           FILTER (WHERE s.founded_on + INTERVAL (innovation.window_months) MONTH >= asked.as_of) AS recent_level
  FROM asked JOIN innovation_studio s ON s.leader_id = asked.worker AND s.founded_on <= asked.as_of
  GROUP BY ALL
), methods AS (
  SELECT asked.worker, asked.as_of, count(*) AS methods
  FROM asked JOIN operation_method o ON o.person_id = asked.worker AND o.named_on <= asked.as_of
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(r.results, 0)::INTEGER AS innovation_results,
       coalesce(r.last_year, 0)::INTEGER AS innovation_results_last_year,
       CASE WHEN r.worker IS NULL THEN 0 ELSE r.level END::INTEGER AS innovation_level,
       CASE WHEN r.worker IS NULL THEN 0 ELSE r.recent_level END::INTEGER AS recent_innovation_level,
       coalesce(r.benefit, 0)::DECIMAL(12, 2) AS innovation_benefit,
       coalesce(t.inventions, 0)::INTEGER AS invention_patents,
       coalesce(t.recent_inventions, 0)::INTEGER AS recent_invention_patents,
       coalesce(t.others, 0)::INTEGER AS other_patents,
       coalesce(t.last_year, 0)::INTEGER AS patents_last_year,
       coalesce(s.level, 0)::INTEGER AS studio_level,
       coalesce(s.recent_level, 0)::INTEGER AS recent_studio_level,
       coalesce(o.methods, 0)::INTEGER AS operation_methods
FROM asked
LEFT JOIN results r ON r.worker = asked.worker AND r.as_of = asked.as_of
LEFT JOIN patents t ON t.worker = asked.worker AND t.as_of = asked.as_of
LEFT JOIN studios s ON s.worker = asked.worker AND s.as_of = asked.as_of
LEFT JOIN methods o ON o.worker = asked.worker AND o.as_of = asked.as_of
