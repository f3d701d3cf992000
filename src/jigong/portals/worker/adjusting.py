"""What later data make of money a worker was given: to be paid more, or asked back, and why, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import Withdrawn, changes_of, withdrawn_of
from jigong.kernel.text import Language, Text
from jigong.portals.kit.lawbook import Lawbook
from jigong.portals.worker.situation import reference_of

_SAYS = {
    (Direction.ARREARS, AdjustmentState.PROPOSED): Text(
        "按更正后的数据应当补发，正在由主管部门决定",
        "with the corrected data more is due; the office is deciding",
    ),
    (Direction.ARREARS, AdjustmentState.ACCEPTED): Text("同意补发", "it was agreed to pay more"),
    (Direction.RECOVERY, AdjustmentState.PROPOSED): Text(
        "按更正后的数据多发了，是否追回正在由主管部门决定",
        "with the corrected data too much was paid; the office is deciding whether to ask it back",
    ),
    (Direction.RECOVERY, AdjustmentState.ACCEPTED): Text(
        "决定追回多发的部分，经办人员会与您联系",
        "what was paid too much is asked back; the office will contact you",
    ),
    (Direction.RECOVERY, AdjustmentState.APPEALED): Text(
        "您对追回提出了申诉，答复前不用退款",
        "you have appealed; nothing has to be paid back before the answer",
    ),
    (Direction.RECOVERY, AdjustmentState.SETTLED): Text("多发的部分已退回", "what was paid too much is back"),
}
_LEFT = Text("主管部门决定不调整，金额不变", "the office left the sum as it was")
_UPHELD = Text("申诉成立，不再追回", "your appeal was upheld; nothing is asked back")
_GIVEN_BACK = Text(
    "申诉成立，不再追回；已退回的作为补发还给您，请确认",
    "your appeal was upheld; what you paid back is due to you again, please confirm it",
)
_DISMISSED = Text("申诉不成立，多发的部分仍须退回", "your appeal was dismissed; the sum is still asked back")


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
            row.answered_at or row.decided_at or row.created_at, _says(row), row.reason,
            _changes(row, by_id[row.entitlement_id], book, language), tuple(withdrawn_of(row, book.law.pack)),
        )
        for row in rows.order_by("-id")
    ]  # fmt: skip


def _says(row: Adjustment) -> Text:
    if row.answered_at is not None and row.state == AdjustmentState.REJECTED:
        return _GIVEN_BACK if row.supplement_id else _UPHELD
    if row.answered_at is not None and row.state == AdjustmentState.ACCEPTED:
        return _DISMISSED
    return _SAYS.get((Direction(row.direction), AdjustmentState(row.state)), _LEFT)


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
