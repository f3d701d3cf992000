-- Helpers of this district's SELECTs, beside the macros the program brings (docs/synthetic.md lists them).

-- a count at full size, for the size asked for
CREATE MACRO scaled(n) AS round(n * workers() / cal.full_size())::BIGINT;

-- a register's number: letters and nine digits; numbers from 990000000 on are left for wrong rows
CREATE MACRO register_no(letters, n) AS letters || printf('%09d', n);

-- a day of [a, b] by a random number
CREATE MACRO day_between(a, b, x) AS (a::DATE + floor(x * ((b::DATE - a::DATE) + 1))::INTEGER)::DATE;

-- a whole number of [a, b] by a random number
CREATE MACRO whole_between(a, b, x) AS (a + floor(x * (b - a + 1)))::INTEGER;

-- money rounded to steps
CREATE MACRO money(x, step) AS (round(x / step) * step)::DECIMAL(12, 2);

-- first day of a month by its number, 0 being the first month of the monthly classes
CREATE MACRO month_at(m) AS (cal.first_month() + to_months(m::INTEGER))::DATE;

CREATE MACRO years_later(day, years) AS (day::DATE + to_years(years::INTEGER))::DATE;

-- first day of the last year before the hand-over
CREATE MACRO last_year() AS (cal.as_of() - INTERVAL 1 YEAR)::DATE;

CREATE MACRO the_day_before() AS (cal.as_of() - 1)::DATE;

-- every so many of a list, as `share` asks: even a short list gets its part
CREATE MACRO one_in(n, share, salt) AS floor((n + u(0, salt)) * share) > floor((n - 1 + u(0, salt)) * share);
