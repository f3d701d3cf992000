"""Reading audits: what is to do, what was found, and whether a draw can be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import NormalDist
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet, Sum

from jigong.delivery.sampling.enums import Finding, Waits, Why
from jigong.delivery.sampling.models import Audit, Draw, Listed
from jigong.delivery.sampling.order import interval, list_hash, order_of, seed_of


@dataclass(frozen=True, slots=True)
class Found:
    """What the audits of a clause (empty: of all together) found.

    ``low`` and ``high`` bound the share wrong among all approvals, from the random samples alone;
    None where none was looked at. ``difference`` is what was paid too much (yuan; negative: too little).
    """

    clause: str
    random: int
    random_wrong: int
    risky: int
    risky_wrong: int
    open: int
    low: float | None
    high: float | None
    difference: Decimal

    @property
    def share(self) -> float | None:
        """The share wrong in the random samples."""
        return self.random_wrong / self.random if self.random else None


def found_by_clause(reach: Q, confidence: Decimal) -> list[Found]:
    """What was found, clause by clause, all together last; ``reach`` is a condition on entitlements."""
    rows = (
        within(reach)
        .values_list("entitlement__clause")
        .annotate(
            random=Count("pk", filter=Q(why=Why.RANDOM) & ~Q(finding=Finding.OPEN)),
            random_wrong=Count("pk", filter=Q(why=Why.RANDOM, finding=Finding.WRONG)),
            risky=Count("pk", filter=Q(why=Why.RISK) & ~Q(finding=Finding.OPEN)),
            risky_wrong=Count("pk", filter=Q(why=Why.RISK, finding=Finding.WRONG)),
            open=Count("pk", filter=Q(finding=Finding.OPEN)),
            difference=Sum(F("entitlement__amount") - F("should_be"), filter=Q(finding=Finding.WRONG)),
        )
        .order_by("entitlement__clause")
    )
    z = NormalDist().inv_cdf(0.5 + float(confidence) / 2)
    each = [_found(clause, z, counts, difference) for clause, *counts, difference in rows]
    sums = [
        sum(column)
        for column in zip(
            *((f.random, f.random_wrong, f.risky, f.risky_wrong, f.open) for f in each), strict=True
        )
    ]
    return [*each, _found("", z, sums or [0] * 5, sum((one.difference for one in each), Decimal(0)))]


def _found(clause: str, z: float, counts: Sequence[int], difference: Decimal | None) -> Found:
    random, random_wrong, risky, risky_wrong, open_ = counts
    low, high = interval(random_wrong, random, z) or (None, None)
    return Found(clause, random, random_wrong, risky, risky_wrong, open_, low, high, difference or Decimal(0))


def within(reach: Q) -> QuerySet[Audit]:
    """Audits whose entitlement lies within ``reach``."""
    return Audit.objects.filter(_of_entitlement(reach))


def findings(reach: Q) -> QuerySet[Audit]:
    """What was found wrong and is not answered, whatever is late first."""
    return within(reach).exclude(waits=Waits.NOBODY).order_by("answer_by", "id")


def findings_of(entitlement: int) -> list[Audit]:
    """What was found wrong with an entitlement, answered or not, with the answers."""
    rows = Audit.objects.filter(entitlement=entitlement, finding__in=(Finding.WRONG, Finding.REFUTED))
    return list(rows.select_related("by").prefetch_related("answers__by").order_by("id"))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many findings wait for an answer, and of how many the deadline has passed."""

    count: int
    late: int


def unanswered(reach: Q, today: date) -> Unanswered:
    """How many findings within ``reach`` wait."""
    late = Count("pk", filter=Q(answer_by__lt=today))
    return Unanswered(**findings(reach).order_by().aggregate(count=Count("pk"), late=late))


def _of_entitlement(reach: Q) -> Q:
    """A condition on entitlements as one on audits."""
    children: list[Any] = []
    for child in reach.children:
        if isinstance(child, Q):
            children.append(_of_entitlement(child))
        else:
            name, value = cast(tuple[str, Any], child)
            children.append((f"entitlement__{name}", value))
    return Q(*children, _connector=reach.connector, _negated=reach.negated)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What repeating a draw from its list gave: whether the hash, the seed and the order are the same."""

    list_same: bool
    seed_same: bool
    order_same: bool

    @property
    def same(self) -> bool:
        """Whether everything is."""
        return self.list_same and self.seed_same and self.order_same


def repeat(draw: Draw) -> Repeated:
    """Draw again from the published list and seed."""
    listed = list(Listed.objects.filter(draw=draw).order_by("place").values_list("step_id", flat=True))
    hashed = list_hash(listed)
    seed = seed_of(hashed, draw.line_hash)
    return Repeated(hashed == draw.list_hash, seed == draw.seed, order_of(seed, listed) == listed)
