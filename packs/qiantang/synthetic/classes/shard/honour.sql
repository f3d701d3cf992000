WITH honoured AS (
  SELECT w.*, h.id AS kind, h.title, h.level,
         day_between(greatest(years_later(w.birth_date, 19), DATE '2014-01-01'),
           the_day_before(), u(i * 32 + h.id, 'honoured on')) AS awarded_on
  FROM worker w, cal.honour h
  WHERE u(i * 32 + h.id, 'honoured') < h.share * CASE WHEN master THEN 3 ELSE 0.65 END
    AND (w.party OR h.title <> '优秀共产党员')
    AND years_later(w.birth_date, 19) < the_day_before()
  UNION ALL
  SELECT w.*, 31, CASE WHEN party THEN '党代表' ELSE cal.pick_deputy(u(i, 'deputy of')) END, '区',
         day_between(DATE '2021-10-01', DATE '2022-04-30', u(i, 'elected'))
  FROM worker w WHERE deputy
)
SELECT register_no('RY', i * 32 + kind) AS honour_no, person_id,
       CASE WHEN kind <> 31 AND title <> '高层次人才' THEN title END AS title,
       CASE WHEN kind = 31 THEN title END AS deputy,
       CASE WHEN title = '高层次人才' THEN title END AS talent,
       CASE WHEN u(i * 32 + kind, 'honour level') >= cal.honour_level_missing() THEN level END AS level, awarded_on,
       CASE WHEN u(i * 32 + kind, 'honour revoked') < cal.honour_revoked()
           THEN least(awarded_on + 400, the_day_before()) END AS revoked_on
FROM honoured
