WITH checked AS (
  SELECT *,
    certificate_rank >= vehicle.min_rank OR shortage_occupation AS c1,
    insured_streak_months >= vehicle.min_insured_months AS c2,
    vehicle_since <= vehicle.window_months AS c3,
    vehicle_first_car AND c1 AND c2 AND c3 AS holds
  FROM vehicle
)
SELECT vehicle,
  said(holds) AS vehicle_verdict,
  flag(vehicle_first_car, 1) + flag(c1, 2) + flag(c2, 4) + flag(c3, 8) AS vehicle_mask,
  given(holds, CASE WHEN vehicle_made_here THEN least(vehicle.local_share * vehicle_price, vehicle.local_cap)
                    ELSE least(vehicle.other_share * vehicle_price, vehicle.other_cap) END) AS vehicle_amount
FROM checked
