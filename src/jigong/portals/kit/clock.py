"""What day it is, for portals: they ask here and tell every room below."""

from datetime import date, datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """This moment."""
    return timezone.now()


def today() -> date:
    """The day of business: the clock's, or the one a demonstration lives in."""
    fixed: date | None = settings.JIGONG.today
    return fixed or timezone.localdate()
