-- Four times as many began to certify in the last year as in the one before.
WITH occupations AS (
  SELECT *, unnest(range(1, 1 + whole_between(1, 4, u(e, 'accredited occupations')))) AS k FROM enterprise_base WHERE accredited
), chosen AS (
  SELECT *, cal.pick_occupation(u(e * 8 + k, 'accredited occupation')) AS occupation_code,
         CASE WHEN u(e, 'accredited year') < cal.accredited_this_year() THEN last_year() ELSE years_later(last_year(), -1) END
           + whole_between(0, 360, u(e, 'accredited on')) AS valid_from
  FROM occupations
)
SELECT register_no('BA', e * 8 + k) AS accreditation_no, enterprise_id, occupation_code,
       (SELECT name FROM cal.rank r WHERE r.number = whole_between(3, 5, u(e * 8 + k, 'top'))) AS top_level,
       valid_from, years_later(valid_from, 3) - 1 AS valid_to
FROM chosen QUALIFY row_number() OVER (PARTITION BY e, occupation_code ORDER BY k) = 1
