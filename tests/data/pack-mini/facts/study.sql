/*
subject: study
facts:
  degree: {type: string, zh: 层次, en: Level}
  tuition: {type: decimal, zh: 学费, en: Tuition, unit: yuan}
*/
SELECT asked.study, asked.as_of, CASE e.level WHEN '专科' THEN 'associate' ELSE 'bachelor' END AS degree, e.tuition
FROM asked LEFT JOIN enrolment e ON e.enrolment_no = asked.study
