"""Reading entitlements: queues in pages that stay quick however long they are, and what surrounds one of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from jigong.accounts.models import Person
from jigong.delivery.models import AmountException, Basis, Entitlement, Step
from jigong.delivery.states import State
from jigong.packs.pack import Pack

PAGE = 50
"""Lines of a queue on one page."""
COUNTED = 10_000
"""A queue is counted so far; what is longer is “more than”."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a queue is asked for; None or an empty text leaves a side open.

    ``risk`` and ``least`` are lower bounds, ``due`` is the last day of the deadline.
    """

    clause: str = ""
    town: str = ""
    mode: str = ""
    due: date | None = None
    risk: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    held: bool = False
    """What is on hold, or what is not."""
    cause: str = ""
    """Of what is on hold: why."""
    classes: tuple[str, ...] | None = None
    """Of what is on hold: what waits for one of these classes of data (:mod:`jigong.delivery.on_hold`)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which line of a queue a page begins: its deadline (None: those without one) and id."""

    deadline: date | None
    id: int

    def __str__(self) -> str:
        return f"{self.deadline or ''}.{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor that was written so; None for anything else."""
        day, _, number = text.partition(".")
        try:
            return cls(date.fromisoformat(day) if day else None, int(number))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One page of a queue, the nearest deadline first; ``after`` begins the next page, None at the end."""

    lines: tuple[Entitlement, ...]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How long a queue is; ``more`` if it was not counted to the end."""

    count: int
    more: bool = False


def narrowed(reach: Q, states: tuple[State, ...], wanted: Wanted) -> QuerySet[Entitlement]:
    """The entitlements within ``reach`` (:func:`jigong.accounts.scope.entitlement_reach`) that are wanted."""
    found = Entitlement.objects.filter(reach, state__in=states)
    given: dict[str, Any] = {
        "clause": wanted.clause,
        "person__town": wanted.town,
        "mode": wanted.mode,
        "deadline__lte": wanted.due,
        "risk__gte": wanted.risk,
        "amount__gte": wanted.least,
        "amount__lte": wanted.most,
        "held": wanted.held,
    }
    return found.filter(**{name: value for name, value in given.items() if value not in (None, "")})


def waiting(
    reach: Q, states: tuple[State, ...], wanted: Wanted, after: Cursor | None = None, size: int = PAGE
) -> Waiting:
    """One page of a queue. The cost does not grow with how far down the page is."""
    rows = narrowed(reach, states, wanted).select_related("person", "organisation")
    lines: list[Entitlement] = []
    if after is None or after.deadline is not None:
        dated = rows.filter(deadline__isnull=False)
        if after is not None:
            # Compared as a pair, so that the index is entered where the last page ended.
            pair = '("delivery_entitlement"."deadline", "delivery_entitlement"."id") > (%s, %s)'
            dated = dated.filter(RawSQL(pair, (after.deadline, after.id), output_field=BooleanField()))
        lines += dated.order_by("deadline", "id")[: size + 1]
    if len(lines) <= size:
        undated = rows.filter(deadline__isnull=True)
        if after is not None and after.deadline is None:
            undated = undated.filter(id__gt=after.id)
        lines += undated.order_by("id")[: size + 1 - len(lines)]
    page = tuple(lines[:size])
    return Waiting(page, Cursor(page[-1].deadline, page[-1].pk) if len(lines) > size else None)


def count(reach: Q, states: tuple[State, ...], wanted: Wanted | None = None) -> Counted:
    """How long a queue is, as far as :data:`COUNTED`."""
    found = narrowed(reach, states, wanted or Wanted()).order_by().values("pk")[: COUNTED + 1].count()
    return Counted(min(found, COUNTED), found > COUNTED)


@dataclass(frozen=True, slots=True)
class Alike:
    """Another entitlement of the person that bears on this one: of the same clause, or of its exclusion group."""

    entitlement: Entitlement
    same_clause: bool


def alike(entitlement: Entitlement, pack: Pack) -> list[Alike]:
    """What else the person has had or may get under the clause or its exclusion group, the newest first."""
    group = exclusion_group(entitlement.clause, pack)
    if entitlement.person is None:
        others = Entitlement.objects.filter(organisation=entitlement.organisation, person=None)
    else:
        others = Entitlement.objects.filter(person=entitlement.person)
    found = others.filter(clause__in=group).exclude(pk=entitlement.pk).order_by("-id")
    return [Alike(other, other.clause == entitlement.clause) for other in found]


def exclusion_group(clause: str, pack: Pack) -> list[str]:
    """The clauses that are not given beside one another with ``clause``, itself included."""
    if clause not in pack.clauses:
        return [clause]
    name = pack.clauses[clause].clause.value.exclusion
    return [
        id_
        for id_, files in pack.clauses.items()
        if id_ == clause or (name and files.clause.value.exclusion == name)
    ]


def latest_basis(entitlement: Entitlement) -> Basis | None:
    """What it rested on when it was last confirmed or decided; None before that."""
    return Basis.objects.filter(entitlement=entitlement).order_by("-id").first()


def exceptions_among(entitlements: list[Entitlement]) -> dict[int, AmountException]:
    """The exceptions by which entitlements have the amount they have, by id; where the amount is another by now, none."""
    newest = {
        one.entitlement_id: one
        for one in AmountException.objects.filter(entitlement__in=entitlements)
        .select_related("by")
        .order_by("pk")
    }
    return {
        one.pk: newest[one.pk]
        for one in entitlements
        if one.pk in newest and newest[one.pk].amount == one.amount
    }


def steps_of(entitlement: Entitlement) -> list[Step]:
    """Every move so far, the oldest first."""
    return list(entitlement.steps.select_related("by").order_by("id"))


def steps_since(entitlement: Entitlement, version: int) -> list[Step]:
    """What happened after somebody saw ``version``: each step made one version."""
    return steps_of(entitlement)[max(version, 0) :]


def of_person(person: Person, reach: Q) -> list[Entitlement]:
    """The person's entitlements within ``reach``, what is open first, then the newest."""
    open_ = Q(state__in=(State.CONFIRMED, State.PASSED, State.APPROVED, State.APPEALED))
    return [
        *Entitlement.objects.filter(reach, open_, person=person).order_by("-id"),
        *Entitlement.objects.filter(reach, ~open_, person=person).order_by("-id"),
    ]


@dataclass(frozen=True, slots=True)
class Overdue:
    """How much of a queue has passed its deadline, or does so within the next days."""

    late: int
    soon: int


def overdue(reach: Q, states: tuple[State, ...], today: date, soon: date, *, held: bool = False) -> Overdue:
    """What is late on ``today``, and what becomes due by ``soon``; counted as far as :data:`COUNTED` each.

    Of what is ``held`` the deadline of the hold counts.
    """
    rows = Entitlement.objects.filter(reach, state__in=states, held=held).order_by().values("pk")
    if held:
        late = Q(holds__lifted_at=None, holds__deadline__lt=today)
        near = Q(holds__lifted_at=None, holds__deadline__gte=today, holds__deadline__lte=soon)
        rows = rows.distinct()
    else:
        late, near = Q(deadline__lt=today), Q(deadline__gte=today, deadline__lte=soon)
    return Overdue(rows.filter(late)[:COUNTED].count(), rows.filter(near)[:COUNTED].count())


def by_clause(reach: Q, states: tuple[State, ...]) -> dict[str, int]:
    """How many entitlements of each clause stand in these states."""
    rows = Entitlement.objects.filter(reach, state__in=states).order_by().values_list("clause")
    return dict(rows.annotate(lines=Count("pk")))
