"""Home, and the skill code."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from jigong.credentials.code import current_code, qr_svg, shown_of
from jigong.credentials.site import site
from jigong.delivery.former import clause_of
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.worker.inbox import is_unread
from jigong.portals.worker.situation import Situation, situation_of
from jigong.portals.worker.standing import best_step
from jigong.portals.worker.telling import points_of, told_way

WAITING = (State.PROPOSED, State.CORRECTED)
GOING = (State.CONFIRMED, State.PASSED, State.APPROVED, State.APPEALED)


@worker_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is due, the code, the next best step, points, and what is under way."""
    account, language = account_of(request), language_of(request)
    situation = situation_of(account)
    mine = [e for e in situation.entitlements if e.organisation_id is None]
    waiting = [e for e in mine if e.state in WAITING and not e.held]
    going = [e for e in mine if e.state in GOING or (e.state in WAITING and e.held)]
    money = sorted((e for e in waiting if not e.in_kind), key=lambda e: -(e.amount or 0))
    best = best_step(situation)
    return render(
        request,
        "worker/home.html",
        {
            "person": situation.person,
            "situation": situation,
            "points": points_of(situation),
            "waiting": _named(situation, [*money, *(e for e in waiting if e.in_kind)]),
            "due": _sum(money),
            "several": len(money) > 1,
            "going": _named(situation, going),
            "going_sum": _sum([e for e in going if not e.in_kind]),
            "bank_account": situation.reader.bank_account,
            "best": best,
            "best_way": told_way(best.way, situation.book, language) if best else None,
            "cases": situation.reader.cases,
            "unread": is_unread(request, account, situation.entitlements),
        },
    )


def _sum(found: Sequence[Entitlement]) -> Decimal:
    return sum((e.amount or Decimal(0) for e in found), Decimal(0))


def _named(situation: Situation, found: Sequence[Entitlement]) -> list[tuple[Entitlement, object]]:
    """Entitlements with the name of their clause, which the law may not have any more."""
    named = ((e, clause_of(e.clause, situation.law.pack)) for e in found)
    return [(e, clause.label) for e, clause in named if clause is not None]


@worker_only
@require_GET
def code(request: HttpRequest) -> HttpResponse:
    """The skill code, as large as the screen allows."""
    situation = situation_of(account_of(request))
    return render(request, "worker/code.html", {"person": situation.person, "situation": situation})


@worker_only
@require_GET
def code_now(request: HttpRequest) -> HttpResponse:
    """The code of this minute, for the page to show until it asks for the next."""
    person, now = situation_of(account_of(request)).person, clock.now()
    made = current_code(person, at=now)
    context = {
        "svg": mark_safe(qr_svg(made.address(site(f"{request.scheme}://{request.get_host()}").origin))),
        "seconds": max(1, int((made.expires_at - now).total_seconds())),
        "renew": max(1, int((made.expires_at - now).total_seconds()) - 5),
        "shown": shown_of(person),
    }
    response = render(request, "worker/code_now.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
