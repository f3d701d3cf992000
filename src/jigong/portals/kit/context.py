"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from jigong.portals.kit.clock import today


def page(request: HttpRequest) -> dict[str, Any]:
    """``language``, ``today``, ``demo``."""
    return {
        "language": getattr(request, "language", "zh"),
        "today": today(),
        "demo": settings.JIGONG.demo,
    }
