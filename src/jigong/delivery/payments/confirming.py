"""A second person's word on payments that failed or came back: only then is their money free to be paid again."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from jigong.accounts.humans import is_second, refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.actions import StaleError, move
from jigong.delivery.ledger.posting import post
from jigong.delivery.payments.answered import Answer, Answered
from jigong.delivery.payments.enums import SECOND, Outcome
from jigong.delivery.payments.models import Payment, ReturnAnswer, ReturnFile, ReturnLine
from jigong.delivery.payments.returns import (
    KINDS,
    MOVES,
    advance,
    lock_batches,
    lock_entitlements,
    note_answer,
    outcome_of,
    posting_of,
)
from jigong.delivery.payments.rights import may_pay
from jigong.delivery.signals import unpaid
from jigong.kernel.problems import error


@transaction.atomic
def confirm_returns(*, lines: Collection[int], by: Account, at: datetime) -> int:
    """Book what the bank says failed or came back. Gives how many; those that somebody answered before are passed over.

    Locks: file, batches, entitlements, books, record.

    Raises:
        StaleError: the bank has said otherwise of one of them since; nothing was booked.
        JigongError: the account may not pay, or its human took the file in.
    """
    may_pay(by)
    found = _unanswered(lines)
    refuse_same_human(
        by, *(line.file.taken_by for line in found),
        zh="失败和退汇要两个人：上传回单的人不能自己确认",
        en="what failed or came back takes two people: who took the return in does not confirm",
        remedy=("请另一位财务人员对照银行流水确认", "ask another person in finance to look at the bank's statement and confirm"),
    )  # fmt: skip
    ids = [line.payment_id for line in found if line.payment_id is not None]
    batches = lock_batches(sorted(set(Payment.objects.filter(pk__in=ids).values_list("batch_id", flat=True))))
    entitlements = lock_entitlements(
        list(Payment.objects.filter(pk__in=ids).values_list("entitlement_id", flat=True))
    )
    payments = Payment.objects.in_bulk(ids)
    postings = []
    for line in found:
        payment, outcome = payments[line.payment_id or 0], Outcome(line.outcome)
        entitlement = entitlements[payment.entitlement_id]
        said = Answer.FAILED if outcome is Outcome.FAILED else Answer.RETURNED
        answered = Answered(line.place, line.end_to_end_id, said, line.amount, line.reason, line.reference)
        if outcome_of(answered, payment, entitlement) != outcome:
            raise _contradicted(line)
        postings.append(posting_of(payment, KINDS[outcome], batches[payment.batch_id].fund))
        note_answer(payment, answered, outcome, at)
        unpaid.send(sender=Payment, payment=payment, entitlement=entitlement, at=at)
        if outcome in MOVES:
            move(entitlement, MOVES[outcome], by=by, at=at, reason=payment.reason)
    post(postings, by=by, at=at)
    Payment.objects.bulk_update(payments.values(), ["state", "reason", "bank_reference", "settled_at"])
    ReturnAnswer.objects.bulk_create(ReturnAnswer(line=line, confirmed=True, by=by, at=at) for line in found)
    for batch in batches.values():
        advance(batch, by=by, at=at)
    _record("confirm_returns", found, by, at, "")
    return len(found)


@transaction.atomic
def decline_returns(*, lines: Collection[int], text: str, by: Account, at: datetime) -> int:
    """These lines take no effect: the bank, or whoever wrote the file, was wrong. Gives how many were open.

    Raises:
        JigongError: the account may not pay, or gives no reason.
    """
    may_pay(by)
    if not text.strip():
        raise error("不予确认须写明理由", "declining needs a reason", remedy=("写明理由", "say why"))
    found = _unanswered(lines)
    ReturnAnswer.objects.bulk_create(
        ReturnAnswer(line=line, confirmed=False, text=text.strip(), by=by, at=at) for line in found
    )
    _record("decline_returns", found, by, at, text)
    return len(found)


def may_confirm(account: Account, file: ReturnFile) -> bool:
    """Whether the account's human is another than who took the file in."""
    return is_second(account, file.taken_by)


def _unanswered(lines: Collection[int]) -> list[ReturnLine]:
    """Those of the lines that wait for a second person, their files locked."""
    wanted = ReturnLine.objects.filter(pk__in=lines, outcome__in=SECOND)
    list(ReturnFile.objects.filter(lines__in=wanted).order_by("pk").select_for_update(no_key=True))
    return list(wanted.filter(answer__isnull=True).select_related("file__taken_by").order_by("pk"))


def _contradicted(line: ReturnLine) -> StaleError:
    problem = error(
        f"第 {line.place} 行（{line.end_to_end_id}）与之后的回单矛盾，或另一行已处理过，没有入账",
        f"line {line.place} ({line.end_to_end_id}) contradicts a later return, or another line did the same; nothing was booked",
        remedy=("对照银行流水；有误的一行选“不予确认”", "look at the bank's statement, and decline the line that is wrong"),
    )  # fmt: skip
    return StaleError(*problem.problems)


def _record(step: str, lines: list[ReturnLine], by: Account, at: datetime, reason: str) -> None:
    for file in sorted({line.file_id for line in lines}):
        record(
            f"payments.{step}", by=by, at=at, object_kind="return_file", object_id=file, reason=reason,
            detail={"payments": [line.payment_id for line in lines if line.file_id == file]},
        )  # fmt: skip
