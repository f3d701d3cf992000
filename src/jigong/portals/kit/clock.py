"""What day it is, for portals: they ask here and tell every room below."""

from datetime import date, datetime

from django.utils import timezone

from jigong.audit.days import day_of


def now() -> datetime:
    """This moment."""
    return timezone.now()


def today() -> date:
    """The day of business: the clock's, or the one a demonstration lives in."""
    return day_of(timezone.now())
