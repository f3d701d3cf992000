WITH checked AS (
  SELECT *,
    contest_result_level >= contest.min_level AS c1,
    contest_place <= contest.last_place AS c2,
    contest_since <= contest.window_months AS c4,
    contract_active AND c1 AND c2 AND contest_is_best AND c4 AS holds
  FROM competition_result
)
SELECT competition_result,
  said(holds) AS contest_award_verdict,
  flag(contract_active, 1) + flag(c1, 2) + flag(c2, 4) + flag(contest_is_best, 8) + flag(c4, 16) AS contest_award_mask,
  given(holds, CASE WHEN contest_result_level >= 5 THEN contest.nation_amount
                    WHEN contest_result_level >= 4 THEN contest.province_amount
                    WHEN contest_result_level >= 3 THEN contest.city_amount
                    ELSE contest.district_amount END
             * CASE contest_place WHEN 1 THEN 1 WHEN 2 THEN contest.second_share ELSE contest.third_share END)
    AS contest_award_amount
FROM checked
