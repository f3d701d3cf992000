SELECT person_id, name, sex, birth_date, household_place, registered_on,
       CASE WHEN u(i, 'mobile') < 0.97 THEN cal.mobile_prefix() || printf('%08d', i) END AS mobile,
       '居民身份证' AS paper_kind, NULL::VARCHAR AS main_id
FROM worker
