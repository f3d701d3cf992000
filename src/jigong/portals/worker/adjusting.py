"""What later data make of money a worker was given: to be paid more, or asked back, and why, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import Withdrawn, changes_of, withdrawn_of
from jigong.delivery.replay.words import says
from jigong.kernel.text import Language, Text
from jigong.portals.kit.lawbook import Lawbook
from jigong.portals.worker.situation import reference_of


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A fact that is not what it was."""

    label: Text
    then: str
    now: str
    wrong_url: str
    """Where to say that it is wrong."""


@dataclass(frozen=True, slots=True)
class ShownAdjustment:
    """One proposal or its answer."""

    row: Adjustment
    clause: str
    arrears: bool
    amount: Decimal
    at: datetime
    says: Text
    reason: str
    changes: tuple[ShownChange, ...]
    withdrawn: tuple[Withdrawn, ...]


def adjustments_of(
    entitlements: Iterable[Entitlement], book: Lawbook, language: Language
) -> list[ShownAdjustment]:
    """The proposals about these entitlements, the newest first; those a newer one replaced are left out."""
    by_id = {
        entitlement.pk: entitlement for entitlement in entitlements if entitlement.organisation_id is None
    }
    if not by_id:
        return []
    rows = Adjustment.objects.filter(entitlement__in=by_id).exclude(state=AdjustmentState.REPLACED)
    rows = rows.prefetch_related("statements", "repayments")
    return [
        ShownAdjustment(
            row, by_id[row.entitlement_id].clause, row.direction == Direction.ARREARS, row.amount,
            row.answered_at or row.decided_at or row.created_at, says(row), row.reason,
            _changes(row, by_id[row.entitlement_id], book, language), tuple(withdrawn_of(row, book.law.pack)),
        )
        for row in rows.order_by("-id")
    ]  # fmt: skip


def _changes(
    row: Adjustment, entitlement: Entitlement, book: Lawbook, language: Language
) -> tuple[ShownChange, ...]:
    return tuple(
        ShownChange(
            change.label, book.shown(change.name, change.then, language),
            book.shown(change.name, change.now, language), _wrong_url(change.name, entitlement, book),
        )
        for change in changes_of(row, book.law.pack)
    )  # fmt: skip


def _wrong_url(fact: str, entitlement: Entitlement, book: Lawbook) -> str:
    """The form about this fact, of the subject the entitlement is for where the fact belongs to it."""
    pack, url = book.law.pack, reverse("worker:wrong", args=[fact])
    topic, clause = pack.fact_topics.get(fact), pack.clauses.get(entitlement.clause)
    if topic is None or clause is None or topic.header.value.subject == "worker":
        return url
    own = topic.header.value.subject == clause.clause.value.per
    return f"{url}?of={reference_of(entitlement.open_subject())}" if own else url
