WITH filed AS (
  SELECT *, day_between(cal.first_month(), the_day_before(), u(i, 'filed')) AS filed_on,
         CASE WHEN u(i, 'in time') < cal.dispute_in_time() THEN whole_between(5, cal.dispute_days(), u(i, 'closed'))
              ELSE whole_between(cal.dispute_days() + 1, 120, u(i, 'closed')) END::INTEGER AS days
  FROM worker WHERE u(i, 'dispute') < cal.dispute_share() AND career <> 'flexible'
)
SELECT register_no('ZY', i) AS case_no, person_id, enterprise_id, filed_on, filed_on + cal.dispute_days() AS due_on,
       CASE WHEN filed_on + days < cal.as_of() THEN filed_on + days END AS closed_on,
       CASE WHEN filed_on + days < cal.as_of()
            THEN CASE WHEN u(i, 'outcome') < 0.7 THEN '调解' WHEN u(i, 'outcome') < 0.9 THEN '裁决'
                ELSE '撤回' END END AS outcome
FROM filed
