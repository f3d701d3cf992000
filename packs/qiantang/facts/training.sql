/*
subject: training_record
facts:
  training_hours: {type: integer, zh: 学时, en: Hours, unit: hour, shown: true}
  training_free: {type: boolean, zh: 免费课程, en: Free course, shown: true}
  training_in_year: {type: boolean, zh: 近一年结业, en: Completed in the last year}
*/
SELECT asked.training_record, asked.as_of,
       t.hours::INTEGER AS training_hours,
       t.free AS training_free,
       t.completed_on > asked.as_of - INTERVAL 12 MONTH AND t.completed_on <= asked.as_of AS training_in_year
FROM asked LEFT JOIN training_record t ON t.record_no = asked.training_record
