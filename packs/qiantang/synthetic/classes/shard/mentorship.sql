-- A master and the next junior of the same enterprise.
WITH workshop AS (
  SELECT *, lead(i) OVER door AS next_i, lead(person_id) OVER door AS apprentice_id,
         lead(rank_number) OVER door AS next_rank
  FROM worker WHERE career = 'steady'
  WINDOW door AS (PARTITION BY e ORDER BY u(i, 'workshop'), i)
), pairs AS (
  SELECT *, day_between(cal.first_month(), the_day_before() - 30, u(i, 'paired')) AS valid_from FROM workshop
  WHERE master AND next_rank <= 3 AND u(i, 'mentor') < cal.mentor_share() / 0.75
)
SELECT register_no('ST', i) AS pair_no, person_id AS mentor_id, apprentice_id, enterprise_id, valid_from,
       CASE WHEN u(i, 'pair ends') < 0.7
           THEN years_later(valid_from, whole_between(1, 3, u(i, 'pair years'))) END AS valid_to
FROM pairs
