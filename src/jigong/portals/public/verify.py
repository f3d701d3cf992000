"""Checking a skill code: the scanner, the page a camera opens, and what was found.

A camera opens ``/V/<token>``: the token is in the path, not behind a ``#``, so that it works where no
script runs, and an address in a server's log is dead after a minute and names nobody. Opening it
writes nothing: programs that fetch links beforehand would use the code up. The page posts itself by
script, or by its one button.
"""

import re
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from jigong.accounts.models import Account
from jigong.credentials.check import check, inspect
from jigong.credentials.enums import PURPOSE_LABELS, Outcome, Purpose
from jigong.credentials.models import CodeUse
from jigong.portals.kit import clock
from jigong.portals.kit.access import public
from jigong.portals.public.limits import too_often
from jigong.portals.public.results import SIGNS, seen

_SALT = "public.seen"
_SHOWN_FOR = 300
"""Seconds a result can be looked at again."""
_LONGEST = 2000
_PRINTED = re.compile(r"/credentials/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
"""What the QR code of a printed certificate says: the same scanner takes both."""


@public
@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """The scanner; with ``?c=`` what a camera opens."""
    token = request.GET.get("c", "")
    if token:
        return opened(request, token)
    station = _station(request)
    purposes = [(p, PURPOSE_LABELS[p]) for p in Purpose if (p == Purpose.PUBLIC) == (station is None)]
    chosen = _purpose(request.GET.get("purpose"), station)
    return render(request, "public/verify.html", {"purposes": purposes, "chosen": chosen, "station": station})


@public
@require_GET
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """What a camera opens: whatever is wrong is said at once, a good code is then checked by posting it."""
    outcome, _ = inspect(token[:_LONGEST], at=clock.now())
    if outcome != Outcome.VALID:
        return _result(request, outcome, {})
    station = _station(request)
    purposes = [(p, PURPOSE_LABELS[p]) for p in Purpose if p != Purpose.PUBLIC] if station else []
    return _unkept(
        render(request, "public/opened.html", {"token": token, "purposes": purposes, "station": station})
    )


@public
@require_POST
def check_code(request: HttpRequest) -> HttpResponse:
    """Check a code for good, then show what was found; a printed certificate is shown as it stands."""
    if too_often(request):
        return _slow_down(request)
    text = request.POST.get("c", "")[:_LONGEST]
    if printed := _PRINTED.search(text):
        return HttpResponseRedirect(reverse("public:credential", args=[printed[1].lower()]))
    station = _station(request)
    purpose = _purpose(request.POST.get("purpose"), station)
    found = check(text, purpose=purpose, by=station, at=clock.now())
    ticket = signing.dumps([found.outcome, found.use, purpose], salt=_SALT, compress=True)
    return HttpResponseRedirect(reverse("public:checked", args=[ticket]))


@public
@require_GET
def checked(request: HttpRequest, ticket: str) -> HttpResponse:
    """What a check found; looking again changes nothing, and after five minutes there is nothing to see."""
    try:
        outcome, use_id, purpose = signing.loads(ticket, salt=_SALT, max_age=_SHOWN_FOR)
    except signing.BadSignature:
        return HttpResponseRedirect(reverse("public:verify"))
    use = CodeUse.objects.select_related("person__employer").filter(pk=use_id).first() if use_id else None
    given = {"seen": seen(use, _station(request)) if use else None, "purpose": purpose}
    return _result(request, Outcome(outcome), given)


def _result(request: HttpRequest, outcome: Outcome, given: dict[str, Any]) -> HttpResponse:
    page = {"outcome": outcome, "sign": SIGNS[outcome], "now": clock.now(), **given}
    return _unkept(render(request, "public/result.html", page))


def _slow_down(request: HttpRequest) -> HttpResponse:
    return _unkept(render(request, "public/slow.html", status=429))


def _unkept(response: HttpResponse) -> HttpResponse:
    """Not stored by anybody on the way."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _station(request: HttpRequest) -> Account | None:
    """The signed-in member of staff who checks, if any."""
    account = request.user
    return account if isinstance(account, Account) and not account.is_worker and account.is_active else None


def _purpose(given: str | None, station: Account | None) -> Purpose:
    """What a code is checked for: only who signed in chooses."""
    if station is None:
        return Purpose.PUBLIC
    return Purpose(given) if given in Purpose.values and given != Purpose.PUBLIC else Purpose.ENTRY
