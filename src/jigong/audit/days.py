"""The day of business a moment belongs to: by the clock, or the one day a demonstration lives in."""

from datetime import date, datetime

from django.conf import settings
from django.utils import timezone


def day_of(at: datetime) -> date:
    """The day on which what happens ``at`` counts."""
    fixed: date | None = settings.JIGONG.today
    return fixed or timezone.localdate(at)
