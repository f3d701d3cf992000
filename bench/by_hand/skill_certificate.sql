WITH checked AS (
  SELECT *,
    unemployment_months >= certificate.min_unemployment_months AS c1,
    certificate_since <= certificate.window_months AS c3,
    certificate_place_in_year <= certificate.max_per_year AS c4,
    contract_active AND c1 AND certificate_first AND c3 AND c4 AS holds
  FROM skill_certificate
)
SELECT skill_certificate,
  said(holds) AS certificate_reward_verdict,
  flag(contract_active, 1) + flag(c1, 2) + flag(certificate_first, 4) + flag(c3, 8) + flag(c4, 16) AS certificate_reward_mask,
  given(holds, CASE WHEN certificate_level >= 5 THEN certificate.rank_5_amount
                    WHEN certificate_level >= 4 THEN certificate.rank_4_amount
                    WHEN certificate_level >= 3 THEN certificate.rank_3_amount
                    WHEN certificate_level >= 2 THEN certificate.rank_2_amount
                    ELSE certificate.rank_1_amount END) AS certificate_reward_amount
FROM checked
