SELECT register_no('JT', i) AS allowance_no, person_id, s.enterprise_id,
       (cal.rank_allowance(rank) + 50 * whole_between(0, 4, u(i, 'allowance')))::DECIMAL(12, 2) AS monthly_amount,
       greatest(s.from_day, DATE '2021-01-01' + whole_between(0, 500, u(s.e, 'allowance from'))) AS valid_from,
       NULL::DATE AS valid_to
FROM worker w JOIN spell s USING (i)
WHERE s.n = 1 AND s.to_month IS NULL AND w.pays_allowance AND w.rank_number >= 2 AND s.from_month < cal.last_month()
