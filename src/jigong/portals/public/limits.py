"""How often one caller may check codes."""

from datetime import timedelta

from django.http import HttpRequest

from jigong.accounts.limits import Limit, take
from jigong.accounts.models import Account
from jigong.portals.kit import clock
from jigong.portals.kit.address import address_of

CHECKS = Limit("public.check", 60, timedelta(minutes=1))


def too_often(request: HttpRequest) -> bool:
    """Whether the caller (an account, else an address) has to wait before checking another code."""
    account = request.user if isinstance(request.user, Account) else None
    caller = f"account {account.pk}" if account else f"address {address_of(request)}"
    return take(CHECKS, caller, at=clock.now()) is not None
