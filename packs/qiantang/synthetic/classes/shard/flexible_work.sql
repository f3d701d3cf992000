SELECT register_no('XY', i) AS registration_no, person_id,
       '示例平台' || substr('甲乙丙', whole_between(1, 3, u(i, 'platform')), 1) AS platform,
       cal.pick_flexible_occupation(u(i, 'flexible occupation')) AS occupation_code,
       greatest(registered_on, DATE '2020-06-01' + whole_between(0, 900, u(i, 'flexible from'))) AS valid_from,
       NULL::DATE AS valid_to
FROM worker WHERE career = 'flexible'
