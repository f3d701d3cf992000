WITH checked AS (
  SELECT *,
    honour_title IN honour_award.titles AS c1,
    honour_since <= honour_award.window_months AS c3,
    contract_active AND c1 AND honour_in_force AND c3 AND honour_is_highest AS holds
  FROM honour
)
SELECT honour,
  said(holds) AS craftsman_honour_verdict,
  flag(contract_active, 1) + flag(c1, 2) + flag(honour_in_force, 4) + flag(c3, 8) + flag(honour_is_highest, 16)
    AS craftsman_honour_mask,
  given(holds, CASE WHEN honour_title IN honour_award.star_titles THEN honour_award.star_amount
                    WHEN honour_award_level >= 5 THEN honour_award.nation_amount
                    WHEN honour_award_level >= 4 THEN honour_award.province_amount
                    WHEN honour_award_level >= 3 THEN honour_award.city_amount
                    WHEN honour_award_level >= 2 THEN honour_award.district_amount END) AS craftsman_honour_amount
FROM checked
