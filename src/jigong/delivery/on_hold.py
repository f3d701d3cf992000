"""The queue of what is on hold: its lines by the deadline of their holds, and how many wait for one and the same thing."""

from dataclasses import dataclass, replace

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.queries import COUNTED, PAGE, Counted, Cursor, Waiting, Wanted, narrowed
from jigong.delivery.states import UNDERWAY, Cause

_OPEN = Hold.objects.filter(entitlement=OuterRef("pk"), lifted_at=None)


@dataclass(frozen=True, slots=True)
class Group:
    """What many wait for: the delivery of a class of data, or (no class) whatever ends a cause."""

    cause: Cause
    data_class: str
    count: int
    records: int
    """How many of them wait for a record of the class to be put right."""


def held(reach: Q, wanted: Wanted) -> QuerySet[Entitlement]:
    """The entitlements on hold within ``reach`` that are wanted; ``due`` is about the hold's deadline."""
    found = narrowed(reach, UNDERWAY, replace(wanted, held=True, due=None))
    holds = _OPEN
    if wanted.cause:
        holds = holds.filter(cause=wanted.cause)
    if wanted.classes is not None:
        classes = list(wanted.classes)
        holds = holds.filter(Q(classes__overlap=classes) | Q(records__overlap=classes))
    if wanted.due is not None:
        holds = holds.filter(deadline__lte=wanted.due)
    return found.filter(Exists(holds))


def held_page(reach: Q, wanted: Wanted, after: Cursor | None = None, size: int = PAGE) -> Waiting:
    """One page of it, the nearest deadline of a hold first. Each line has its open holds as ``on``."""
    by = Subquery(_OPEN.order_by("deadline").values("deadline")[:1])
    rows = held(reach, wanted).annotate(by=by).select_related("person", "organisation")
    if after is not None and after.deadline is not None:
        rows = rows.filter(Q(by__gt=after.deadline) | Q(by=after.deadline, pk__gt=after.id))
    open_ = Prefetch("holds", Hold.objects.filter(lifted_at=None).order_by("id"), to_attr="on")
    lines = list(rows.order_by("by", "pk").prefetch_related(open_)[: size + 1])
    page = tuple(lines[:size])
    return Waiting(page, Cursor(page[-1].by, page[-1].pk) if len(lines) > size else None)


def count(reach: Q, wanted: Wanted) -> Counted:
    """How many there are, as far as :data:`~jigong.delivery.queries.COUNTED`."""
    found = held(reach, wanted).order_by().values("pk")[: COUNTED + 1].count()
    return Counted(min(found, COUNTED), found > COUNTED)


def groups(reach: Q) -> list[Group]:
    """How many wait for what, those for whom most wait first. What waits for two things counts under both."""
    rows = (
        Hold.objects.filter(lifted_at=None, entitlement__in=held(reach, Wanted()).values("pk"))
        .values_list("cause", "classes", "records")
        .annotate(lines=Count("pk"))
        .order_by()
    )
    counts: dict[tuple[Cause, str], list[int]] = {}
    for cause, classes, records, lines in rows:
        for name in {*classes, *records} or {""}:
            count = counts.setdefault((Cause(cause), name), [0, 0])
            count[0] += lines
            count[1] += lines * (name in records)
    found = [Group(cause, name, *count) for (cause, name), count in counts.items()]
    return sorted(found, key=lambda group: (-group.count, group.cause, group.data_class))
