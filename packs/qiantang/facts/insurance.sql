/*
subject: worker
facts:
  insured_streak_months:
    type: integer
    zh: 连续参保月数
    en: Consecutive insured months
    unit: month
    sources: [pension_contribution, medical_contribution, injury_contribution, unemployment_contribution]
    reading:
      zh: 养老、医疗、工伤、失业四险都缴才算一个月；连续指到申请前一个月为止没有缺月；补缴晚于三个月的月份不算；最多数到 126 个月
      en: A month counts if all four insurances are paid; consecutive means no missing month in the run that ends in the month before the application; a month paid more than three months late does not count; counted up to 126 months
  insured_last_month:
    type: boolean
    zh: 上月四险齐全
    en: All four insurances paid last month
    sources: [pension_contribution, medical_contribution, injury_contribution, unemployment_contribution]
  medical_streak_months: {type: integer, zh: 连续医保月数, en: Consecutive months of medical insurance, unit: month, sources: [medical_contribution]}
  pension_months:
    type: integer
    zh: 养老累计缴费月数
    en: Months of pension paid in all
    unit: month
    sources: [pension_contribution]
    reading:
      zh: 累计月数包括补缴；经办机构报有累计数的，以两者较大的为准
      en: Back-paid months count; where the agency reports a total, the larger of the two
  unemployment_months: {type: integer, zh: 失业保险累计缴费月数, en: Months of unemployment insurance paid in all, unit: month, sources: [unemployment_contribution]}
  housing_fund_streak_months: {type: integer, zh: 连续缴存公积金月数, en: Consecutive months of housing fund, unit: month, sources: [housing_fund_deposit]}
  housing_fund_months: {type: integer, zh: 公积金累计缴存月数, en: Months of housing fund in all, unit: month, sources: [housing_fund_deposit]}
*/
-- Each class is read once, whatever dates are asked: its months become bits of one number per person. Bit 0 is the
-- newest month anybody asks about (the month before the latest as_of), bit 1 the month before it, up to bit 125.
-- For an earlier date the number is shifted right, so that bit 0 is again the month before that date. The months of an
-- unbroken run are then its trailing ones: x XOR (x + 1) sets exactly those and one more.
WITH newest AS (
  SELECT max(year(as_of) * 12 + month(as_of)) - 1 AS bit0 FROM asked
), pension AS (
  SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
         bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted, max(cumulative_months) AS total
  FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
               paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
        FROM pension_contribution, newest)
  WHERE place BETWEEN 0 AND 125 GROUP BY person_id
), medical AS (
  SELECT person_id, bit_or(1::HUGEINT << place) AS counted
  FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
               paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
        FROM medical_contribution, newest)
  WHERE in_time AND place BETWEEN 0 AND 125 GROUP BY person_id
), injury AS (
  SELECT person_id, bit_or(1::HUGEINT << place) AS counted
  FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
               paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
        FROM injury_contribution, newest)
  WHERE in_time AND place BETWEEN 0 AND 125 GROUP BY person_id
), unemployment AS (
  SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
         bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted, max(cumulative_months) AS total
  FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
               paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
        FROM unemployment_contribution, newest)
  WHERE place BETWEEN 0 AND 125 GROUP BY person_id
), fund AS (
  SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
         bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted, max(cumulative_months) AS total
  FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
               paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
        FROM housing_fund_deposit, newest)
  WHERE place BETWEEN 0 AND 125 GROUP BY person_id
), first_month AS (
  -- Before the first month ever delivered nothing is known of anybody.
  SELECT (SELECT min(month) FROM pension_contribution) AS pension,
         (SELECT min(month) FROM medical_contribution) AS medical,
         (SELECT min(month) FROM injury_contribution) AS injury,
         (SELECT min(month) FROM unemployment_contribution) AS unemployment,
         (SELECT min(month) FROM housing_fund_deposit) AS fund
), shifted AS (
  -- The registers are complete: a person without a record has paid nothing, which is a zero, not a gap in the data.
  SELECT worker, as_of, date_trunc('month', as_of) - INTERVAL 1 MONTH AS newest_month,
         coalesce(pension.counted, 0) >> shift AS pension, coalesce(medical.counted, 0) >> shift AS medical,
         coalesce(injury.counted, 0) >> shift AS injury, coalesce(unemployment.counted, 0) >> shift AS unemployment,
         coalesce(fund.counted, 0) >> shift AS fund,
         -- A reported total holds for the newest month; on an earlier date the months since then are taken off.
         greatest(coalesce(pension.total, 0) - bit_count(coalesce(pension.paid, 0) & since), 
                  bit_count(coalesce(pension.paid, 0) >> shift)) AS pension_months,
         greatest(coalesce(unemployment.total, 0) - bit_count(coalesce(unemployment.paid, 0) & since),
                  bit_count(coalesce(unemployment.paid, 0) >> shift)) AS unemployment_months,
         greatest(coalesce(fund.total, 0) - bit_count(coalesce(fund.paid, 0) & since),
                  bit_count(coalesce(fund.paid, 0) >> shift)) AS fund_months
  FROM (SELECT asked.*, least(bit0 + 1 - year(as_of) * 12 - month(as_of), 126)::INTEGER AS shift,
               (1::HUGEINT << shift) - 1 AS since
        FROM asked, newest)
  LEFT JOIN pension ON pension.person_id = worker
  LEFT JOIN medical ON medical.person_id = worker
  LEFT JOIN injury ON injury.person_id = worker
  LEFT JOIN unemployment ON unemployment.person_id = worker
  LEFT JOIN fund ON fund.person_id = worker
), counted AS (
  SELECT *, pension & medical & injury & unemployment AS all_four FROM shifted
)
SELECT c.worker, c.as_of,
       CASE WHEN newest_month >= greatest(first.pension, first.medical, first.injury, first.unemployment)
            THEN bit_count(xor(all_four, all_four + 1)) - 1 END::INTEGER AS insured_streak_months,
       CASE WHEN newest_month >= greatest(first.pension, first.medical, first.injury, first.unemployment)
            THEN all_four & 1 = 1 END AS insured_last_month,
       CASE WHEN newest_month >= first.medical
            THEN bit_count(xor(c.medical, c.medical + 1)) - 1 END::INTEGER AS medical_streak_months,
       CASE WHEN newest_month >= first.pension THEN pension_months END::INTEGER AS pension_months,
       CASE WHEN newest_month >= first.unemployment THEN unemployment_months END::INTEGER AS unemployment_months,
       CASE WHEN newest_month >= first.fund
            THEN bit_count(xor(c.fund, c.fund + 1)) - 1 END::INTEGER AS housing_fund_streak_months,
       CASE WHEN newest_month >= first.fund THEN fund_months END::INTEGER AS housing_fund_months
FROM counted c, first_month first
