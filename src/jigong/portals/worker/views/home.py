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
from jigong.delivery.hold_words import waits_in_short
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.replay.models import AdjustmentState
from jigong.delivery.states import State
from jigong.kernel.text import Language, Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.worker.adjusting import ShownAdjustment, adjustments_of
from jigong.portals.worker.situation import Situation, situation_of
from jigong.portals.worker.standing import best_step
from jigong.portals.worker.telling import points_of, told_way

WAITING = (State.PROPOSED, State.CORRECTED)
GOING = (State.CONFIRMED, State.PASSED, State.APPROVED, State.APPEALED)
ASKED_BACK = (AdjustmentState.PROPOSED, AdjustmentState.ACCEPTED, AdjustmentState.APPEALED)
"""States of a recovery of which its payee has to know."""


@worker_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is due, the code, the next best step, points, and what is under way."""
    account, language = account_of(request), language_of(request)
    situation = situation_of(account)
    mine = [e for e in situation.entitlements if e.organisation_id is None]
    waiting = [e for e in mine if e.state in WAITING and not e.held]
    held = [e for e in mine if e.held and e.state in (*WAITING, *GOING)]
    going = [e for e in mine if e.state in GOING or e in held]
    money = sorted((e for e in waiting if not e.in_kind), key=lambda e: -(e.amount or 0))
    best = best_step(situation)
    waits = _waits(situation, held)
    return render(
        request,
        "worker/home.html",
        {
            "person": situation.person,
            "situation": situation,
            "points": points_of(situation),
            "asked_back": _asked_back(situation, mine, language),
            "waiting": _named(situation, [*money, *(e for e in waiting if e.in_kind)]),
            "due": _sum(money),
            "several": len(money) > 1,
            "held": held,
            "held_sum": _sum([e for e in held if not e.in_kind]),
            "going": [(e, label, waits.get(e.pk)) for e, label in _named(situation, going)],
            "going_sum": _sum([e for e in going if not e.in_kind]),
            "bank_account": situation.reader.bank_account,
            "best": best,
            "best_way": told_way(best.way, situation.book, language) if best else None,
            "cases": situation.reader.cases,
            "unread": situation.reader.unread,
        },
    )


def _sum(found: Sequence[Entitlement]) -> Decimal:
    return sum((e.amount or Decimal(0) for e in found), Decimal(0))


def _asked_back(
    situation: Situation, mine: Sequence[Entitlement], language: Language
) -> list[tuple[ShownAdjustment, Text]]:
    """What is asked back, or may be, with the name of its clause."""
    # Only what was paid can be asked back: most people cost no question.
    if not any(e.state == State.PAID for e in mine):
        return []
    shown = [
        (one, clause_of(one.clause, situation.law.pack))
        for one in adjustments_of(mine, situation.book, language)
        if not one.arrears and one.row.state in ASKED_BACK
    ]
    return [(one, clause.label) for one, clause in shown if clause is not None]


def _waits(situation: Situation, held: Sequence[Entitlement]) -> dict[int, Text]:
    """Of what is held what it waits for, in one line each."""
    if not held:
        return {}
    found: dict[int, list[Hold]] = {}
    for hold in Hold.objects.filter(entitlement__in=held, lifted_at=None).order_by("id"):
        found.setdefault(hold.entitlement_id, []).append(hold)
    return {pk: waits_in_short(holds, situation.law.pack) for pk, holds in found.items()}


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
