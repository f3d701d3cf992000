"""Places of a clause with a quota: who has one, who is asked next, and which wait for data."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from jigong.accounts.cipher import lookup
from jigong.decisions.run import Run
from jigong.delivery.models import SUBJECT, Entitlement, Step
from jigong.delivery.ranking.models import Finalisation
from jigong.delivery.states import State
from jigong.insight.law import Law
from jigong.packs.model import Clause

OVERDUE = "超过确认期限，名额已由下一位递补"
"""Why a proposal lapsed that nobody confirmed in time: whoever let it pass is not asked again in the period."""

HELD = (State.CONFIRMED, State.PASSED, State.APPROVED, State.PAID, State.APPEALED, State.CORRECTED)
"""States in which somebody has a place whatever a later run says."""
_REFUSED = (State.WITHDRAWN, State.DECLINED)
_WAIT = "ranking"
"""The step of the pack's deadlines that says how long places wait for the data of who could still come before."""


def waits_until(law: Law, clause: Clause) -> date:
    """The published day until which a clause's places wait: so many days from the first of the period.

    Of what is given once they count from the day the clause came into force.
    """
    period = clause.period_on(law.day)
    first = date.fromisoformat(f"{period}-01-01"[:10]) if period else clause.in_force.from_
    return first + timedelta(days=law.pack.days_for(_WAIT))


@dataclass(frozen=True)
class Places:
    """The places of a clause in a period. Subjects are known by their hashes."""

    all: int
    held: frozenset[str]
    """Who has one for good."""
    out: frozenset[str]
    """Who had one and gave it up, was declined, or let it pass."""
    offered: frozenset[str]
    """Who is being asked to confirm one. It is not taken back because somebody else comes to stand before them."""
    until: date
    """The published day until which places wait for the data of whoever could still come before."""
    final: bool
    """Whether they wait no longer: the day is over, or two people of the office made the order final."""

    @property
    def free(self) -> int:
        """How many are left for people who have not decided yet."""
        return max(self.all - len(self.held), 0)


def places_of(law: Law, clause: Clause, period: str) -> Places:
    """How the places stand."""
    quota, until = clause.delivery.quota, waits_until(law, clause)
    rows = Entitlement.objects.filter(clause=clause.id, period=period, supplement=0)
    passed = Step.objects.filter(
        move="lapse", reason=OVERDUE, entitlement__in=rows.filter(state=State.LAPSED)
    )
    agreed = Finalisation.objects.filter(clause=clause.id, period=period, confirmation__isnull=False)
    return Places(
        int(str(law.values[quota])) if quota else 0,
        frozenset(rows.filter(state__in=HELD).values_list("subject_hash", flat=True)),
        frozenset(rows.filter(state__in=_REFUSED).values_list("subject_hash", flat=True))
        | frozenset(passed.values_list("entitlement__subject_hash", flat=True)),
        frozenset(rows.filter(state=State.PROPOSED).values_list("subject_hash", flat=True)),
        until,
        law.day > until or agreed.exists(),
    )


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who may come to have a place: entitled, or undecided for want of data."""

    subject: str | None
    """None where nobody knows yet whether there is a subject at all: there may be several of theirs."""
    hash: str
    rank: int | None
    """Among those entitled, by what is certain; None while undecided."""
    sure: int
    """Position of what is certain of them in one order with ``best``, the best they can come to; 1 is the first."""
    best: int
    ranks: tuple[int, int | None]
    """The places between which theirs can lie once everything is known; None: nobody can say how far back."""
    missing: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether data could still bring them to stand before somebody."""
        return self.rank is None or self.best < self.sure


_LAST = 1 << 31


def contenders(run: Run, clause: Clause) -> list[Contender]:
    """Everybody who may come to have a place: those entitled first, best first."""
    rows = duckdb.execute(
        "SELECT subject, worker, rank, order_sure, order_best, rank_best, rank_worst, missing FROM"
        f" {run.rows(clause.id)}"
        " WHERE order_best IS NOT NULL AND excluded_by IS NULL ORDER BY rank NULLS LAST, order_sure, worker, subject"
    ).fetchall()
    return [
        Contender(
            subject, "" if subject is None else lookup(subject, SUBJECT), rank,
            _LAST if sure is None else sure, best, (ranks[0], ranks[1]), tuple(missing or ()),
        )
        for subject, _, rank, sure, best, *ranks, missing in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Who is asked now, whose place waits, and for whose data."""

    seats: tuple[Contender, ...]
    """Those to whom a place is offered now. Nobody can come to stand before them who is not among them."""
    waiting: tuple[Contender, ...]
    """Those to whom the places that wait would go by what is certain."""
    left: int
    """How many places wait: there may be more than people in ``waiting``, for those still undecided."""
    open: tuple[Contender, ...]
    """Those whose data could still bring them such a place."""


def line_of(run: Run, clause: Clause, places: Places) -> Line:
    """The queue for the places that are free.

    Somebody for whom the rules cannot yet tell what is due, for want of data, may be among the seats: nothing is
    proposed to them before the data come, but their place waits.
    """
    if not places.free:
        return Line((), (), 0, ())
    there = [one for one in contenders(run, clause) if one.hash not in places.held | places.out]
    # Also whoever was asked and is undecided now: what was offered is held, and its place with it.
    kept = [one for one in there if one.hash in places.offered][: places.free]
    asked = {one.hash for one in kept}
    there = [one for one in there if one.hash not in asked]
    entitled, free = [one for one in there if one.rank is not None], places.free - len(kept)
    if places.final:
        return Line((*kept, *entitled[:free]), (), 0, ())
    safe = _safe(entitled, there, free)
    seats = {one.hash for one in safe}
    waiting = [one for one in entitled[:free] if one.hash not in seats]
    left = min(free - len(safe), len(there) - len(safe))
    last = _LAST if len(entitled) < free else max((one.sure for one in waiting), default=0)
    open_ = [one for one in there if one.open and one.best < last and one.hash not in seats]
    return Line((*kept, *safe), tuple(waiting), left, tuple(open_))


def _safe(entitled: list[Contender], there: list[Contender], free: int) -> list[Contender]:
    """Those of the entitled whom fewer than ``free`` others can come to stand before."""
    if any(one.subject is None for one in there):
        return []
    bests = sorted(one.best for one in there)
    return [one for one in entitled if bisect_left(bests, one.sure) - (one.best < one.sure) < free]


def seats(run: Run, clause: Clause, places: Places) -> list[str]:
    """The subjects to whom a place is offered now (:func:`line_of`)."""
    return [one.subject for one in line_of(run, clause, places).seats if one.subject is not None]
