/*
subject: worker
facts:
  apprentices: {type: integer, zh: 带徒人次, en: Apprentices ever taken, rises: [mentorship]}
  apprentices_now: {type: integer, zh: 在带徒弟数, en: Apprentices now, unit: person, shown: true}
  has_mentor: {type: boolean, zh: 有师傅, en: Has a mentor, rises: [mentorship], shown: true}
  firm_visits: {type: integer, zh: 助企行次数, en: Visits to firms, rises: [enterprise_visit]}
  firm_visits_last_year: {type: integer, zh: 近一年助企行次数, en: Visits to firms in the last year, shown: true}
  problems_solved: {type: integer, zh: 解决技术问题数, en: Technical problems solved, shown: true}
  people_helped: {type: integer, zh: 帮助职工人次, en: Workers helped, shown: true}
  volunteer_hours: {type: decimal, zh: 志愿服务时长, en: Volunteering hours, unit: hour, shown: true}
  volunteer_hours_last_year: {type: decimal, zh: 近一年志愿服务时长, en: Volunteering hours in the last year, unit: hour, rises: [volunteering]}
  frontline_service:
    type: boolean
    zh: 参加一线抗疫
    en: Front-line epidemic service
    rises: [frontline_service]
    reading:
      zh: 申请当日或之前开始过一线抗疫任务，任务结束后仍算
      en: Service that began on or before the day; it still counts after it ended
*/
WITH pairs AS (
  SELECT asked.worker, asked.as_of, count(*) AS apprentices,
         count(*) FILTER (WHERE coalesce(m.valid_to, DATE '9999-12-31') >= asked.as_of) AS apprentices_now
  FROM asked JOIN mentorship m ON m.mentor_id = asked.worker AND m.valid_from <= asked.as_of
  GROUP BY ALL
), mentored AS (
  SELECT DISTINCT asked.worker, asked.as_of
  FROM asked JOIN mentorship m ON m.apprentice_id = asked.worker
   AND asked.as_of BETWEEN m.valid_from AND coalesce(m.valid_to, DATE '9999-12-31')
), visits AS (
  SELECT asked.worker, asked.as_of, count(*) AS visits, sum(v.problems_solved) AS problems, sum(v.people_helped) AS people,
         count(*) FILTER (WHERE v.visited_on > asked.as_of - INTERVAL 12 MONTH) AS last_year
  FROM asked JOIN enterprise_visit v ON v.craftsman_id = asked.worker AND v.visited_on <= asked.as_of
  GROUP BY ALL
), hours AS (
  SELECT asked.worker, asked.as_of, sum(o.hours) AS hours,
         sum(o.hours) FILTER (WHERE o.served_on > asked.as_of - INTERVAL 12 MONTH) AS last_year
  FROM asked JOIN volunteering o ON o.person_id = asked.worker AND o.served_on <= asked.as_of
  GROUP BY ALL
), frontline AS (
  SELECT DISTINCT asked.worker, asked.as_of
  FROM asked JOIN frontline_service f ON f.person_id = asked.worker AND f.valid_from <= asked.as_of
)
SELECT asked.worker, asked.as_of,
       coalesce(m.apprentices, 0)::INTEGER AS apprentices,
       coalesce(m.apprentices_now, 0)::INTEGER AS apprentices_now,
       a.worker IS NOT NULL AS has_mentor,
       coalesce(v.visits, 0)::INTEGER AS firm_visits,
       coalesce(v.last_year, 0)::INTEGER AS firm_visits_last_year,
       coalesce(v.problems, 0)::INTEGER AS problems_solved,
       coalesce(v.people, 0)::INTEGER AS people_helped,
       coalesce(o.hours, 0)::DECIMAL(12, 2) AS volunteer_hours,
       coalesce(o.last_year, 0)::DECIMAL(12, 2) AS volunteer_hours_last_year,
       f.worker IS NOT NULL AS frontline_service
FROM asked
LEFT JOIN pairs m ON m.worker = asked.worker AND m.as_of = asked.as_of
LEFT JOIN mentored a ON a.worker = asked.worker AND a.as_of = asked.as_of
LEFT JOIN visits v ON v.worker = asked.worker AND v.as_of = asked.as_of
LEFT JOIN hours o ON o.worker = asked.worker AND o.as_of = asked.as_of
LEFT JOIN frontline f ON f.worker = asked.worker AND f.as_of = asked.as_of
