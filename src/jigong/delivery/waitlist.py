"""A place in a quota that comes free goes to the next in rank: proposed once, however often this is asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from jigong.accounts.models import Person
from jigong.audit.days import day_of
from jigong.decisions.run import Run, read_run, run_folder
from jigong.delivery.actions import locked, move
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import subject_hash
from jigong.delivery.proposals import Taken, propose
from jigong.delivery.quota import HELD, OVERDUE, contenders, places_of
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.law import Law
from jigong.packs.model import Clause

_FREES = (State.WITHDRAWN, State.DECLINED, State.LAPSED)


def fill(clause: str, *, at: datetime) -> Taken:
    """Offer the free places of a clause to the next in rank. With no place free, nothing changes.

    Two who ask at once wait for each other, and a subject has one proposal in a period, so nobody is
    offered a place twice and no place is offered to two.
    """
    loaded = current_run()
    return propose(_run(loaded), loaded, law_of_run(loaded), at=at, clause=clause)


def fill_all(*, at: datetime) -> int:
    """Take back what was not confirmed in time, then :func:`fill` every clause with a quota; for the schedule.

    Gives how many were offered a place.
    """
    clauses = [clause for clause in law_of_run(current_run()).clauses if clause.delivery.mode == "quota"]
    offered = 0
    for clause in clauses:
        _let_pass(clause.id, day_of(at), at)
        taken = fill(clause.id, at=at)
        offered += taken.proposed + taken.renewed
    return offered


def _let_pass(clause: str, day: date, at: datetime) -> None:
    """Lapse the proposals of a clause whose days to confirm are over."""
    late = Entitlement.objects.filter(clause=clause, state=State.PROPOSED, deadline__lt=day)
    for pk in list(late.values_list("pk", flat=True)):
        with transaction.atomic():
            entitlement = locked(pk)
            if entitlement.state == State.PROPOSED:
                move(entitlement, "lapse", by=None, at=at, reason=OVERDUE)


def on_moved(sender: Any, entitlement: Entitlement, at: datetime, **_: Any) -> None:
    """When somebody leaves a place, offer it as soon as that is certain. What fails is made good by the schedule."""
    if entitlement.mode == "quota" and entitlement.state in _FREES:
        transaction.on_commit(lambda: fill(entitlement.clause, at=at), robust=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands in the queue for a clause's places."""

    rank: int
    """Among all who are entitled, by the last run."""
    places: int
    taken: int
    """Places somebody has for good, or is being asked to confirm."""
    state: Literal["has", "offered", "waiting", "left"]
    """A place for good; asked to confirm; waiting; had one and gave it up or let it pass."""
    ahead: int
    """How many who wait are asked before them; 0 where they do not wait."""


def place_of(person: Person, clause: str) -> Standing | None:
    """The person's standing; None for who is not entitled, and for a clause without a queue.

    Raises:
        JigongError: nothing was loaded yet.
    """
    loaded = current_run()
    law = law_of_run(loaded)
    entry = next((one for one in law.clauses if one.id == clause), None)
    dossier = Dossier.objects.select_related("run").filter(person=person).first()
    if entry is None or entry.delivery.mode != "quota" or dossier is None:
        return None
    standings = held_of(dossier).standings
    ranks = [
        (s.rank, subject) for (id_, subject), s in standings.items() if id_ == clause and s.rank is not None
    ]
    if not ranks:
        return None
    rank, subject = min(ranks)
    return _standing(law, entry, _run(loaded), rank, subject_hash(subject))


def _standing(law: Law, clause: Clause, run: Run, rank: int, hash_: str) -> Standing:
    period = clause.period_on(law.day)
    places = places_of(law, clause, period)
    mine = dict(
        Entitlement.objects.filter(clause=clause.id, period=period, supplement=0).values_list(
            "subject_hash", "state"
        )
    )
    taken = len(places.held) + sum(state == State.PROPOSED for state in mine.values())
    state: Literal["has", "offered", "waiting", "left"] = "waiting"
    if mine.get(hash_) in HELD:
        state = "has"
    elif mine.get(hash_) == State.PROPOSED:
        state = "offered"
    elif hash_ in places.out:
        state = "left"
    ahead = 0
    if state == "waiting":
        gone = places.held | places.out | places.offered
        ahead = sum(
            one.rank is not None and one.rank < rank and one.hash not in gone
            for one in contenders(run, clause)
        )
    return Standing(rank, places.all, taken, state, ahead)


def _run(loaded: LoadedRun) -> Run:
    return read_run(run_folder(settings.JIGONG.data / "runs", loaded.run))
