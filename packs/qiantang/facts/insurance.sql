/*
subject: worker
facts:
  insured_streak_months:
    type: integer
    zh: 连续参保月数
    en: Consecutive insured months
    unit: month
    range: true
    rises: [pension_contribution, medical_contribution, injury_contribution, unemployment_contribution]
    reading:
      zh: 养老、医疗、工伤、失业四险都缴才算一个月；连续指到四险都已报齐的最近一个月为止没有缺月；补缴晚于三个月的月份不算；最多数到 126 个月；整月没有报来的月份不算断，只算“至少”；两家单位同月都缴仍算一个月，全额退回的月份不算
      en: A month counts if all four insurances are paid; consecutive means no missing month in the run that ends in the newest month that is in for all four; a month paid more than three months late does not count; counted up to 126 months; a month that was never delivered breaks no run, it makes the count an “at least”; a month paid by two employers is one month, one refunded in full is none
  insured_last_month:
    type: boolean
    zh: 最近一个月四险齐全
    en: All four insurances paid in the newest month
    rises: [pension_contribution, medical_contribution, injury_contribution, unemployment_contribution]
    reading:
      zh: 四险都已报齐的最近一个月；该月超过报送时限的视为未知
      en: The newest month that is in for all four insurances; not known once it is older than they may be late
  medical_streak_months: {type: integer, zh: 连续医保月数, en: Consecutive months of medical insurance, unit: month, range: true, rises: [medical_contribution], shown: true}
  pension_months:
    type: integer
    zh: 养老累计缴费月数
    en: Months of pension paid in all
    unit: month
    range: true
    reading:
      zh: 以经办机构报的累计月数为准，加上其后所缴的月份；没有报累计数的，只知道至少缴了多少个月
      en: The total the agency reports, and the months paid after it; where it reports none, only how many months at least
  unemployment_months: {type: integer, zh: 失业保险累计缴费月数, en: Months of unemployment insurance paid in all, unit: month, range: true}
  housing_fund_streak_months: {type: integer, zh: 连续缴存公积金月数, en: Consecutive months of housing fund, unit: month, range: true, rises: [housing_fund_deposit]}
  housing_fund_months: {type: integer, zh: 公积金累计缴存月数, en: Months of housing fund in all, unit: month, range: true, shown: true}
*/
-- Each class is read once, whatever dates are asked: its months become bits of one number per person. Bit 0 is the
-- newest month anybody asks about (the month before the latest as_of), bit 1 the month before it, up to bit 125.
-- For an earlier reckoning the number is shifted right, so that bit 0 is the month to which it is counted. The months
-- of an unbroken run are then its trailing ones: x XOR (x + 1) sets exactly those and one more. Months that are not
-- covered are ones in ``open``: nobody knows whether they were paid, so a run is at least the ones that are recorded,
-- and at most those and the open ones; where it reaches the end of what is counted, no limit is known.
WITH newest AS (
  SELECT max(year(as_of) * 12 + month(as_of)) - 1 AS bit0 FROM asked
), every AS (
  SELECT (1::HUGEINT << 126) - 1 AS month
), open AS (
  -- For each class the months that are not covered.
  SELECT data_class, xor(any_value(every.month), bit_or(CASE WHEN place BETWEEN 0 AND 125 THEN 1::HUGEINT << place ELSE 0::HUGEINT END)) AS months
  FROM (SELECT data_class, (bit0 - year(month) * 12 - month(month))::INTEGER AS place FROM covered_months, newest), every
  GROUP BY data_class
), pension AS (
  SELECT paid_in.person_id, xor(paid, paid & coalesce(months, 0)) AS paid,
         xor(counted, counted & coalesce(months, 0)) AS counted, place, total
  FROM (
    SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
           bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted,
           min(place) FILTER (WHERE cumulative_months IS NOT NULL) AS place, arg_min(cumulative_months, place * 1000 - cumulative_months) AS total
    FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
                 paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
          FROM pension_contribution, newest)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) paid_in LEFT JOIN (
    SELECT person_id, bit_or(1::HUGEINT << place) AS months
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place
          FROM pension_contribution, newest
          WHERE person_id IN (SELECT person_id FROM pension_contribution WHERE amount < 0)
          GROUP BY ALL HAVING min(amount) < 0 AND sum(amount) <= 0)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) back ON back.person_id = paid_in.person_id
), medical AS (
  SELECT paid_in.person_id, xor(counted, counted & coalesce(months, 0)) AS counted
  FROM (
    SELECT person_id, bit_or(1::HUGEINT << place) AS counted
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
                 paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
          FROM medical_contribution, newest)
    WHERE in_time AND place BETWEEN 0 AND 125 GROUP BY person_id
  ) paid_in LEFT JOIN (
    SELECT person_id, bit_or(1::HUGEINT << place) AS months
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place
          FROM medical_contribution, newest
          WHERE person_id IN (SELECT person_id FROM medical_contribution WHERE amount < 0)
          GROUP BY ALL HAVING min(amount) < 0 AND sum(amount) <= 0)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) back ON back.person_id = paid_in.person_id
), injury AS (
  SELECT paid_in.person_id, xor(counted, counted & coalesce(months, 0)) AS counted
  FROM (
    SELECT person_id, bit_or(1::HUGEINT << place) AS counted
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
                 paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
          FROM injury_contribution, newest)
    WHERE in_time AND place BETWEEN 0 AND 125 GROUP BY person_id
  ) paid_in LEFT JOIN (
    SELECT person_id, bit_or(1::HUGEINT << place) AS months
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place
          FROM injury_contribution, newest
          WHERE person_id IN (SELECT person_id FROM injury_contribution WHERE amount < 0)
          GROUP BY ALL HAVING min(amount) < 0 AND sum(amount) <= 0)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) back ON back.person_id = paid_in.person_id
), unemployment AS (
  SELECT paid_in.person_id, xor(paid, paid & coalesce(months, 0)) AS paid,
         xor(counted, counted & coalesce(months, 0)) AS counted, place, total
  FROM (
    SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
           bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted,
           min(place) FILTER (WHERE cumulative_months IS NOT NULL) AS place, arg_min(cumulative_months, place * 1000 - cumulative_months) AS total
    FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
                 paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
          FROM unemployment_contribution, newest)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) paid_in LEFT JOIN (
    SELECT person_id, bit_or(1::HUGEINT << place) AS months
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place
          FROM unemployment_contribution, newest
          WHERE person_id IN (SELECT person_id FROM unemployment_contribution WHERE amount < 0)
          GROUP BY ALL HAVING min(amount) < 0 AND sum(amount) <= 0)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) back ON back.person_id = paid_in.person_id
), fund AS (
  SELECT paid_in.person_id, xor(paid, paid & coalesce(months, 0)) AS paid,
         xor(counted, counted & coalesce(months, 0)) AS counted, place, total
  FROM (
    SELECT person_id, bit_or(1::HUGEINT << place) AS paid,
           bit_or(CASE WHEN in_time THEN 1::HUGEINT << place ELSE 0::HUGEINT END) AS counted,
           min(place) FILTER (WHERE cumulative_months IS NOT NULL) AS place, arg_min(cumulative_months, place * 1000 - cumulative_months) AS total
    FROM (SELECT person_id, cumulative_months, (bit0 - year(month) * 12 - month(month))::INTEGER AS place,
                 paid_on < month + INTERVAL (insurance.max_back_payment_months + 1) MONTH AS in_time
          FROM housing_fund_deposit, newest)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) paid_in LEFT JOIN (
    SELECT person_id, bit_or(1::HUGEINT << place) AS months
    FROM (SELECT person_id, (bit0 - year(month) * 12 - month(month))::INTEGER AS place
          FROM housing_fund_deposit, newest
          WHERE person_id IN (SELECT person_id FROM housing_fund_deposit WHERE amount < 0)
          GROUP BY ALL HAVING min(amount) < 0 AND sum(amount) <= 0)
    WHERE place BETWEEN 0 AND 125 GROUP BY person_id
  ) back ON back.person_id = paid_in.person_id
), days AS (
  -- How many bits each day is to be shifted, for each set of classes that is counted together; NULL where none is in.
  SELECT four.as_of, bit0 - year(four.month) * 12 - month(four.month) AS four,
         bit0 - year(pension.month) * 12 - month(pension.month) AS pension,
         bit0 - year(medical.month) * 12 - month(medical.month) AS medical,
         bit0 - year(unemployment.month) * 12 - month(unemployment.month) AS unemployment,
         bit0 - year(fund.month) * 12 - month(fund.month) AS fund,
         (SELECT months FROM open WHERE data_class = 'pension_contribution') AS pension_open,
         (SELECT months FROM open WHERE data_class = 'medical_contribution') AS medical_open,
         (SELECT months FROM open WHERE data_class = 'injury_contribution') AS injury_open,
         (SELECT months FROM open WHERE data_class = 'unemployment_contribution') AS unemployment_open,
         (SELECT months FROM open WHERE data_class = 'housing_fund_deposit') AS fund_open
  FROM newest, reckoned(['pension_contribution', 'medical_contribution', 'injury_contribution', 'unemployment_contribution']) four
  JOIN reckoned(['pension_contribution']) pension ON pension.as_of = four.as_of
  JOIN reckoned(['medical_contribution']) medical ON medical.as_of = four.as_of
  JOIN reckoned(['unemployment_contribution']) unemployment ON unemployment.as_of = four.as_of
  JOIN reckoned(['housing_fund_deposit']) fund ON fund.as_of = four.as_of
), shifts AS (
  -- DuckDB's least would take the limit for a month that is not known.
  SELECT as_of, CASE WHEN four IS NOT NULL THEN least(four, 126) END::INTEGER AS four,
         CASE WHEN pension IS NOT NULL THEN least(pension, 126) END::INTEGER AS pension,
         CASE WHEN medical IS NOT NULL THEN least(medical, 126) END::INTEGER AS medical,
         CASE WHEN unemployment IS NOT NULL THEN least(unemployment, 126) END::INTEGER AS unemployment,
         CASE WHEN fund IS NOT NULL THEN least(fund, 126) END::INTEGER AS fund,
         pension_open, medical_open, injury_open, unemployment_open, fund_open
  FROM days
), counted AS (
  -- The registers are complete where they are covered: no record there means nothing was paid.
  SELECT asked.worker, asked.as_of, s.four, s.medical AS medical_shift, s.fund AS fund_shift,
         (coalesce(p.counted, 0) & coalesce(m.counted, 0) & coalesce(i.counted, 0) & coalesce(u.counted, 0)) >> s.four AS all_four,
         ((coalesce(p.counted, 0) | s.pension_open) & (coalesce(m.counted, 0) | s.medical_open)
           & (coalesce(i.counted, 0) | s.injury_open) & (coalesce(u.counted, 0) | s.unemployment_open)) >> s.four AS all_four_open,
         coalesce(m.counted, 0) >> s.medical AS medical, (coalesce(m.counted, 0) | s.medical_open) >> s.medical AS medical_open,
         coalesce(f.counted, 0) >> s.fund AS fund, (coalesce(f.counted, 0) | s.fund_open) >> s.fund AS fund_open,
         p.total AS pension_total, coalesce(p.paid, 0) AS pension_paid,
         -- The months between that of the total and that to which it is counted: added where the total is the older.
         p.place >= s.pension AS pension_adds, s.pension AS pension_shift,
         (1::HUGEINT << greatest(p.place, s.pension)) - (1::HUGEINT << least(p.place, s.pension)) AS pension_between,
         s.pension_open AS pension_unknown,
         u.total AS unemployment_total, coalesce(u.paid, 0) AS unemployment_paid,
         u.place >= s.unemployment AS unemployment_adds, s.unemployment AS unemployment_shift,
         (1::HUGEINT << greatest(u.place, s.unemployment)) - (1::HUGEINT << least(u.place, s.unemployment)) AS unemployment_between,
         s.unemployment_open AS unemployment_unknown,
         f.total AS fund_total, coalesce(f.paid, 0) AS fund_paid,
         f.place >= s.fund AS fund_adds,
         (1::HUGEINT << greatest(f.place, s.fund)) - (1::HUGEINT << least(f.place, s.fund)) AS fund_between,
         s.fund_open AS fund_unknown
  FROM asked
  JOIN shifts s ON s.as_of = asked.as_of
  LEFT JOIN pension p ON p.person_id = asked.worker
  LEFT JOIN medical m ON m.person_id = asked.worker
  LEFT JOIN injury i ON i.person_id = asked.worker
  LEFT JOIN unemployment u ON u.person_id = asked.worker
  LEFT JOIN fund f ON f.person_id = asked.worker
)
SELECT worker, as_of,
       (bit_count(xor(all_four, all_four + 1)) - 1)::INTEGER AS "insured_streak_months least",
       CASE WHEN bit_count(xor(all_four_open, all_four_open + 1)) - 1 < 126 - four
            THEN bit_count(xor(all_four_open, all_four_open + 1)) - 1 END::INTEGER AS "insured_streak_months most",
       all_four & 1 = 1 AS insured_last_month,
       (bit_count(xor(medical, medical + 1)) - 1)::INTEGER AS "medical_streak_months least",
       CASE WHEN bit_count(xor(medical_open, medical_open + 1)) - 1 < 126 - medical_shift
            THEN bit_count(xor(medical_open, medical_open + 1)) - 1 END::INTEGER AS "medical_streak_months most",
       CASE WHEN pension_shift IS NULL THEN NULL
            WHEN pension_total IS NULL THEN bit_count(pension_paid >> pension_shift)
            WHEN pension_adds THEN pension_total + bit_count(pension_paid & pension_between)
            ELSE greatest(pension_total - bit_count((pension_paid | pension_unknown) & pension_between), 0) END::INTEGER AS "pension_months least",
       CASE WHEN pension_shift IS NULL OR pension_total IS NULL THEN NULL
            WHEN NOT pension_adds THEN greatest(pension_total - bit_count(pension_paid & pension_between), 0)
            WHEN pension_unknown & pension_between = 0
            THEN pension_total + bit_count(pension_paid & pension_between) END::INTEGER AS "pension_months most",
       CASE WHEN unemployment_shift IS NULL THEN NULL
            WHEN unemployment_total IS NULL THEN bit_count(unemployment_paid >> unemployment_shift)
            WHEN unemployment_adds THEN unemployment_total + bit_count(unemployment_paid & unemployment_between)
            ELSE greatest(unemployment_total - bit_count((unemployment_paid | unemployment_unknown) & unemployment_between), 0) END::INTEGER AS "unemployment_months least",
       CASE WHEN unemployment_shift IS NULL OR unemployment_total IS NULL THEN NULL
            WHEN NOT unemployment_adds THEN greatest(unemployment_total - bit_count(unemployment_paid & unemployment_between), 0)
            WHEN unemployment_unknown & unemployment_between = 0
            THEN unemployment_total + bit_count(unemployment_paid & unemployment_between) END::INTEGER AS "unemployment_months most",
       (bit_count(xor(fund, fund + 1)) - 1)::INTEGER AS "housing_fund_streak_months least",
       CASE WHEN bit_count(xor(fund_open, fund_open + 1)) - 1 < 126 - fund_shift
            THEN bit_count(xor(fund_open, fund_open + 1)) - 1 END::INTEGER AS "housing_fund_streak_months most",
       CASE WHEN fund_shift IS NULL THEN NULL
            WHEN fund_total IS NULL THEN bit_count(fund_paid >> fund_shift)
            WHEN fund_adds THEN fund_total + bit_count(fund_paid & fund_between)
            ELSE greatest(fund_total - bit_count((fund_paid | fund_unknown) & fund_between), 0) END::INTEGER AS "housing_fund_months least",
       CASE WHEN fund_shift IS NULL OR fund_total IS NULL THEN NULL
            WHEN NOT fund_adds THEN greatest(fund_total - bit_count(fund_paid & fund_between), 0)
            WHEN fund_unknown & fund_between = 0
            THEN fund_total + bit_count(fund_paid & fund_between) END::INTEGER AS "housing_fund_months most"
FROM counted
