"""How far what is due has come: from due to paid, by clause, town and month. Sums within the reader's reach."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import State
from jigong.portals.cockpit.cells import hidden, small

S = State
STAGES: dict[str, tuple[State, ...]] = {
    "due": (S.PROPOSED, S.CORRECTED, S.CONFIRMED, S.PASSED, S.APPROVED, S.PAID),
    "confirmed": (S.CONFIRMED, S.PASSED, S.APPROVED, S.PAID),
    "approved": (S.APPROVED, S.PAID),
    "paid": (S.PAID,),
}
"""Each stage holds the later ones: what is paid was due, confirmed and approved."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How many people (or enterprises) are at a stage or beyond, and yuan; ``people`` None is a small cell."""

    name: str
    people: int | None
    yuan: Decimal | None
    share: int
    """Of those due, in hundredths; 0 where hidden."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """The stages of one clause, or of all."""

    clause: str
    stages: tuple[Stage, ...]


def funnels(reach: Q, town: str = "") -> list[Funnel]:
    """One funnel for each clause with anything due, by the clause's id.

    Of one town a stage is hidden, too, where it could be taken from the district's number and those of the
    other towns.
    """
    given: dict[str, Count | Sum] = {}
    for name, states in STAGES.items():
        at = Q(state__in=states)
        given[f"{name}_people"] = Count("person", filter=at, distinct=True)
        given[f"{name}_firms"] = Count("organisation", filter=at & Q(person=None), distinct=True)
        given[f"{name}_yuan"] = Sum("amount", filter=at & ~Q(fund=""))
    by = ("clause", "person__town") if town else ("clause",)
    rows: list[Any] = list(Entitlement.objects.filter(reach).order_by(*by).values(*by).annotate(**given))
    clauses: dict[str, list[Any]] = {}
    for row in rows:
        clauses.setdefault(row["clause"], []).append(row)
    return [
        _funnel(row, {name for name in STAGES if _hides(parts, place, name)})
        for parts in clauses.values()
        for place, row in enumerate(parts)
        if row.get("person__town", "") == town and _count(row, "due")
    ]


def _hides(parts: Sequence[dict[str, Any]], place: int, name: str) -> bool:
    """Whether the part at ``place`` of a clause's parts is hidden at a stage."""
    return hidden(parts, lambda row: _count(row, name))[place] if len(parts) > 1 else False


def _funnel(row: dict[str, Any], hides: Collection[str]) -> Funnel:
    due = _count(row, "due")
    stages = []
    for name in STAGES:
        people = _count(row, name)
        yuan = row[f"{name}_yuan"]
        # Of few that are due, or of all but few, one could tell who it is.
        secret = name in hides or small(people) or small(due - people) or small(due)
        share = 0 if secret or not due else round(people * 100 / due)
        stages.append(
            Stage(name, None if secret else people, None if secret else Decimal(str(yuan or 0)), share)
        )
    return Funnel(str(row["clause"]), tuple(stages))


def _count(row: dict[str, Any], name: str) -> int:
    return int(str(row[f"{name}_people"])) + int(str(row[f"{name}_firms"]))


@dataclass(frozen=True, slots=True)
class TownDue:
    """A town: how many people have anything due, and how many of them anything paid; None is a small cell."""

    town: str
    people: int | None
    paid: int | None
    yuan: Decimal | None


def towns_due(reach: Q) -> list[TownDue]:
    """Every town in which anybody has anything due."""
    rows = list(
        Entitlement.objects.filter(reach, state__in=STAGES["due"])
        .exclude(person=None)
        .order_by("person__town")
        .values("person__town")
        .annotate(
            people=Count("person", distinct=True),
            paid=Count("person", filter=Q(state=S.PAID), distinct=True),
            yuan=Sum("amount", filter=~Q(fund="")),
        )
    )
    marks = hidden(rows, lambda row: row["people"])
    return [
        TownDue(
            row["person__town"],
            None if mark else row["people"],
            None if mark or small(row["paid"]) else row["paid"],
            None if mark else row["yuan"] or Decimal(0),
        )
        for row, mark in zip(rows, marks, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class MonthMoves:
    """What moved in one month, in yuan."""

    month: date
    confirmed: Decimal
    approved: Decimal
    paid: Decimal


def months_moved(reach: Q, fund_only: bool = True) -> Sequence[MonthMoves]:
    """Yuan confirmed, approved and paid by month, the oldest first; money of funds only, unless said otherwise.

    Months in which fewer than five people took a step are left out.
    """
    within = Entitlement.objects.filter(reach)
    if fund_only:
        within = within.exclude(fund="")
    rows = (
        Step.objects.filter(entitlement__in=within, move__in=("confirm", "approve", "pay"))
        .annotate(month=TruncMonth("at"))
        .values("month", "move")
        .annotate(yuan=Sum("amount"), people=Count("entitlement__person", distinct=True))
        .order_by("month")
    )
    found: dict[date, dict[str, Decimal]] = {}
    for row in rows:
        if not small(row["people"]):
            found.setdefault(row["month"].date(), {})[row["move"]] = row["yuan"] or Decimal(0)
    zero = Decimal(0)
    return [
        MonthMoves(month, moves.get("confirm", zero), moves.get("approve", zero), moves.get("pay", zero))
        for month, moves in sorted(found.items())
    ]
