WITH cases AS (
  SELECT *, cal.pick_hardship(u(i, 'hardship kind')) AS kind,
         day_between(cal.first_month(), the_day_before(), u(i, 'hardship on')) AS valid_from
  FROM worker WHERE u(i, 'hardship') < cal.hardship_share()
)
SELECT register_no('KN', i) AS case_no, person_id, kind,
       CASE WHEN u(i, 'aided') < 0.6
           THEN money(cal.hardship_aid(kind) * (0.5 + u(i, 'aid')), 100) END AS aid_amount, valid_from,
       CASE WHEN u(i, 'hardship ends') < 0.5 THEN (valid_from + INTERVAL 12 MONTH)::DATE - 1 END AS valid_to
FROM cases
