SELECT register_no('HT', s.i * 2 + s.n - 1) AS contract_no, w.person_id, s.enterprise_id, w.post_code AS occupation_code,
       s.from_day AS valid_from,
       coalesce(s.to_day, CASE WHEN u(s.i, 'fixed term') < cal.fixed_term_share()
                               THEN years_later(cal.as_of(), 1) + whole_between(-300, 700,
                                   u(s.i, 'term end')) END) AS valid_to,
       w.wage AS monthly_wage
FROM spell s JOIN worker w ON w.i = s.i
WHERE u(s.i, 'contract') >= cal.no_contract_share()
