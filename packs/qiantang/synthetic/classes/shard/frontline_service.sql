WITH served AS (
  SELECT *, day_between(DATE '2022-01-20', DATE '2022-11-20', u(i, 'frontline on')) AS valid_from
  FROM worker WHERE u(i, 'frontline') < cal.frontline_share()
)
SELECT register_no('YX', i) AS record_no, person_id,
       ['核酸采样协助', '物资保供', '社区值守', '转运司机'][whole_between(1, 4, u(i, 'duty'))] AS duty, valid_from,
       CASE WHEN u(i, 'frontline ended') < 0.9
           THEN valid_from + whole_between(3, 30, u(i, 'frontline days')) END AS valid_to
FROM served
