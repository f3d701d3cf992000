"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jigong.accounts.models import Account
from jigong.portals.kit.clock import today
from jigong.portals.kit.look import look_of
from jigong.portals.kit.navigation import navigation_of, portals_of


def page(request: HttpRequest) -> dict[str, Any]:
    """``language``, ``today``, ``demo``, ``look``, ``navigation`` (None outside a portal), ``portals``."""
    user = getattr(request, "user", None)
    return {
        "language": getattr(request, "language", "zh"),
        "today": today(),
        "demo": settings.JIGONG.demo,
        "look": look_of(request),
        "navigation": navigation_of(request),
        "portals": SimpleLazyObject(lambda: portals_of(user) if isinstance(user, Account) else []),
    }
