-- in the order of work_month
SELECT person_id, enterprise_id, month, gross, (gross * cal.net_share())::DECIMAL(12, 2) AS net,
       (month + INTERVAL 1 MONTH)::DATE - whole_between(1, 6, u(i, 'pay day')) AS paid_on
FROM work_month
