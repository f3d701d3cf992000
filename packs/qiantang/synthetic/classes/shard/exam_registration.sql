-- Whoever got a certificate last year passed; others failed or wait.
SELECT register_no('KS', i * 8 + k) AS registration_no, person_id, occupation_code, level,
       issued_on - whole_between(15, 45, u(i * 4 + k, 'exam')) AS exam_on, '合格' AS result
FROM certificate WHERE issued_on >= last_year()
UNION ALL
SELECT register_no('KS', i * 8 + 7), person_id, occupation_code, r.name,
       CASE WHEN u(i, 'exam result') < 0.6 THEN day_between(last_year(), the_day_before(), u(i, 'exam day'))
            ELSE cal.as_of() + whole_between(5, 80, u(i, 'exam day')) END,
       CASE WHEN u(i, 'exam result') < 0.6 THEN '不合格' ELSE '待考' END
FROM worker w JOIN cal.rank r ON r.number = least(w.rank_number + 1, 5)
WHERE u(i, 'exam') < cal.exam_share()
