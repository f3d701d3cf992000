"""The second factor: shown, or, before anything else, set up."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jigong.accounts import second_factor
from jigong.accounts.limits import give_back, take
from jigong.accounts.models import Account
from jigong.portals.entry.coming_in import Waiting, finish_staff, go, waiting
from jigong.portals.kit.access import public
from jigong.portals.kit.clock import now
from jigong.portals.kit.views import too_many

SECRET = "secret being set up"


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """A code of the app, a recovery code, or a passkey."""
    at = now()
    who = waiting(request, at=at)
    if who is None:
        return redirect("entry:staff")
    if not second_factor.has_factor(who.account):
        return redirect("entry:second-new")
    wrong = False
    if request.method == "POST":
        wait = take(second_factor.TRY_CODE, str(who.account.pk), at=at)
        if wait is not None:
            return too_many(request, seconds=int(wait.total_seconds()) + 1)
        factor = shown_factor(request, who.account)
        if factor is not None:
            give_back(second_factor.TRY_CODE, str(who.account.pk))
            return go(finish_staff(request, who, factor, at=at))
        wrong = True
    kinds = {factor.kind for factor in second_factor.factors_of(who.account)}
    shown = {"wrong": wrong, "totp": "totp" in kinds, "passkey": "webauthn" in kinds, "action": request.path}
    return render(request, "entry/second.html", shown, status=422 if wrong else 200)


def shown_factor(request: HttpRequest, account: Account) -> str | None:
    """Which factor of the account the form shows; None where it is wrong."""
    if "credential" in request.POST:
        return second_factor.check_passkey(account, credential_of(request))
    return second_factor.check_code(account, request.POST.get("code", ""))


def credential_of(request: HttpRequest) -> dict[str, Any]:
    """What the browser's passkey said; empty where it makes no sense."""
    try:
        found = json.loads(request.POST.get("credential", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@public
@never_cache
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to use a passkey, or (``new``) to make one: for who waits or is signed in."""
    who = waiting(request, at=now())
    account = who.account if who else request.user
    if not isinstance(account, Account) or account.is_worker:
        return JsonResponse({}, status=403)
    if "new" in request.POST:
        if who is not None and second_factor.has_factor(account):
            return JsonResponse({}, status=403)
        return JsonResponse(second_factor.passkey_creation(account))
    return JsonResponse(second_factor.passkey_request(account))


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Set up the first second factor; without one nobody of the staff comes in."""
    at = now()
    who = waiting(request, at=at)
    if who is None:
        return redirect("entry:staff")
    if second_factor.has_factor(who.account):
        # Who has one shows it; setting up another is for who is in.
        return redirect("entry:second")
    wrong = False
    if request.method == "POST":
        codes = made_factor(request, who.account)
        if codes is not None:
            return _welcome(request, who, codes)
        wrong = True
    secret = request.session.setdefault(SECRET, second_factor.new_secret())
    shown = {
        "totp": second_factor.show_secret(who.account, secret),
        "wrong": wrong,
        "action": request.path,
        "first": True,
    }
    return render(request, "entry/second_new.html", shown, status=422 if wrong else 200)


def made_factor(request: HttpRequest, account: Account) -> list[str] | None:
    """Keep the factor the form shows: the recovery codes made with it; None where it is wrong."""
    at = now()
    if "credential" in request.POST:
        name = request.POST.get("name", "")
        return second_factor.add_passkey(account=account, name=name, credential=credential_of(request), at=at)
    secret = request.session.get(SECRET, "")
    typed = request.POST.get("code", "")
    codes = second_factor.add_totp(account=account, secret=secret, typed=typed, at=at) if secret else None
    if codes is not None:
        request.session.pop(SECRET, None)
    return codes


def _welcome(request: HttpRequest, who: Waiting, codes: list[str]) -> HttpResponse:
    """Signed in; the recovery codes are shown this once."""
    next_ = finish_staff(request, who, "new", at=now())
    return render(request, "entry/recovery.html", {"codes": codes, "next": next_})
