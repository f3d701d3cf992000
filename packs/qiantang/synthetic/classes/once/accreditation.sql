-- Four times as many began to certify in the last year as in the one before.
WITH occupations AS (
  SELECT enterprise_id, accredited_on, e * 8 + k AS n,
         cal.pick_occupation(u(e * 8 + k, 'accredited occupation')) AS occupation_code
  FROM enterprise_base, unnest(range(1, 1 + whole_between(1, 4, u(e, 'accredited occupations')))) AS t(k)
  WHERE accredited_on IS NOT NULL
)
SELECT register_no('BA', n) AS accreditation_no, enterprise_id, occupation_code, r.name AS top_level,
       accredited_on AS valid_from, years_later(accredited_on, 3) - 1 AS valid_to
FROM occupations JOIN cal.rank r ON r.number = whole_between(3, 5, u(n, 'top'))
QUALIFY row_number() OVER (PARTITION BY enterprise_id, occupation_code ORDER BY n) = 1
