SELECT person_id, day_between(years_later(birth_date, 19), the_day_before(), u(i, 'joined party')) AS joined_on,
       '示例企业' || printf('%04d', e) || '党支部' AS branch
FROM worker WHERE party
