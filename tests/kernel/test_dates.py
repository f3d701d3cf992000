"""Months agree with themselves: counting them and moving by them are two ways to say one thing."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from jigong.kernel.dates import add_months, months_between

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def test_a_month_is_complete_on_the_last_day_of_a_month_that_has_no_such_day() -> None:
    assert months_between(date(2022, 8, 31), date(2023, 2, 28)) == 6
    assert months_between(date(2022, 8, 31), date(2023, 2, 27)) == 5


@given(DAYS, DAYS)
def test_completed_months_are_the_most_that_do_not_pass_the_end(start: date, end: date) -> None:
    months = months_between(start, end)
    reached, next_ = add_months(start, months), add_months(start, months + 1)
    assert reached is not None
    assert next_ is not None
    assert reached <= end < next_
