"""Dates: completed years and months, month ends, leap days."""

from datetime import date

from .base import ex, operator

_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)

SPECS = (
    operator(
        "years_between",
        ex("years_between(born, as_of)", 44, born=date(1980, 2, 29)),
        ex(
            "years_between(born, as_of)",
            43,
            ("生日的前一天", "the day before the birthday"),
            born=date(1980, 3, 1),
        ),
        ex("years_between(born, as_of)", 44, born=date(1980, 2, 28)),
        ex(
            "years_between(born, joined)",
            22,
            ("2 月 29 日生,平年 2 月 28 日未满", "born on 29 February: not complete on 28 February"),
            born=date(2000, 2, 29),
            joined=date(2023, 2, 28),
        ),
        ex("years_between(born, joined)", 23, born=date(2000, 2, 29), joined=date(2023, 3, 1)),
        ex("years_between(as_of, as_of)", 0),
        ex("years_between(born, joined)", -1, born=date(2024, 3, 1), joined=date(2024, 2, 29)),
        ex("years_between(born, joined)", 9998, born=_FIRST, joined=_LAST),
        ex("years_between(born, joined)", -9999, born=_LAST, joined=_FIRST),
        ex("years_between(born, as_of)", None),
    ),
    operator(
        "months_between",
        ex(
            "months_between(joined, as_of)",
            1,
            ("31 日到 2 月末日已满", "the 31st to the last day of February"),
            joined=date(2024, 1, 31),
        ),
        ex(
            "months_between(joined, born)",
            0,
            ("31 日到 2 月末日的前一天未满", "the 31st to the day before the last of February"),
            joined=date(2024, 1, 31),
            born=date(2024, 2, 28),
        ),
        ex("months_between(joined, as_of)", 1, joined=date(2024, 1, 29)),
        ex("months_between(joined, as_of)", 12, joined=date(2023, 2, 28)),
        ex("months_between(joined, as_of)", -1, joined=date(2024, 3, 1)),
        ex("months_between(born, joined)", 119987, born=_FIRST, joined=_LAST),
        ex("months_between(born, joined)", -119988, born=_LAST, joined=_FIRST),
        ex("months_between(joined, as_of)", None),
    ),
    operator(
        "add_months",
        ex(
            "add_months(joined, 1)",
            date(2024, 2, 29),
            ("取月末", "cut to the month's end"),
            joined=date(2024, 1, 31),
        ),
        ex("add_months(joined, 1)", date(2023, 2, 28), joined=date(2023, 1, 31)),
        ex("add_months(as_of, 12)", date(2025, 2, 28)),
        ex("add_months(as_of, -12)", date(2023, 2, 28)),
        ex("add_months(as_of, 0)", date(2024, 2, 29)),
        ex("add_months(joined, 1)", None, ("公元 9999 年之后", "after the year 9999"), joined=_LAST),
        ex("add_months(joined, -1)", None, ("公元 1 年之前", "before the year 1"), joined=_FIRST),
        ex("add_months(born, 119987)", date(9999, 12, 1), born=_FIRST),
        ex("add_months(as_of, months)", None, months=2147483647),
        ex("add_months(as_of, months)", None, months=-2147483648),
        ex("add_months(as_of, months * 1000000000000)", None, months=1),
        ex("add_months(as_of, months)", None),
        ex("add_months(joined, 1)", None),
    ),
    operator(
        "year",
        ex("year(born)", 1, born=_FIRST),
        ex("year(as_of)", 2024),
        ex("year(born)", 9999, born=_LAST),
        ex("year(born)", None),
    ),
    operator(
        "month",
        ex("month(as_of)", 2),
        ex("month(DATE '2024-12-31')", 12),
        ex("month(born)", None),
    ),
)
