SELECT person_id, name, sex, birth_date, household_place, registered_on,
       CASE WHEN u(i, 'died') < cal.died_share() THEN cal.as_of() - whole_between(1, 60, u(i, 'died on')) END AS died_on,
       CASE WHEN u(i, 'departed') < cal.departed_share()
            THEN greatest(registered_on, cal.as_of() - whole_between(1, 90, u(i, 'departed on'))) END AS departed_on,
       CASE WHEN u(i, 'mobile') < 0.97 THEN cal.mobile_prefix() || printf('%08d', i) END AS mobile,
       '居民身份证' AS paper_kind, NULL::VARCHAR AS main_id
FROM worker
