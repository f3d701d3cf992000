-- Where the firm has got a new code meanwhile, the contract was made anew on that day.
WITH term AS (
  SELECT s.i, s.n, w.person_id, s.enterprise_id, w.post_code AS occupation_code, s.from_day,
         coalesce(s.to_day, CASE WHEN u(s.i, 'fixed term') < cal.fixed_term_share()
                                 THEN years_later(cal.as_of(), 1) + whole_between(-300, 700,
                                     u(s.i, 'term end')) END) AS to_day,
         w.wage, t.former_id, t.taken_over_on
  FROM spell s JOIN worker w ON w.i = s.i
  LEFT JOIN takeover t ON t.e = s.e AND s.from_day < t.taken_over_on
   AND t.taken_over_on <= coalesce(s.to_day, t.taken_over_on)
  WHERE u(s.i, 'contract') >= cal.no_contract_share()
)
SELECT register_no('HT', i * 2 + n - 1) AS contract_no, person_id, enterprise_id, occupation_code,
       coalesce(taken_over_on, from_day) AS valid_from, to_day AS valid_to, wage AS monthly_wage
FROM term
UNION ALL
SELECT register_no('HG', i * 2 + n - 1), person_id, former_id, occupation_code, from_day,
       (taken_over_on - 1)::DATE, wage
FROM term WHERE former_id IS NOT NULL
