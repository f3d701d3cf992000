-- Last year's income is reported in its last days; the year before's in the following winter.
WITH incomes AS (
  SELECT *, cal.income_median() * exp(cal.income_spread() * (cal.income_pay_link() * pay_z
              + sqrt(1 - pow(cal.income_pay_link(), 2)) * z(i, 'income'))) AS income
  FROM home
)
SELECT household_id, year(last_year()) AS year, money(income, 100) AS disposable_income,
       the_day_before() - whole_between(0, 12, u(i, 'reported')) AS reported_on
FROM incomes WHERE u(i, 'income missing') >= cal.income_missing()
UNION ALL
SELECT household_id, year(last_year()) - 1, money(income / cal.income_growth(), 100),
       last_year() + whole_between(5, 80, u(i, 'reported before'))
FROM incomes WHERE u(i, 'income missing') >= cal.income_missing() / 2
