-- Some moved between towns, some let the registration run out.
WITH timed AS (
  SELECT *, u(i, 'moved home') < cal.moved_residence() AS moved,
         day_between(registered_on + 30, the_day_before() - 60, u(i, 'moved home on')) AS moved_on
  FROM worker
)
SELECT register_no('JZ', i * 2) AS registration_no, person_id,
       CASE WHEN moved THEN cal.pick_town(u(i, 'earlier town')) ELSE town_code END AS town_code,
       registered_on AS valid_from,
       CASE WHEN moved THEN moved_on - 1
            WHEN u(i, 'expired') < cal.expired_residence()
                THEN greatest(registered_on, the_day_before() - whole_between(5, 300, u(i, 'expired on')))
       END AS valid_to
FROM timed
UNION ALL
SELECT register_no('JZ', i * 2 + 1), person_id, town_code, moved_on, NULL FROM timed WHERE moved
