SELECT register_no('ZL', i) AS patent_no, person_id, cal.pick_patent(u(i, 'patent kind')) AS kind,
       day_between(cal.first_month(), the_day_before(), u(i, 'granted')) AS granted_on
FROM worker WHERE u(i, 'patent') < cal.patent_share() * CASE WHEN rank_number >= 3 THEN 1.6 ELSE 0.45 END
