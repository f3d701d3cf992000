/*
subject: worker
facts:
  education_rank:
    type: integer
    zh: 最高学历
    en: Highest education
    rises: [academic_credential]
    values:
      0: {zh: 初中或无记录, en: lower secondary or no record}
      1: {zh: 高中、中专或技校, en: upper secondary}
      2: {zh: 专科, en: associate degree}
      3: {zh: 本科, en: bachelor}
      4: {zh: 硕士, en: master}
      5: {zh: 博士, en: doctor}
  studying: {type: boolean, zh: 在读学历, en: Studying for a degree, rises: [degree_enrolment], shown: true}
  professional_title_rank:
    type: integer
    zh: 职称等级
    en: Professional title
    rises: [professional_title]
    values:
      0: {zh: 无, en: none}
      1: {zh: 员级, en: junior}
      2: {zh: 助理级, en: assistant}
      3: {zh: 中级, en: intermediate}
      4: {zh: 副高级, en: associate senior}
      5: {zh: 正高级, en: senior}
  appointed_post:
    type: string
    zh: 聘任岗位
    en: Appointed post
    shown: true
    values:
      无: {zh: 无, en: none}
      学徒工: {zh: 学徒工, en: apprentice}
      特级技师: {zh: 特级技师, en: special-grade technician}
      首席技师: {zh: 首席技师, en: chief technician}
  trainings_last_year: {type: integer, zh: 近一年培训次数, en: Trainings in the last year}
  training_hours_last_year: {type: integer, zh: 近一年培训学时, en: Training hours in the last year, unit: hour, rises: [training_record]}
  exams_failed_last_year: {type: integer, zh: 近一年认定未通过次数, en: Exams not passed in the last year, shown: true}
*/
WITH education AS (
  SELECT asked.worker, asked.as_of,
         max(CASE e.level WHEN '高中' THEN 1 WHEN '职业高中' THEN 1 WHEN '技工学校' THEN 1 WHEN '中专' THEN 1 WHEN '专科' THEN 2 WHEN '本科' THEN 3
                          WHEN '硕士' THEN 4 WHEN '博士' THEN 5 ELSE 0 END) AS rank
  FROM asked JOIN academic_credential e ON e.person_id = asked.worker AND e.graduated_on <= asked.as_of
  GROUP BY ALL
), study AS (
  SELECT DISTINCT asked.worker, asked.as_of
  FROM asked JOIN degree_enrolment d ON d.person_id = asked.worker AND d.start_on <= asked.as_of
   AND coalesce(d.end_on, DATE '9999-12-31') >= asked.as_of AND coalesce(d.graduated_on, DATE '9999-12-31') > asked.as_of
), titles AS (
  SELECT asked.worker, asked.as_of,
         max(list_position(['员级', '助理级', '中级', '副高级', '正高级'], t.level)) AS rank
  FROM asked JOIN professional_title t ON t.person_id = asked.worker AND t.awarded_on <= asked.as_of
  GROUP BY ALL
), posts AS (
  SELECT asked.worker, asked.as_of,
         arg_max(p.post, list_position(['学徒工', '特级技师', '首席技师'], p.post)) AS post
  FROM asked JOIN appointed_post p ON p.person_id = asked.worker
   AND asked.as_of BETWEEN p.valid_from AND coalesce(p.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), training AS (
  SELECT asked.worker, asked.as_of, count(*) AS trainings, sum(t.hours) AS hours
  FROM asked JOIN training_record t ON t.person_id = asked.worker AND t.completed_on <= asked.as_of
   AND t.completed_on > asked.as_of - INTERVAL 12 MONTH
  GROUP BY ALL
), exams AS (
  SELECT asked.worker, asked.as_of, count(*) AS failed
  FROM asked JOIN exam_registration x ON x.person_id = asked.worker AND x.result = '不合格' AND x.exam_on <= asked.as_of
   AND x.exam_on > asked.as_of - INTERVAL 12 MONTH
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(e.rank, 0)::INTEGER AS education_rank,
       s.worker IS NOT NULL AS studying,
       coalesce(t.rank, 0)::INTEGER AS professional_title_rank,
       coalesce(p.post, '无') AS appointed_post,
       coalesce(r.trainings, 0)::INTEGER AS trainings_last_year,
       coalesce(r.hours, 0)::INTEGER AS training_hours_last_year,
       coalesce(x.failed, 0)::INTEGER AS exams_failed_last_year
FROM asked
LEFT JOIN education e ON e.worker = asked.worker AND e.as_of = asked.as_of
LEFT JOIN study s ON s.worker = asked.worker AND s.as_of = asked.as_of
LEFT JOIN titles t ON t.worker = asked.worker AND t.as_of = asked.as_of
LEFT JOIN posts p ON p.worker = asked.worker AND p.as_of = asked.as_of
LEFT JOIN training r ON r.worker = asked.worker AND r.as_of = asked.as_of
LEFT JOIN exams x ON x.worker = asked.worker AND x.as_of = asked.as_of
