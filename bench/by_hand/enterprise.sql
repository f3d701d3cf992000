WITH checked AS (
  SELECT *,
    enterprise_since <= startup.max_months AS c1,
    enterprise_insured >= startup.min_insured_people AS c2,
    enterprise_arrears_open = 0 AS c3,
    enterprise_startup AND c1 AND c2 AND c3 AS holds
  FROM enterprise
)
SELECT enterprise,
  said(holds) AS startup_verdict,
  flag(enterprise_startup, 1) + flag(c1, 2) + flag(c2, 4) + flag(c3, 8) AS startup_mask,
  given(holds, CASE WHEN enterprise_certified >= startup.team_size THEN startup.team_amount ELSE startup.amount END)
    AS startup_amount
FROM checked
