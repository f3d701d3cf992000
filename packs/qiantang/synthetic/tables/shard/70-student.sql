-- Workers enrolled for a degree above the one they have.
WITH able AS (
  SELECT sum(weight) FILTER (level IN ('高中', '中专', '专科')) / sum(weight) AS share FROM cal.education
), students AS (
  SELECT w.*, CASE WHEN education = '专科' OR u(i, 'bachelor') < cal.straight_bachelor() THEN '本科'
         ELSE '专科' END AS degree,
         [DATE '2020-03-01', DATE '2020-09-01', DATE '2021-03-01', DATE '2021-09-01', DATE '2022-03-01',
             DATE '2022-09-01'][
           whole_between(1, 6, u(i, 'term'))] AS start_on,
         money(cal.tuition_low() + (cal.tuition_high() - cal.tuition_low()) * u(i, 'tuition'), 100) AS tuition,
         '示例大学' || whole_between(1, cal.universities(), u(i, 'university')) AS school
  FROM worker w, able
  WHERE education IN ('高中', '中专', '专科') AND age >= 20 AND u(i, 'degree') < cal.degree_share() / able.share
)
SELECT i, person_id, school, degree, tuition, start_on,
       CASE WHEN start_on < DATE '2020-10-01' AND u(i, 'graduated') < 0.75
            THEN (start_on + INTERVAL 27 MONTH)::DATE + whole_between(0, 20, u(i, 'graduation')) END AS graduated_on
FROM students ORDER BY i
