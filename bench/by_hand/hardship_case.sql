WITH checked AS (
  SELECT *,
    union_member OR industrial_worker AS c0,
    hardship_since <= hardship.window_months AS c3,
    c0 AND hardship_open AND hardship_case_is_latest AND c3 AS holds
  FROM hardship_case
)
SELECT hardship_case,
  said(holds) AS hardship_verdict,
  flag(c0, 1) + flag(hardship_open, 2) + flag(hardship_case_is_latest, 4) + flag(c3, 8) AS hardship_mask,
  given(holds, rest(CASE WHEN hardship_kind IN ('大病', '意外') THEN hardship.illness_standard
                         WHEN hardship_kind = '低保' THEN hardship.subsistence_standard
                         WHEN hardship_kind = '低保边缘' THEN hardship.marginal_standard
                         ELSE hardship.other_standard END, hardship_aid)) AS hardship_amount
FROM checked
