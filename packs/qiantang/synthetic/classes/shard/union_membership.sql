WITH members AS (
  SELECT *, greatest(years_later(birth_date, 18),
         day_between(registered_on, the_day_before(), pow(u(i, 'joined union'), 2))) AS joined_on
  FROM worker WHERE u(i, 'union') < cal.union_share()
)
SELECT register_no('GH', i) AS membership_no, person_id, '示例企业' || printf('%04d', e) || '工会' AS union_name,
       CASE WHEN u(i, 'union place') < cal.union_home() THEN cal.district_code()
           ELSE '330109' END AS district_code, joined_on,
       CASE WHEN u(i, 'left union') < cal.union_left()
           THEN day_between(joined_on, the_day_before(), u(i, 'left union on')) END AS left_on
FROM members
