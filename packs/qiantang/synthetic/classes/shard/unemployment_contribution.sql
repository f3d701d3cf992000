-- in the order of work_month
SELECT person_id, month, enterprise_id, base,
       (base * cal.contribution_rate('unemployment'))::DECIMAL(12, 2) AS amount,
       paid_on, cumulative_months
FROM work_month WHERE insured
