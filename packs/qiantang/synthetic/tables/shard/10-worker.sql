-- Workers: who they are and what they can do.
WITH drawn AS (
  SELECT i,
         CASE WHEN u(i, 'certified') < cal.certified_share() THEN cal.pick_rank(u(i, 'rank')) END AS rank,
         CASE WHEN u(i, 'sex') < cal.male_share() THEN '男' ELSE '女' END AS sex,
         cal.pick_occupation(u(i, 'occupation')) AS occupation_code,
         cal.pick_career(u(i, 'career')) AS career,
         cal.pick_household_place(u(i, 'place')) AS household_place,
         cal.pick_education(u(i, 'education')) AS education
  FROM range(first_worker(), last_worker() + 1) AS t(i)
), aged AS (
  SELECT *, coalesce(cal.rank_number(rank), 0) AS rank_number,
         greatest(coalesce(cal.rank_age(rank), 0) + 2, cal.age_youngest()) + 0.05 AS youngest,
         cal.as_of() - floor(365.2425 * (youngest
           + (cal.age_oldest() + 0.9 - youngest) * pow(u(i, 'age'), cal.age_skew())))::INTEGER AS birth_date
  FROM drawn
), placed AS (
  SELECT *, date_sub('year', birth_date, cal.as_of()) AS age,
         cal.household_place_migrant(household_place) = 1 AS migrant,
         CASE WHEN cal.occupation_industry(occupation_code) <> '' AND u(i, 'affinity') < cal.industry_affinity()
              THEN cal.occupation_industry(occupation_code)
              ELSE cal.pick_industry_workers(u(i, 'industry')) END AS industry
  FROM aged
), employed AS (
  SELECT p.*, b.first_enterprise + floor(b.enterprises * pow(u(i, 'enterprise'),
         cal.enterprise_skew()))::BIGINT AS e,
         b.first_enterprise + floor(b.enterprises * pow(u(i, 'next'), cal.enterprise_skew()))::BIGINT AS next_e
  FROM placed p JOIN industry_base b ON b.name = p.industry
)
SELECT w.i, nobody(w.i, birth_date, sex = '男', cal.worker_provinces()) AS person_id,
       '工人' || printf('%06d', w.i) AS name, sex, birth_date, age, household_place, migrant, education,
       rank, rank_number, occupation_code, career, w.industry, w.e, a.enterprise_id, a.scale,
       w.next_e, n.enterprise_id AS next_enterprise_id, a.pays_allowance, a.accredited_on,
       cal.pick_town(u(w.i, 'town')) AS town_code,
       greatest(birth_date + 6000,
           cal.as_of() - whole_between(120, 4500, u(w.i, 'registered')))::DATE AS registered_on,
       z(w.i, 'pay') AS pay_z,
       money(cal.base_wage() * coalesce(cal.rank_wage(rank), 0.85) * cal.industry_wage(w.industry)
             * exp(cal.wage_spread() * pay_z), 10) AS wage,
       rank_number >= 4 AS master,
       u(w.i, 'party') < cal.party_share() AND age >= 20 AS party,
       u(w.i, 'deputy') < cal.deputy_share() AND age >= 25 AS deputy,
       CASE WHEN deputy AND u(w.i, 'deputy post') >= cal.deputy_frontline() THEN '2-02-30-01' ELSE occupation_code END AS post_code
FROM employed w
JOIN enterprise_base a ON a.e = w.e
JOIN enterprise_base n ON n.e = w.next_e
ORDER BY w.i
