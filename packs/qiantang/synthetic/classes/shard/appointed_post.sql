WITH posts AS (
  SELECT *, CASE WHEN rank_number = 1 AND u(i, 'post') < cal.apprentice_post() THEN '学徒工'
                 WHEN rank_number = 5 AND u(i, 'post') < cal.chief_post() THEN '首席技师'
                 WHEN rank_number = 5
                     AND u(i, 'post') < cal.chief_post() + cal.special_post() THEN '特级技师' END AS post,
         day_between(last_year() - 300, the_day_before(), u(i, 'appointed')) AS valid_from
  FROM worker WHERE career = 'steady'
)
SELECT register_no('PR', i) AS appointment_no, person_id, enterprise_id, post, valid_from,
       CASE WHEN u(i, 'post ends') < 0.6 THEN years_later(valid_from, 3) - 1 END AS valid_to
FROM posts WHERE post IS NOT NULL
