"""From approved entitlements to a batch, which says what it left out and why."""

import secrets
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from jigong.accounts.models import Account, BankAccount
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.ledger.queries import reserved_years
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.enums import OVER, BatchState, PaymentState
from jigong.delivery.payments.models import Batch, Payment
from jigong.delivery.payments.obstacles import outside
from jigong.delivery.payments.payables import Payable, payables, unpaid
from jigong.delivery.payments.rights import may_pay
from jigong.delivery.replay.looking import decide_before_paying
from jigong.kernel.problems import error

MOST = 5_000
"""Payments in one batch; what is left over goes into the next."""


def make_batch(*, fund: str, by: Account, at: datetime) -> Batch:
    """Put every entitlement of the fund that can be paid now into one batch, to be released by somebody else.

    Each is decided again first, unless that was done with the newest data: what is not certain any more, or comes out
    otherwise, is held and left out.
    Two people who do this at the same time never get the same entitlement.

    Raises:
        JigongError: there is nothing to pay, or the account may not pay.
    """
    may_pay(by)
    wanted = list(unpaid(fund).values_list("pk", flat=True)[:MOST])
    decide_before_paying(wanted, by=by, at=at)
    return _make(fund, by, at)


@transaction.atomic
def _make(fund: str, by: Account, at: datetime) -> Batch:
    ready = _ready(fund, at)
    if not ready:
        raise error(
            "没有可以支付的事项",
            "there is nothing to pay",
            remedy=("“付不出去的”一页列出每一件的原因和下一步", "the page of what is held up says for each why, and what to do"),
        )  # fmt: skip
    batch = _batch(fund, sum((_amount(p.entitlement) for p, _, _ in ready), Decimal(0)), len(ready), by, at)
    Payment.objects.bulk_create(
        Payment(
            batch=batch,
            entitlement=payable.entitlement,
            attempt=payable.attempt,
            year=year,
            payee=account.holder,
            bank_account=account,
            amount=_amount(payable.entitlement),
            end_to_end_id=f"{batch.number}N{place:06d}",
        )
        for place, (payable, account, year) in enumerate(ready, start=1)
    )
    left_out: dict[str, list[int]] = {}
    for one in outside(fund, at=at):
        left_out.setdefault(one.obstacle.value, []).append(one.entitlement.pk)
    batch.left_out = left_out
    batch.save(update_fields=["left_out"])
    record(
        "payments.make_batch", by=by, at=at, object_kind="batch", object_id=batch.pk,
        detail={"number": batch.number, "fund": fund, "count": batch.count, "total": batch.total},
    )  # fmt: skip
    return batch


def _ready(fund: str, at: datetime) -> list[tuple[Payable, BankAccount, int]]:
    """What can be paid now, locked: where to, and from which year's budget. Those that cannot do not block the rest."""
    ready: list[tuple[Payable, BankAccount, int]] = []
    after = 0
    while len(ready) < MOST:
        waiting = unpaid(fund).filter(pk__gt=after)
        rows = list(waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)[:MOST])
        if not rows:
            break
        after = rows[-1].pk
        # Another batch, or a hold, may have been committed after the question and before the lock.
        taken = {row.pk for row in rows if row.held} | set(
            Payment.objects.filter(entitlement__in=[row.pk for row in rows])
            .exclude(state__in=OVER)
            .values_list("entitlement_id", flat=True)
        )
        years = reserved_years([row.pk for row in rows])
        ready += [
            (payable, payable.account, years[payable.entitlement.pk])
            for payable in payables([row for row in rows if row.pk not in taken], at=at)
            if payable.account is not None and payable.until is None and payable.entitlement.pk in years
        ]
    return ready[:MOST]


def _batch(fund: str, total: Decimal, count: int, by: Account, at: datetime) -> Batch:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('payments_batch', 'id'))")
        (id_,) = cursor.fetchone()
    # The last four tell apart two batches of one number where an old backup was restored in between.
    number = f"JG{day_of(at):%Y%m%d}{id_:06d}{secrets.token_hex(2).upper()}"
    return Batch.objects.create(
        id=id_, fund=fund, number=number, count=count, total=total, made_by=by, made_at=at
    )  # fmt: skip


def _amount(entitlement: Entitlement) -> Decimal:
    return entitlement.amount or Decimal(0)


@transaction.atomic
def discard(*, batch: int, by: Account, at: datetime, reason: str) -> Batch:
    """Give up a batch that was not released; what is in it can go into another.

    Raises:
        JigongError: it was released (then its file may be anywhere), no reason is given, or the account may not pay.
    """
    may_pay(by)
    if not reason.strip():
        raise error("作废批次须写明理由", "discarding a batch needs a reason", remedy=("写明理由", "say why"))
    found = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch)
    if found.state == BatchState.DISCARDED:
        return found
    if found.state != BatchState.DRAFT:
        raise error(
            f"批次 {found.number} 已放行，不能作废",
            f"batch {found.number} was released and cannot be discarded",
            remedy=("等银行回单；被退回的款项会重新待付", "wait for the bank's return; what it refuses can be paid again"),
        )  # fmt: skip
    found.payments.update(state=PaymentState.DISCARDED, reason=reason)
    found.state = BatchState.DISCARDED
    found.save(update_fields=["state"])
    record("payments.discard", by=by, at=at, object_kind="batch", object_id=found.pk, reason=reason)
    return found
