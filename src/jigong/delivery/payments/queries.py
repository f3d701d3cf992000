"""Reading payments: what can be paid now, batches, and one entitlement's attempts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Prefetch, QuerySet, Sum

from jigong.delivery.models import Hold
from jigong.delivery.payments.enums import BATCH_LABELS, PAYMENT_LABELS, BatchState, PaymentState
from jigong.delivery.payments.models import Batch, PayingAccount, Payment, ReturnFile
from jigong.delivery.payments.payables import unpaid
from jigong.delivery.payments.returns import open_lines
from jigong.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Ready:
    """Approved money of one fund that is in no payment."""

    count: int
    total: Decimal
    """Yuan."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch as a list shows it."""

    id: int
    fund: str
    number: str
    state: BatchState
    label: Text
    count: int
    total: Decimal
    paid: int
    failed: int
    made_by_id: int
    made_at: datetime
    released_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay an entitlement."""

    payment: int
    batch: str
    state: PaymentState
    label: Text
    attempt: int
    amount: Decimal
    bank: str
    last4: str
    """Of the account it went to."""
    reason: str
    settled_at: datetime | None


def ready(fund: str) -> Ready:
    """How much waits to be put into a batch."""
    found = unpaid(fund).aggregate(count=Count("pk"), total=Sum("amount"))
    return Ready(found["count"], found["total"] or Decimal("0.00"))


def batches(fund: str | None = None) -> QuerySet[Batch]:
    """The batches of a fund, or of all; the newest first."""
    found = Batch.objects.select_related("made_by", "released_by", "sent_by", "paying_account")
    return found if fund is None else found.filter(fund=fund)


def batch_lines(fund: str | None = None, most: int = 100) -> list[BatchLine]:
    """The newest batches with how far each has come."""
    rows = list(batches(fund)[:most])
    counts = {
        (batch, state): count
        for batch, state, count in Payment.objects.filter(batch__in=rows)
        .values_list("batch", "state")
        .annotate(count=Count("pk"))
        .order_by()
    }
    return [
        BatchLine(
            row.pk, row.fund, row.number, BatchState(row.state), BATCH_LABELS[BatchState(row.state)], row.count, row.total,
            counts.get((row.pk, PaymentState.PAID), 0), counts.get((row.pk, PaymentState.FAILED), 0),
            row.made_by_id, row.made_at, row.released_at, row.sent_at,
        )
        for row in rows
    ]  # fmt: skip


def on_hold(batch: Batch) -> list[Payment]:
    """The payments of a batch whose entitlement is held: with them it cannot be released. Each entitlement has its open holds as ``on``."""
    open_ = Prefetch("entitlement__holds", Hold.objects.filter(lifted_at=None).order_by("id"), to_attr="on")
    rows = batch.payments.filter(entitlement__held=True).select_related("entitlement").order_by("pk")
    return list(rows.prefetch_related(open_))


def attempts(entitlement: int) -> list[Attempt]:
    """Every attempt to pay an entitlement, the first first."""
    return [_attempt(row) for row in _attempts(Payment.objects.filter(entitlement_id=entitlement))]


def earlier(payments: Iterable[Payment]) -> dict[int, list[Attempt]]:
    """By payment the failed attempts of its entitlement before it: whoever lets it go should know of them."""
    payments = list(payments)
    failed = Payment.objects.filter(
        entitlement__in=[p.entitlement_id for p in payments], state=PaymentState.FAILED
    )
    rows = list(_attempts(failed))
    return {
        p.pk: [_attempt(row) for row in rows if row.entitlement_id == p.entitlement_id and row.pk < p.pk]
        for p in payments
    }


def _attempts(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    return payments.select_related("batch", "bank_account").order_by("pk")


def _attempt(row: Payment) -> Attempt:
    return Attempt(
        row.pk, row.batch.number, PaymentState(row.state), PAYMENT_LABELS[PaymentState(row.state)], row.attempt,
        row.amount, row.bank_account.bank, row.bank_account.last4, row.reason, row.settled_at,
    )  # fmt: skip


def to_confirm() -> dict[int, int]:
    """Of each return file how many of its lines wait for a second person."""
    return dict(open_lines().order_by().values_list("file").annotate(count=Count("pk")))


def paying_account(fund: str) -> PayingAccount | None:
    """The account the fund pays from now; None where none was entered."""
    return PayingAccount.objects.filter(fund=fund).order_by("-pk").first()


def return_files(most: int = 100) -> QuerySet[ReturnFile]:
    """The newest return files."""
    return ReturnFile.objects.select_related("taken_by")[:most]
