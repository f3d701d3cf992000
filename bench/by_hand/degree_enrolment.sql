WITH checked AS (
  SELECT *,
    degree_level = 'associate' AS associate,
    degree_level = 'bachelor' AS bachelor,
    insured_streak_months >= degree.min_insured_months AS insured,
    age BETWEEN degree.min_age AND degree.max_age AS of_age,
    union_member AND insured AND of_age AND industrial_worker AND designated_school AS fit,
    flag(union_member, 2) + flag(insured, 4) + flag(of_age, 8) + flag(industrial_worker, 16) + flag(designated_school, 32) AS bits
  FROM degree_enrolment
)
SELECT degree_enrolment,
  said(associate AND fit) AS degree_associate_verdict,
  flag(associate, 1) + bits AS degree_associate_mask,
  given(associate AND fit,
    CASE WHEN certificate_rank >= degree.full_certificate_rank OR craftsman_level >= degree.full_craftsman_level
              OR model_worker_level >= degree.associate_full_model_worker_level
              OR may1_medal_level >= degree.associate_full_may1_level
         THEN rest(discounted_tuition, paid_before)
         ELSE rest(least(degree.associate_share * discounted_tuition, degree.associate_cap), paid_before) END
  ) AS degree_associate_amount,
  said(bachelor AND fit) AS degree_bachelor_verdict,
  flag(bachelor, 1) + bits AS degree_bachelor_mask,
  given(bachelor AND fit,
    CASE WHEN graduated AND (certificate_rank >= degree.full_certificate_rank
              OR craftsman_level >= degree.full_craftsman_level OR may1_medal_level >= degree.bachelor_full_may1_level
              OR excellent_party_member_level >= degree.bachelor_full_party_level OR frontline_service)
         THEN rest(discounted_tuition, paid_before)
         WHEN graduated AND certificate_rank >= degree.bachelor_share_rank
              AND (degree.bachelor_share * discounted_tuition >= degree.bachelor_lottery_amount OR NOT lottery_won)
         THEN rest(degree.bachelor_share * discounted_tuition, paid_before)
         WHEN lottery_won THEN rest(least(degree.bachelor_lottery_amount, discounted_tuition), paid_before)
         ELSE 0 END
  ) AS degree_bachelor_amount
FROM checked
