WITH checked AS (
  SELECT *,
    child_age BETWEEN schooling.min_age AND schooling.max_age AS s0,
    resident_months >= schooling.min_resident_months AS s2,
    s0 AND NOT local_hukou AND s2 AND contract_active AND NOT child_in_public_school AS school,
    child_age_months < childcare.age_months_below AS c0,
    insured_streak_months >= childcare.min_insured_months AS c3,
    c0 AND childcare_growth_station AND contract_active AND c3 AS care
  FROM child
)
SELECT child,
  said(school) AS child_schooling_verdict,
  flag(s0, 1) + flag(NOT local_hukou, 2) + flag(s2, 4) + flag(contract_active, 8) + flag(NOT child_in_public_school, 16)
    AS child_schooling_mask,
  said(care) AS childcare_verdict,
  flag(c0, 1) + flag(childcare_growth_station, 2) + flag(contract_active, 4) + flag(c3, 8) AS childcare_mask,
  given(care, CASE WHEN hardship_family
                   THEN least(childcare.hardship_share * childcare_monthly_fee, childcare.hardship_cap)
                   ELSE least(childcare.share * childcare_monthly_fee, childcare.cap) END) AS childcare_amount
FROM checked
