"""The front door: each account to its portal, everybody else to three doors."""

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.portals.kit.access import public
from jigong.portals.kit.clock import now
from jigong.portals.kit.navigation import portals_of


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """``/``."""
    if not isinstance(request.user, Account):
        return render(request, "entry/landing.html", {"oidc": settings.SIGN_IN.oidc})
    portals = portals_of(request.user)
    if portals:
        return redirect(portals[0][1])
    return render(request, "entry/no_role.html")


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, here and on the server."""
    account = request.user
    logout(request)
    if isinstance(account, Account):
        record("accounts.sign_out", by=account, at=now(), object_kind="account", object_id=account.pk)
    response = redirect("entry:home")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
