WITH checked AS (
  SELECT *,
    contract_active AS ia0,
    insured_streak_months >= innovation.min_insured_months AS ia1,
    recent_innovation_level >= innovation.min_result_level OR recent_invention_patents >= innovation.min_patents
      OR recent_studio_level >= innovation.min_studio_level AS ia2,
    ia0 AND ia1 AND ia2 AS ia,

    industrial_worker AS pr0,
    insured_streak_months >= public_rental.min_insured_months AS pr1,
    CASE WHEN household_income_reported THEN household_income_per_head WHEN NOT household_income_reported THEN annual_pay END
      <= public_rental.max_annual_income AS pr2,
    NOT housing_supported AS pr3,
    pr0 AND pr1 AND pr2 AND pr3 AS pr,

    union_member AS re0,
    insured_streak_months >= recuperation.min_insured_months AS re1,
    certificate_rank >= recuperation.min_rank OR honour_level >= recuperation.min_honour_level AS re2,
    recuperations_recent <= recuperation.max_recent_trips AS re3,
    re0 AND re1 AND re2 AND re3 AS re,

    certificate_rank >= rental.min_rank AS rd1,
    insured_streak_months >= rental.min_insured_months AS rd2,
    industrial_worker AND rd1 AND rd2 AND NOT housing_supported AS rd,

    nominated_craftsman OR gold_worker OR high_level_talent OR craftsman_level >= shared_home.craftsman_level AS so0,
    insured_streak_months >= shared_home.min_insured_months AS so2,
    NOT owns_shared_home AS so3,
    so0 AND contract_active AND so2 AND so3 AS so,

    shortage_certificate_rank >= shortage.min_rank AS sa2,
    insured_streak_months >= shortage.min_insured_months AS sa3,
    industrial_worker AND shortage_occupation AND sa2 AND sa3 AS sa,

    enterprise_certified_rank >= allowance.min_rank AS al1,
    skill_allowance_monthly >= agreed_skill_allowance AS al3,
    employer_accredited AND al1 AND grade_wage_covered AND al3 AS al,

    certificate_rank >= transit.min_rank AS tr1,
    insured_streak_months >= transit.min_insured_months AS tr3,
    industrial_worker AND tr1 AND resident AND tr3 AS tr
  FROM worker
)
SELECT worker,
  said(ia) AS innovation_award_verdict,
  flag(ia0, 1) + flag(ia1, 2) + flag(ia2, 4) AS innovation_award_mask,
  given(ia, CASE WHEN recent_studio_level >= innovation.high_level THEN innovation.studio_high_amount
                 WHEN recent_studio_level >= innovation.min_studio_level THEN innovation.studio_amount
                 WHEN recent_invention_patents >= innovation.min_patents THEN innovation.patent_amount
                 WHEN recent_innovation_level >= innovation.high_level THEN innovation.result_high_amount
                 ELSE innovation.result_amount END) AS innovation_award_amount,
  said(pr) AS public_rental_verdict,
  flag(pr0, 1) + flag(pr1, 2) + flag(pr2, 4) + flag(pr3, 8) AS public_rental_mask,
  said(re) AS recuperation_verdict,
  flag(re0, 1) + flag(re1, 2) + flag(re2, 4) + flag(re3, 8) AS recuperation_mask,
  given(re, CASE WHEN craftsman_level >= recuperation.honoured_level OR model_worker_level >= recuperation.honoured_level
                 THEN recuperation.honoured_days ELSE recuperation.days END * recuperation.daily_cost) AS recuperation_amount,
  said(rd) AS rental_discount_verdict,
  flag(industrial_worker, 1) + flag(rd1, 2) + flag(rd2, 4) + flag(NOT housing_supported, 8) AS rental_discount_mask,
  given(rd, rental.market_rent - rental.rent_share * rental.market_rent) AS rental_discount_amount,
  said(so) AS shared_ownership_verdict,
  flag(so0, 1) + flag(contract_active, 2) + flag(so2, 4) + flag(so3, 8) AS shared_ownership_mask,
  said(sa) AS shortage_award_verdict,
  flag(industrial_worker, 1) + flag(shortage_occupation, 2) + flag(sa2, 4) + flag(sa3, 8) AS shortage_award_mask,
  given(sa, CASE WHEN shortage_certificate_rank >= 5 THEN shortage.rank_5_amount
                 WHEN shortage_certificate_rank >= 4 THEN shortage.rank_4_amount
                 ELSE shortage.rank_3_amount END) AS shortage_award_amount,
  said(al) AS skill_allowance_verdict,
  flag(employer_accredited, 1) + flag(al1, 2) + flag(grade_wage_covered, 4) + flag(al3, 8) AS skill_allowance_mask,
  given(al, CASE WHEN enterprise_certified_rank >= allowance.high_rank
                 THEN least(allowance.high_share * skill_allowance_monthly, allowance.high_cap)
                 ELSE least(allowance.share * skill_allowance_monthly, allowance.cap) END) AS skill_allowance_amount,
  said(tr) AS transit_verdict,
  flag(industrial_worker, 1) + flag(tr1, 2) + flag(resident, 4) + flag(tr3, 8) AS transit_mask,
  given(tr, CASE WHEN certificate_rank >= transit.high_rank THEN transit.high_amount ELSE transit.amount END) AS transit_amount
FROM checked
