/*
subject: worker
facts:
  recuperations_recent: {type: integer, zh: 窗口期内疗休养次数, en: Recent recuperation trips, rises: [recuperation]}
  recuperations_last_year: {type: integer, zh: 近一年疗休养次数, en: Recuperation trips in the last year, shown: true}
  hardship: {type: boolean, zh: 困难帮扶对象, en: In hardship, rises: [hardship_case], shown: true}
  hardship_family: {type: boolean, zh: 低保或低保边缘家庭, en: Household on or near the minimum allowance, rises: [hardship_case]}
  open_disputes: {type: integer, zh: 未结劳动争议数, en: Open labour disputes, shown: true}
  injury_grade:
    type: integer
    zh: 工伤伤残等级
    en: Injury grade
    shown: true
    values: {0: {zh: 无, en: none}}
    reading: {zh: 0 无，1 最重；只有未定级工伤的视为未知, en: "0 none, 1 is the gravest; not known while no case is graded"}
*/
WITH trips AS (
  SELECT asked.worker, asked.as_of,
         count(*) FILTER (WHERE r.started_on + INTERVAL (recuperation.window_months) MONTH >= asked.as_of) AS recent,
         count(*) FILTER (WHERE r.started_on > asked.as_of - INTERVAL 12 MONTH) AS last_year
  FROM asked JOIN recuperation r ON r.person_id = asked.worker AND r.started_on <= asked.as_of
  GROUP BY ALL
), cases AS (
  SELECT asked.worker, asked.as_of, bool_or(h.kind IN ('低保', '低保边缘')) AS family
  FROM asked JOIN hardship_case h ON h.person_id = asked.worker
   AND asked.as_of BETWEEN h.valid_from AND coalesce(h.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), disputes AS (
  SELECT asked.worker, asked.as_of, count(*) AS open
  FROM asked JOIN labour_dispute d ON d.person_id = asked.worker AND d.filed_on <= asked.as_of
   AND (d.closed_on IS NULL OR d.closed_on > asked.as_of)
  GROUP BY ALL
), injuries AS (
  SELECT asked.worker, asked.as_of, min(i.grade) AS grade
  FROM asked JOIN injury_case i ON i.person_id = asked.worker AND i.recognised_on <= asked.as_of
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(t.recent, 0)::INTEGER AS recuperations_recent,
       coalesce(t.last_year, 0)::INTEGER AS recuperations_last_year,
       h.worker IS NOT NULL AS hardship,
       coalesce(h.family, false) AS hardship_family,
       coalesce(d.open, 0)::INTEGER AS open_disputes,
       CASE WHEN i.worker IS NULL THEN 0 ELSE i.grade END::INTEGER AS injury_grade
FROM asked
LEFT JOIN trips t ON t.worker = asked.worker AND t.as_of = asked.as_of
LEFT JOIN cases h ON h.worker = asked.worker AND h.as_of = asked.as_of
LEFT JOIN disputes d ON d.worker = asked.worker AND d.as_of = asked.as_of
LEFT JOIN injuries i ON i.worker = asked.worker AND i.as_of = asked.as_of
