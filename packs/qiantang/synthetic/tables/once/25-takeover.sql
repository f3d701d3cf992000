-- A few enterprises got a new code in the last two years: by a merger, a new name or a move of their registration.
SELECT e, enterprise_id, credit_code(cal.credit_division(), 400000 + e) AS former_id, founded_on,
       years_later(last_year(), -1) + whole_between(30, 690, u(e, 'taken over')) AS taken_over_on
FROM enterprise_base WHERE one_in(e, cal.succession_share(), 'succession') ORDER BY e
