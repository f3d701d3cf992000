-- Enterprises: within an industry the first have the most workers. Who certifies levels has agreed what they are worth, and
-- who agreed pays for them; so accreditations are drawn among agreements, and a few others pay an allowance too.
WITH listed AS (
  SELECT first_enterprise + k - 1 AS e, i.name AS industry, k - 1 AS place, i.enterprises, worker_share
  FROM industry_base i, unnest(range(1, i.enterprises + 1)) AS t(k)
), sized AS (
  SELECT *, workers() * worker_share * (pow((place + 1) / enterprises, 1 / cal.enterprise_skew())
              - pow(place / enterprises, 1 / cal.enterprise_skew())) AS skilled
  FROM listed
), agreed AS (
  SELECT *, one_in(e, cal.agreement_share(), 'agreement') AS has_agreement FROM sized
), counted AS (
  SELECT *, row_number() OVER (PARTITION BY has_agreement ORDER BY e) AS among FROM agreed
)
SELECT e, credit_code(cal.credit_division(), e) AS enterprise_id, industry,
       CASE WHEN row_number() OVER (ORDER BY skilled DESC, e)
                 <= round(count(*) OVER () * cal.above_scale() / cal.enterprises()) THEN '规上'
                     ELSE '规下' END AS scale,
       cal.pick_town(u(e, 'enterprise town')) AS town_code,
       greatest(round(skilled * cal.employees_per_skilled() * (0.85 + 0.3 * u(e, 'employees'))),
           1)::BIGINT AS employees,
       day_between(DATE '1998-01-01', DATE '2020-12-01', sqrt(u(e, 'founded'))) AS founded_on,
       has_agreement,
       has_agreement OR one_in(among, (cal.allowance_share() - cal.agreement_share()) / (1 - cal.agreement_share()),
           'allowance') AS pays_allowance,
       CASE WHEN has_agreement AND one_in(among, cal.accredited_share() / cal.agreement_share(), 'accredited') THEN
         years_later(last_year(), CASE WHEN u(e, 'accredited year') < cal.accredited_this_year() THEN 0 ELSE -1 END)
         + whole_between(0, 360, u(e, 'accredited on')) END AS accredited_on
FROM counted ORDER BY e
