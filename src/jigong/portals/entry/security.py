"""What staff keep of their own: second factors and recovery codes. Changes need a factor shown just now."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts import resets, second_factor
from jigong.accounts.enums import Permission
from jigong.accounts.limits import give_back, take
from jigong.kernel.problems import error
from jigong.portals.entry.coming_in import is_fresh, showed_factor
from jigong.portals.entry.second import SECRET, made_factor, shown_factor
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.kit.views import too_many

View = Callable[..., HttpResponse]
_staff = staff_with(*Permission)


def _fresh(view: View) -> View:
    """Ask for a second factor first, unless one was shown a short while ago."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        account = account_of(request)
        if second_factor.has_factor(account) and not is_fresh(request, at=now()):
            return redirect("entry:again")
        return view(request, *args, **kwargs)

    return checked


@_staff
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My factors."""
    account = account_of(request)
    shown = {
        "factors": second_factor.factors_of(account),
        "left": second_factor.recovery_left(account),
        "asked": resets.pending(at=now()).filter(account=account).first(),
    }
    return render(request, "entry/security.html", shown)


@_staff
@_fresh
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Refuse the reset of one's own factors that somebody asked for: one has them still."""
    account = account_of(request)
    resets.withdraw_reset(account=account, by=account, at=now())
    return redirect("entry:security")


@_staff
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Show a second factor again."""
    account, at, wrong = account_of(request), now(), False
    if request.method == "POST":
        wait = take(second_factor.TRY_CODE, str(account.pk), at=at)
        if wait is not None:
            return too_many(request, seconds=int(wait.total_seconds()) + 1)
        if shown_factor(request, account) is not None:
            give_back(second_factor.TRY_CODE, str(account.pk))
            showed_factor(request, at=at)
            return redirect("entry:security")
        wrong = True
    kinds = {factor.kind for factor in second_factor.factors_of(account)}
    shown = {"wrong": wrong, "totp": "totp" in kinds, "passkey": "webauthn" in kinds, "action": request.path}
    return render(request, "entry/second.html", shown, status=422 if wrong else 200)


@_staff
@_fresh
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """One more factor; a new app takes the old one's place."""
    account, wrong = account_of(request), False
    if request.method == "POST":
        codes = made_factor(request, account)
        if codes is not None:
            showed_factor(request, at=now())
            if codes:
                return render(request, "entry/recovery.html", {"codes": codes, "next": "/sign-in/security"})
            return redirect("entry:security")
        wrong = True
    secret = request.session.setdefault(SECRET, second_factor.new_secret())
    shown = {
        "totp": second_factor.show_secret(account, secret),
        "wrong": wrong,
        "action": request.path,
        "first": False,
    }
    return render(request, "entry/second_new.html", shown, status=422 if wrong else 200)


@_staff
@_fresh
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove one of several."""
    factor = request.POST.get("factor", "")
    known = factor.isascii() and factor.isdigit() and len(factor) < 18
    if not (known and second_factor.remove_factor(account=account_of(request), factor=int(factor), at=now())):
        raise error(
            "最后一种二次验证不能删除",
            "the last second factor stays",
            remedy=("先添加另一种，再删除这一种", "add another first, then remove this one"),
        )
    return redirect("entry:security")


@_staff
@_fresh
@require_POST
def recovery(request: HttpRequest) -> HttpResponse:
    """Fresh recovery codes, shown this once."""
    codes = second_factor.new_recovery_codes(account=account_of(request), at=now())
    return render(request, "entry/recovery.html", {"codes": codes, "next": "/sign-in/security"})
