SELECT register_no('NJ', e) AS agreement_no, r.name AS grade, enterprise_id,
       money(3200 * r.wage * cal.industry_wage(industry), 10) AS minimum_wage,
       r.allowance::DECIMAL(12, 2) AS skill_allowance,
       DATE '2021-03-01' + whole_between(0, 600, u(e, 'agreement from')) AS valid_from,
       years_later(DATE '2021-03-01' + whole_between(0, 600, u(e, 'agreement from')), 3) - 1 AS valid_to
FROM enterprise_base, cal.rank r WHERE has_agreement
