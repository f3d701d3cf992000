WITH items AS (
  SELECT worker,
    [0, points.rank_1, points.rank_2, points.rank_3, points.rank_4, points.rank_5][certificate_rank + 1] AS certificate,
    [0, points.education_1, points.education_2, points.education_3, points.education_4, points.education_5][education_rank + 1]
      AS education,
    professional_title_rank * points.title_step AS title,
    least(training_hours_last_year // points.hours_per_point, points.training_cap) AS training,
    [0, points.contest_1, points.contest_2, points.contest_3, points.contest_4, points.contest_5][contest_level + 1] AS contest,
    least((pension_months // 12) * points.insured_per_year, points.insured_cap) AS insured,
    [0, points.honour_1, points.honour_2, points.honour_3, points.honour_4, points.honour_5][honour_level + 1] AS honour,
    least(innovation_results * points.innovation_each, points.innovation_cap) AS innovation,
    least(invention_patents * points.invention_each + other_patents * points.patent_each, points.patent_cap) AS patent,
    [0, points.studio_1, points.studio_2, points.studio_3, points.studio_4, points.studio_5][studio_level + 1] AS studio,
    least(operation_methods * points.method_each, points.method_cap) AS method,
    least(apprentices * points.apprentice_each, points.apprentice_cap) AS mentoring,
    least(firm_visits * points.visit_each, points.visit_cap) AS visits,
    flag(frontline_service, points.frontline) AS frontline,
    least(residence_years * points.residence_per_year, points.residence_cap) AS residence,
    flag(union_member, points.union) AS in_union,
    least(floor(volunteer_hours_last_year * points.volunteer_per_hour), points.volunteer_cap) AS volunteering,
    flag(party_member, points.party) AS party,
    flag(family_here, points.family) AS family
  FROM worker
), dimensions AS (
  SELECT *,
    least(coalesce(certificate, 0) + coalesce(education, 0) + coalesce(title, 0) + coalesce(training, 0)
          + coalesce(contest, 0), points.growth_cap)::INT AS points_growth,
    least(coalesce(insured, 0) + coalesce(honour, 0) + coalesce(innovation, 0) + coalesce(patent, 0) + coalesce(studio, 0)
          + coalesce(method, 0) + coalesce(mentoring, 0) + coalesce(visits, 0) + frontline, points.contribution_cap)::INT
      AS points_contribution,
    least(coalesce(residence, 0) + in_union + coalesce(volunteering, 0) + party + family, points.belonging_cap)::INT
      AS points_belonging
  FROM items
)
SELECT *, points_growth + points_contribution + points_belonging AS points_total FROM dimensions
