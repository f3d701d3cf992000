"""How often one caller may check codes."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from jigong.accounts.limits import Limit, take
from jigong.accounts.models import Account
from jigong.portals.kit import clock

CHECKS = Limit("public.check", 60, timedelta(minutes=1))


def too_often(request: HttpRequest) -> bool:
    """Whether the caller (an account, else an address) has to wait before checking another code."""
    account = request.user if isinstance(request.user, Account) else None
    caller = f"account {account.pk}" if account else f"address {_address(request)}"
    return take(CHECKS, caller, at=clock.now()) is not None


def _address(request: HttpRequest) -> str:
    """The caller's address. Of ``X-Forwarded-For`` only as much is believed as there are trusted proxies."""
    proxies: int = settings.SIGN_IN.proxies
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    told = forwarded[-proxies] if 0 < proxies <= len(forwarded) else ""
    return told or str(request.META.get("REMOTE_ADDR", ""))
