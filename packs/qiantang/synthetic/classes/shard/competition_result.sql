SELECT register_no('JS', i) AS result_no, person_id,
       level || '级' || cal.occupation_name(occupation_code) || '技能竞赛' AS contest, level,
       whole_between(1, 20, pow(u(i, 'place'), 1.3)) AS place,
       day_between(cal.first_month(), the_day_before(), u(i, 'contest on')) AS held_on
FROM (SELECT *, cal.pick_level(u(i, 'contest level')) AS level FROM worker
      WHERE rank_number >= 2 AND u(i, 'contest') < cal.contest_share() / 0.75)
