"""After the results: a place that is given up goes to the next in line, exactly once."""

from datetime import datetime
from typing import Any

from django.db import transaction

from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.actions import move
from jigong.delivery.lottery import events, prizes
from jigong.delivery.lottery.actions import locked, stale
from jigong.delivery.lottery.enums import EventKind
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.queries import Placed, View, next_in_line, view, winners
from jigong.delivery.models import Entitlement
from jigong.delivery.states import MOVES, State
from jigong.kernel.problems import error

_FREED = (State.WITHDRAWN, State.DECLINED, State.LAPSED)


@transaction.atomic
def give_up(*, draw: int, code: str, by: Account, at: datetime, reason: str = "") -> View:
    """An entrant leaves the draw: by themself, or written down by an officer. Whoever had a place, the next gets it.

    Raises:
        StaleError: the results do not count (any more).
        JigongError: what they won is approved already, or an officer gives no reason.
    """
    found = locked(draw)
    events.lock()
    entrant = Entrant.objects.select_related("person").get(draw=draw, code=code)
    if code in found.withdrawn:
        return found
    if not found.standing:
        raise stale(found)
    themself = by.person_id is not None and by.person_id == entrant.person_id
    if not themself and not reason.strip():
        raise error(
            "须写明理由", "a reason is needed", remedy=("例：本人书面放弃", "such as: gave it up in writing")
        )
    entitlement = prizes.entitlement_of(found.draw, entrant.subject_hash)
    if entitlement is not None and entitlement.state not in _FREED:
        if entitlement.state not in MOVES["withdraw"].from_:
            raise error(
                "已经批准，不能再放弃", "it is approved already and cannot be given up",
                remedy=("联系经办部门", "speak to the office"),
            )  # fmt: skip
        move(entitlement, "withdraw", by=by, at=at, reason=reason)
    _leave(found, entrant, "given_up", by=by, at=at, reason=reason)
    return view(found.draw)


@transaction.atomic
def settle(*, draw: int, at: datetime) -> int:
    """See who lost a place by other ways (gave up the home itself, was declined, never confirmed), and promote the next.

    Doing it again changes nothing. Gives the number of places that were passed on.
    """
    found = locked(draw)
    if not found.standing or prizes.clause_of(found.draw).delivery.won is not None:
        return 0
    events.lock()
    passed_on = 0
    while (lost := _first_lost(found, at)) is not None:
        placed, why = lost
        _leave(found, placed.entrant, why, by=None, at=at, reason="")
        found = view(found.draw)
        passed_on += 1
    return passed_on


def _first_lost(found: View, at: datetime) -> tuple[Placed, str] | None:
    for placed in winners(found):
        entitlement = prizes.entitlement_of(found.draw, placed.entrant.subject_hash)
        if entitlement is None:
            continue
        if entitlement.state in _FREED:
            return placed, entitlement.state
        overdue = entitlement.deadline is not None and entitlement.deadline < day_of(at)
        if entitlement.state == State.PROPOSED and overdue:
            move(entitlement, "lapse", by=None, at=at, reason="超过确认期限，名额已由下一位递补")
            return placed, State.LAPSED
    return None


def settle_all(*, at: datetime) -> int:
    """:func:`settle` every draw whose results count; for the schedule."""
    published = Draw.objects.filter(events__kind=EventKind.PUBLISH).values_list("pk", flat=True)
    return sum(settle(draw=pk, at=at) for pk in published)


def on_moved(sender: Any, entitlement: Entitlement, at: datetime, **_: Any) -> None:
    """When somebody leaves what they won, the next follows as soon as that is certain."""
    if entitlement.mode == "lottery" and entitlement.state in _FREED:
        transaction.on_commit(lambda: _settle_of(entitlement, at), robust=True)


def _settle_of(entitlement: Entitlement, at: datetime) -> None:
    won = Entrant.objects.filter(subject_hash=entitlement.subject_hash, draw__clause=entitlement.clause)
    for draw in won.filter(draw__events__kind=EventKind.PUBLISH).values_list("draw", flat=True):
        settle(draw=draw, at=at)


def _leave(found: View, entrant: Entrant, why: str, *, by: Account | None, at: datetime, reason: str) -> None:
    """Write down that an entrant left; if that frees a place, that the next has it, and bring it to them."""
    had_place = any(one.entrant.pk == entrant.pk for one in winners(found))
    follower = next_in_line(found) if had_place else None
    person = entrant.person_id
    events.add(
        found.draw, EventKind.WITHDRAW, by=by, at=at, code=entrant.code, detail={"why": why}, person=person, reason=reason
    )  # fmt: skip
    if follower is not None:
        events.add(
            found.draw, EventKind.PROMOTE, by=None, at=at, code=follower.entrant.code,
            detail={"rank": follower.rank, "for": entrant.code}, person=follower.entrant.person_id,
        )  # fmt: skip
    if had_place:
        lines = [] if follower is None else [follower.entrant.line]
        prizes.hand_out(found.draw, lines, at=at)
