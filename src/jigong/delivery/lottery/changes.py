"""After the results: a place that is given up, or that its winner may not have, goes to the next in line, exactly once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.actions import move
from jigong.delivery.lottery import events, prizes
from jigong.delivery.lottery.actions import keep_waiting, locked, stale
from jigong.delivery.lottery.deciding import Decided, decide_conditional
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


def settle(*, draw: int, at: datetime) -> int:
    """Bring a draw up to date: decide whose place waits, and promote the next where somebody has lost theirs.

    A place is lost by other ways too: the home itself was given up, declined, or never confirmed. Doing it again
    changes nothing. Gives the number of places that were passed on.
    """
    # Before anything is locked, for it takes seconds. Who comes in for somebody meanwhile waits for the next time.
    decided = decide_conditional(view(Draw.objects.select_related("run").get(pk=draw)))
    return _settle(draw, decided, at)


@transaction.atomic
def _settle(draw: int, decided: Mapping[int, Decided], at: datetime) -> int:
    found = locked(draw)
    if not found.standing:
        return 0
    events.lock()
    passed_on = 0
    if prizes.clause_of(found.draw).delivery.won is None:
        while (lost := _first_lost(found, at)) is not None:
            placed, why = lost
            _leave(found, placed.entrant, why, by=None, at=at)
            found = view(found.draw)
            passed_on += 1
    return passed_on + _settle_waiting(found, decided, at)


def _settle_waiting(found: View, decided: Mapping[int, Decided], at: datetime) -> int:
    """Give those who were found entitled the place that waits; pass on those of whom it may wait for no longer."""
    over = found.draw.waits_until is not None and found.draw.waits_until < day_of(at)
    terms: dict[int, prizes.Terms] = {}
    passed_on = 0
    while (one := _first_decided(found, decided, over)) is not None:
        entrant, verdict = one.entrant, decided[one.entrant.line].verdict
        if verdict == "yes":
            events.add(
                found.draw, EventKind.DECIDE, by=None, at=at, code=entrant.code, person=entrant.person_id
            )
            terms[entrant.line] = decided[entrant.line].terms
        else:
            why = "not_entitled" if verdict == "no" else "undecided"
            _leave(found, entrant, why, by=None, at=at)
            passed_on += 1
        found = view(found.draw)
    if terms:
        prizes.hand_out(found.draw, list(terms), at=at, terms=terms)
    return passed_on


def _first_decided(found: View, decided: Mapping[int, Decided], over: bool) -> Placed | None:
    """The first whose place waits no longer: they are decided, or looked at and still undecided when the wait is over."""
    for one in winners(found) if found.waiting else ():
        verdict = decided[one.entrant.line].verdict if one.entrant.line in decided else None
        if one.state == "waits" and verdict is not None and (verdict != "undecided" or over):
            return one
    return None


def _first_lost(found: View, at: datetime) -> tuple[Placed, str] | None:
    for placed in winners(found):
        if placed.state == "waits":
            # What they have of the clause is of an earlier draw.
            continue
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
        _settle(draw, {}, at)


def _leave(
    found: View, entrant: Entrant, why: str, *, by: Account | None, at: datetime, reason: str = ""
) -> None:
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
        if follower.entrant.conditional:
            keep_waiting(found.draw, follower.entrant, at=at)
    if had_place:
        theirs = follower is not None and not follower.entrant.conditional
        prizes.hand_out(found.draw, [follower.entrant.line] if follower and theirs else [], at=at)
