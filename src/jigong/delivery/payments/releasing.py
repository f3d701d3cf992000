"""A second person lets a batch go; somebody takes its file to the bank; accounts are entered and vouched for."""

from datetime import date, datetime

from django.db import transaction

from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.actions import StaleError
from jigong.delivery.ledger.enums import Kind
from jigong.delivery.ledger.posting import Posting, post
from jigong.delivery.models import Entitlement
from jigong.delivery.own import others, own, own_matter, ties_of
from jigong.delivery.payments.enums import BATCH_LABELS, BatchState, PaymentState
from jigong.delivery.payments.models import PAYING_NUMBER, Batch, PayingAccount, Payment
from jigong.delivery.payments.rights import may_pay
from jigong.delivery.replay.looking import decide_before_paying
from jigong.kernel.problems import error

_OUT = (BatchState.RELEASED, BatchState.SENT, BatchState.CLOSED)


def release(*, batch: int, by: Account, at: datetime, on: date | None = None) -> Batch:
    """Let a batch go: from now on its file can be had, and its money counts as being paid.

    Each entitlement is decided again first, unless that was done with the newest data; while one is held the batch stays.

    Because the file may then be anywhere, a released batch is never discarded: only the bank's
    answer ends it. ``on`` is the day the bank is asked to pay, that of ``at`` unless given. A double
    click changes nothing.

    Raises:
        StaleError: somebody else has released or discarded it.
        JigongError: the account made the batch itself, or entered the account that it is the first to be paid from, or
            may not pay; a payee has changed the account since; or something in it is held.
    """
    may_pay(by)
    decide_before_paying(_entitlements(batch), by=by, at=at)
    return _release(batch, by, at, on)


def _entitlements(batch: int) -> list[int]:
    return list(Payment.objects.filter(batch=batch).order_by("pk").values_list("entitlement_id", flat=True))


@transaction.atomic
def _release(batch: int, by: Account, at: datetime, on: date | None) -> Batch:
    # Whoever puts on a hold locks the entitlement: it is there before the question below, or comes after the release.
    list(
        Entitlement.objects.filter(pk__in=_entitlements(batch))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .values_list("pk")
    )
    found = _locked(batch)
    if found.state in _OUT and found.released_by_id == by.pk:
        return found
    if found.state != BatchState.DRAFT:
        raise _stale(found)
    refuse_same_human(
        by, found.made_by, zh="编制批次的人不能放行", en="whoever made a batch cannot release it",
        remedy=("请另一位财务人员复核放行", "ask another person in finance to look and release"),
    )  # fmt: skip
    _refuse_own(found, by)
    paying = (
        PayingAccount.objects.filter(fund=found.fund).select_related("created_by").order_by("-pk").first()
    )
    _refuse_unseen(paying, by)
    changed = found.payments.filter(bank_account__active=False).count()
    if changed:
        raise error(
            f"有 {changed} 位收款人在编制批次之后更换了账户",
            f"{changed} payees have changed their account since the batch was made",
            remedy=("作废这个批次，重新编制", "discard the batch and make it anew"),
        )
    if (count := found.payments.filter(entitlement__held=True).count()) > 0:
        raise error(
            f"其中有 {count} 件在编制批次之后暂缓办理",
            f"{count} of its payments are on hold since the batch was made",
            remedy=("作废这个批次，重新编制：暂缓的会留在外面", "discard the batch and make it anew: what is held stays out"),
        )  # fmt: skip
    post([_posting(payment, found.fund) for payment in found.payments.order_by("pk")], by=by, at=at)
    found.payments.update(state=PaymentState.SENT)
    found.state, found.released_by, found.released_at = BatchState.RELEASED, by, at
    found.released_on = on or day_of(at)
    found.paying_account = paying
    found.save()
    record(
        "payments.release", by=by, at=at, object_kind="batch", object_id=found.pk,
        detail={"number": found.number, "count": found.count, "total": found.total},
    )  # fmt: skip
    return found


def _refuse_own(batch: Batch, by: Account) -> None:
    """Refuse to release money to oneself, one's household, or an enterprise one belongs to."""
    paid = Entitlement.objects.filter(payments__batch=batch).select_related("person")
    mine = list(paid.filter(ties_of(by).people)[:1])
    if mine:
        why = own(by, mine[0])
        assert why is not None
        raise own_matter(why, others(by, Permission.PAY, "", paid, besides=[batch.made_by]))


def _refuse_unseen(paying: PayingAccount | None, by: Account) -> None:
    """Refuse whoever entered a paying account to let the first batch go from it: two people have to have seen it."""
    if paying is not None and not Batch.objects.filter(paying_account=paying).exists():
        refuse_same_human(
            by, paying.created_by,
            zh=f"付款账户（尾号 {paying.last4}）由您登记，还没有人核对过：首次用它付款须由另一人放行",
            en=f"you entered the paying account ending in {paying.last4}, and nobody else has seen it: another person releases the first batch from it",
            remedy=("请另一位财务人员核对付款账户后放行", "ask another person in finance to look at the account and release"),
        )  # fmt: skip


def _posting(payment: Payment, fund: str) -> Posting:
    event = f"send:{payment.pk}"
    return Posting(
        event, Kind.SEND, fund, payment.year, payment.amount, payment.entitlement_id, payment.pk
    )  # fmt: skip


@transaction.atomic
def mark_sent(*, batch: int, by: Account, at: datetime) -> Batch:
    """Note that the file went to the bank. It is noted once; the file stays the same, so sending it again is harmless.

    Raises:
        StaleError: the batch is not released.
        JigongError: the account may not pay.
    """
    may_pay(by)
    found = _locked(batch)
    if found.state in (BatchState.SENT, BatchState.CLOSED):
        return found
    if found.state != BatchState.RELEASED:
        raise _stale(found)
    found.state, found.sent_by, found.sent_at = BatchState.SENT, by, at
    found.save(update_fields=["state", "sent_by", "sent_at"])
    record("payments.mark_sent", by=by, at=at, object_kind="batch", object_id=found.pk, detail={"number": found.number})  # fmt: skip
    return found


@transaction.atomic
def same_account(*, payment: int, by: Account, at: datetime, reason: str) -> Payment:
    """Say that a failed payment's account is right after all, so that the next batch tries it again.

    Raises:
        JigongError: the payment has not failed, no reason is given, or the account may not pay.
    """
    may_pay(by)
    found = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment)
    if found.state != PaymentState.FAILED or not reason.strip():
        raise error(
            "只有失败的付款可以按原账户重付，并须写明理由",
            "only a failed payment can be tried again to the same account, and a reason is needed",
            remedy=("核对付款状态，写明理由", "check the payment, and say why"),
        )
    if found.same_account_by_id is None:
        found.same_account_by = by
        found.save(update_fields=["same_account_by"])
        record("payments.same_account", by=by, at=at, object_kind="payment", object_id=found.pk, reason=reason)  # fmt: skip
    return found


@transaction.atomic
def set_paying_account(
    *, fund: str, holder: str, number: str, bank: str, clearing_code: str = "", by: Account, at: datetime
) -> PayingAccount:
    """Enter the account a fund pays from; batches released from now on use it, the first let go by somebody else.

    Raises:
        JigongError: something is missing or malformed, or the account may not pay.
    """
    may_pay(by)
    digits = "".join(number.split())
    if not (
        holder.strip() and bank.strip() and 6 <= len(digits) <= 34 and digits.isascii() and digits.isalnum()
    ):
        raise error(
            "户名、开户行和账号（6 至 34 位数字或字母）都要填写",
            "holder, bank and number (6 to 34 digits or letters) are needed",
            remedy=("核对后重新填写", "check and enter them again"),
        )  # fmt: skip
    if clearing_code and not (
        len(clearing_code) == 12 and clearing_code.isascii() and clearing_code.isdigit()
    ):
        raise error(
            "行号须为 12 位数字", "the clearing code has 12 digits", remedy=("不知道就留空", "leave it empty if unknown")
        )  # fmt: skip
    made = PayingAccount.objects.create(
        fund=fund, holder=holder.strip(), number=seal_text(digits, PAYING_NUMBER), last4=digits[-4:], bank=bank.strip(),
        clearing_code=clearing_code, created_at=at, created_by=by,
    )  # fmt: skip
    record("payments.set_paying_account", by=by, at=at, object_kind="fund", object_id=fund, detail={"id": made.pk})  # fmt: skip
    return made


def _locked(batch: int) -> Batch:
    return Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch)


def _stale(batch: Batch) -> StaleError:
    label = BATCH_LABELS[BatchState(batch.state)]
    found = error(
        f"批次 {batch.number} 现在是“{label.zh}”，本次操作没有执行",
        f"batch {batch.number} is now “{label.en}”; nothing was done",
        remedy=("看一眼最新内容，再决定", "look at it again, then decide"),
    )
    return StaleError(*found.problems)
