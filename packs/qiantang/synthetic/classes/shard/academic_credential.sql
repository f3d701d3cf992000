SELECT register_no('XL', i * 2) AS credential_no, person_id, education AS level,
       '示例院校' || whole_between(1, 80, u(i, 'school')) AS school,
       make_date(year(birth_date) + cal.education_age(education), 7, 1) AS graduated_on
FROM worker WHERE make_date(year(birth_date) + cal.education_age(education), 7, 1) < cal.as_of()
UNION ALL
SELECT register_no('XL', i * 2 + 1), person_id, degree, school, graduated_on FROM student
WHERE graduated_on IS NOT NULL
