"""Calendar arithmetic the whole platform agrees on."""

from calendar import monthrange
from datetime import date


def months_between(start: date, end: date) -> int:
    """Completed months from ``start`` to ``end``; negative when ``end`` is earlier (rounded down).

    The most months by which ``start`` can be moved without passing ``end``, so that it agrees with
    :func:`add_months`: a month is complete on the same day number, or on the last day of a month that has no such day.
    """
    short = end.day < start.day and end.day < monthrange(end.year, end.month)[1]
    return (end.year - start.year) * 12 + end.month - start.month - short


def years_between(start: date, end: date) -> int:
    """Completed years from ``start`` to ``end``: from a date of birth, the age in completed years."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def add_months(day: date, months: int) -> date | None:
    """``day`` moved by whole months, its day number cut to the month's end; None outside years 1 to 9999."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_start(day: date) -> date:
    """The first day of the month of ``day``."""
    return day.replace(day=1)
