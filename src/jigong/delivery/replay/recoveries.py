"""A recovery after it is proposed: the payee is heard, may appeal, and pays it back at once or in parts."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.ledger.actions import recover
from jigong.delivery.ledger.models import Entry
from jigong.delivery.own import refuse_own
from jigong.delivery.replay.actions import locked_adjustment, supplement_of
from jigong.delivery.replay.models import (
    STATEMENT,
    Adjustment,
    AdjustmentState,
    Direction,
    Repayment,
    Statement,
    StatementKind,
)
from jigong.delivery.signals import adjusted
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError, error

MOST_WORDS = 2000


@transaction.atomic
def speak(*, adjustment: int, text: str, by: Account, at: datetime) -> Statement:
    """The payee says something about a proposed recovery, once. The same words again change nothing.

    Raises:
        JigongError: it is no open recovery, they have spoken before, or nothing is said.
    """
    found = locked_adjustment(adjustment)
    before = _said_before(found.hearing, text)
    if before is not None:
        return before
    if not found.may_speak:
        raise _too_late(
            "这项追回已有决定，不能再说明", "this recovery is decided; it is too late to be heard"
        )
    return _say(found, StatementKind.HEARING, text, by, at)


@transaction.atomic
def appeal(*, adjustment: int, text: str, by: Account, at: datetime) -> Statement:
    """The payee appeals against an accepted recovery, once; until the answer no money is asked. The same words again change nothing.

    Raises:
        JigongError: it is no accepted recovery, the days are over, they have appealed before, or nothing is said.
    """
    found = locked_adjustment(adjustment)
    before = _said_before(found.appeal, text)
    if before is not None:
        return before
    if not found.may_appeal(day_of(at)):
        raise _too_late(
            "这项追回没有生效，或申诉期已过", "this recovery is not in force, or its days to appeal are over"
        )
    said = _say(found, StatementKind.APPEAL, text, by, at)
    found.state, found.answer_by = AdjustmentState.APPEALED, day_of(at) + timedelta(days=_days("appeal"))
    found.save()
    return said


@transaction.atomic
def answer_appeal(*, adjustment: int, upheld: bool, reason: str, by: Account, at: datetime) -> Adjustment:
    """Somebody else than who accepted the recovery answers the appeal.

    Upheld, nothing is asked back, and what was repaid already is due again, as a supplement. Dismissed, the days
    to repay begin anew.

    Raises:
        JigongError: there is no open appeal, no reason is given, or ``by`` accepted the recovery.
    """
    if not reason.strip():
        raise error(
            "请写明理由", "please give a reason", remedy=("写上理由再提交", "write one, and send again")
        )
    found = locked_adjustment(adjustment)
    if found.state != AdjustmentState.APPEALED:
        raise error(
            "这项申诉已有人答复，本次操作没有执行", "somebody has answered this appeal already; nothing was done",
            remedy=("刷新看看结果", "reload to see the answer"),
        )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.REVIEW)
    refuse_same_human(
        by, found.decided_by, zh="同意追回的人不能答复对它的申诉",
        en="whoever agreed to a recovery does not answer the appeal against it",
        remedy=("请另一位同事答复", "let a colleague answer"),
    )  # fmt: skip
    if upheld:
        found.state = AdjustmentState.REJECTED
        if found.repaid:
            found.supplement = supplement_of(found, found.repaid, reason, at)
    else:
        found.state = AdjustmentState.ACCEPTED if found.left else AdjustmentState.SETTLED
        found.due_on = day_of(at) + timedelta(days=_days("repayment"))
    found.answered_by, found.answered_at, found.answer = by, at, reason
    found.save()
    adjusted.send(sender=Adjustment, adjustment=found, at=at)
    record(
        f"replay.{'upheld' if upheld else 'dismissed'}", by=by, at=at, object_kind="adjustment", object_id=found.pk,
        person=found.entitlement.person_id, detail={"amount": found.amount, "repaid": found.repaid}, reason=reason,
    )  # fmt: skip
    return found


@transaction.atomic
def settle(
    *, adjustment: int, reference: str, reason: str, by: Account, at: datetime, amount: Decimal | None = None
) -> Adjustment:
    """Money of an accepted recovery came back (``amount``, or all that is left; ``reference``: the bank's).

    It is booked to the fund. When all is back, the recovery is settled.

    Raises:
        JigongError: it is no accepted recovery, more comes back than is left, the reference is booked already,
            or the ledger refuses (see ``recover``).
    """
    found = locked_adjustment(adjustment)
    if found.direction != Direction.RECOVERY or found.state != AdjustmentState.ACCEPTED:
        raise error(
            "只有已同意、还没有结清的追回可以收款，本次操作没有执行",
            "only a recovery that was agreed and not settled yet takes money; nothing was done",
            remedy=(
                "刷新看看结果；申诉中的，等答复",
                "reload to see how it stands; an appeal is answered first",
            ),
        )
    refuse_own(by, found.entitlement, Permission.PAY)
    reference = reference.strip()
    if Entry.objects.filter(event=f"recover:{found.entitlement_id}:{reference}").exists():
        raise error(
            "这个银行流水号已经入过账",
            "this reference of the bank is booked already",
            remedy=("核对流水号", "check the reference"),
        )
    amount = found.left if amount is None else amount
    if not amount.is_finite() or not 0 < amount <= found.left:
        raise error(
            f"收回的金额须大于零，不超过尚欠的 {found.left:,.2f} 元",
            f"what comes back is above zero, and at most the {found.left:,.2f} yuan that are left",
            remedy=(
                "核对金额；多退的不要记在这里",
                "check the amount; what is beyond it does not belong here",
            ),
        )
    entry = recover(
        entitlement=found.entitlement_id, amount=amount, reference=reference, reason=reason, on=day_of(at), by=by, at=at
    )  # fmt: skip
    Repayment.objects.create(adjustment=found, amount=amount, reference=reference, entry=entry, at=at, by=by)
    if not found.left:
        found.state = AdjustmentState.SETTLED
        found.save()
        adjusted.send(sender=Adjustment, adjustment=found, at=at)
    record(
        "replay.settle", by=by, at=at, object_kind="adjustment", object_id=found.pk, person=found.entitlement.person_id,
        detail={"amount": amount, "reference": reference, "left": found.left}, reason=reason,
    )  # fmt: skip
    return found


def _said_before(said: Statement | None, text: str) -> Statement | None:
    """The statement of a repeated click; None where nothing was said yet.

    Raises:
        JigongError: something else was said before, or nothing is said.
    """
    if not text.strip() or len(text) > MOST_WORDS:
        raise error(
            f"请写清楚情况（不超过 {MOST_WORDS} 字）", f"please say it in at most {MOST_WORDS} characters",
            remedy=("写好再提交", "write it, and send again"),
        )  # fmt: skip
    if said is None or said.open_text() == text.strip():
        return said
    raise error(
        "已经说过一次，不能再改", "this was said once, and cannot be changed",
        remedy=("还有补充的，请联系经办人员", "if there is more to say, ask the office"),
    )  # fmt: skip


def _say(found: Adjustment, kind: StatementKind, text: str, by: Account, at: datetime) -> Statement:
    said = Statement.objects.create(
        adjustment=found, kind=kind, text=seal_text(text.strip(), STATEMENT), at=at, by=by
    )
    record(
        f"replay.{kind.value}", by=by, at=at, object_kind="adjustment", object_id=found.pk,
        person=found.entitlement.person_id, detail={"amount": found.amount},
    )  # fmt: skip
    return said


def _too_late(zh: str, en: str) -> JigongError:
    return error(
        f"{zh}，本次操作没有执行", f"{en}; nothing was done", remedy=("刷新看看结果", "reload to see how it stands")
    )  # fmt: skip


def _days(step: str) -> int:
    return law_of_run(current_run()).pack.days_for(step)
