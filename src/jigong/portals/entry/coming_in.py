"""The two halves of coming in: what was shown so far waits in the session; then the session is signed in.

Nobody is signed in before everything was shown, so a half that waits opens nothing. Signing in gives the
session a new key: one that somebody planted beforehand is worth nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from jigong.accounts.models import Account
from jigong.accounts.second_factor import has_factor
from jigong.accounts.sign_in import record_sign_in
from jigong.portals.kit.address import own_path

LIFE = timedelta(minutes=10)
"""How long a first factor waits for the second."""
FRESH = timedelta(minutes=15)
"""How long after showing a second factor one may change it."""
_WAITING = "waiting for a second factor"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_SHOWN_AT = "second factor shown at"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who has shown a first factor."""

    account: Account
    how: str
    next: str


def wait_for_second(
    request: HttpRequest, account: Account, *, how: str, next_: str, at: datetime
) -> HttpResponse:
    """The first factor was right: go on to the second, or to setting one up."""
    request.session.cycle_key()
    request.session[_WAITING] = {
        "account": account.pk,
        "how": how,
        "next": own_path(next_),
        "until": (at + LIFE).isoformat(),
    }
    return redirect("entry:second" if has_factor(account) else "entry:second-new")


def waiting(request: HttpRequest, *, at: datetime) -> Waiting | None:
    """Who waits for the second factor in this session."""
    held: dict[str, Any] | None = request.session.get(_WAITING)
    if held is None or at >= datetime.fromisoformat(held["until"]):
        return None
    account = Account.objects.filter(pk=held["account"], is_active=True).first()
    return None if account is None else Waiting(account, held["how"], held["next"])


def finish_staff(request: HttpRequest, who: Waiting, factor: str, *, at: datetime) -> str:
    """Sign in who has shown both factors; where they go next."""
    request.session.pop(_WAITING, None)
    enter(request, who.account, how=f"{who.how}+{factor}", at=at)
    request.session[_SHOWN_AT] = at.isoformat()
    return who.next


def enter(request: HttpRequest, account: Account, *, how: str, at: datetime) -> None:
    """Sign the session in; what an earlier account left in it is gone."""
    if request.user.is_authenticated:
        request.session.flush()
    login(request, account, backend=_BACKEND)
    record_sign_in(account, how=how, at=at)


def showed_factor(request: HttpRequest, *, at: datetime) -> None:
    """A second factor was shown again."""
    request.session[_SHOWN_AT] = at.isoformat()


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Whether a second factor was shown a short while ago."""
    shown = request.session.get(_SHOWN_AT)
    return shown is not None and at - datetime.fromisoformat(shown) < FRESH


def go(path: str) -> HttpResponse:
    """On to a path of this site."""
    return HttpResponseRedirect(own_path(path))
