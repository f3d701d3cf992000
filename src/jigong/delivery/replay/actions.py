"""What officers do about what looking again found: take the new result, agree to an adjustment, or leave it."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.actions import already, move
from jigong.delivery.holds import lift
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import Offer, offer_one
from jigong.delivery.own import refuse_own
from jigong.delivery.replay.looking import judged_now
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import basis_of
from jigong.delivery.signals import adjusted
from jigong.delivery.states import Cause
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import error


@transaction.atomic
def take_result(*, entitlement: int, by: Account, at: datetime, version: int | None = None) -> Entitlement:
    """An officer takes what comes out with the data of now: the sum is corrected, and the worker asked to confirm it again.

    Raises:
        StaleError: it is not waiting for review or approval any more.
        JigongError: nothing else comes out, it cannot be told, or nothing is due (then it is for declining).
    """
    found = Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=entitlement)
    if already(found, "correct", by):
        return found
    if found.supplement:
        raise error(
            "补发按原事项计算，不能单独采用新结果", "arrears follow what they belong to, and take no result of their own",
            remedy=("不该补发的请不予批准", "decline them if they are not due"),
        )  # fmt: skip
    _, again = judged_now(basis_of(found))
    amount = None if again.amount is None else again.amount - found.deducted
    if again.open(found.amount is not None) or amount is None or amount <= 0 or amount == found.amount:
        raise error(
            "按现在的数据没有可采用的新结果", "with the data of now there is no other result to take",
            remedy=("不符合的请不予批准，数据不全的等数据报来", "decline it if nothing is due; wait where data are missing"),
        )  # fmt: skip
    assert again.outcome is not None
    found.amount, found.branch = amount, again.outcome.branch or ""
    move(found, "correct", by=by, at=at, version=version)
    # Afterwards: the step tells of it.
    lift(found, Cause.CHANGED, at=at)
    return found


@transaction.atomic
def accept(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer agrees. Arrears become an entitlement of their own, which the worker confirms and which is
    approved and paid like any other; a recovery waits for an appeal or the money (``replay.recoveries``).

    Raises:
        JigongError: it was decided before, no reason is given, or the payee can still be heard.
    """
    found = _decided(adjustment, AdjustmentState.ACCEPTED, reason, by, at)
    if found.direction == Direction.ARREARS:
        found.supplement = supplement_of(found, found.amount, reason, at)
        found.save()
    return found


@transaction.atomic
def reject(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer leaves it as it was, and says why.

    Raises:
        JigongError: it was decided before, or no reason is given.
    """
    return _decided(adjustment, AdjustmentState.REJECTED, reason, by, at)


def locked_adjustment(adjustment: int) -> Adjustment:
    """The adjustment, locked after its entitlement: whoever looks again takes them in the same order."""
    about = Adjustment.objects.values("entitlement").filter(pk=adjustment)
    Entitlement.objects.select_for_update(no_key=True).get(pk__in=about)
    rows = Adjustment.objects.select_for_update(of=("self",), no_key=True).select_related("entitlement")
    return rows.get(pk=adjustment)


def _decided(adjustment: int, state: AdjustmentState, reason: str, by: Account, at: datetime) -> Adjustment:
    if not reason.strip():
        raise error("请写明理由", "please give a reason")
    found = locked_adjustment(adjustment)
    if found.state != AdjustmentState.PROPOSED:
        raise error(
            "这项调整已有人处理，本次操作没有执行", "somebody has decided this already; nothing was done",
            remedy=("刷新看看结果", "reload to see the answer"),
        )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.REVIEW)
    if state == AdjustmentState.ACCEPTED and found.direction == Direction.RECOVERY:
        day, pack = day_of(at), law_of_run(current_run()).pack
        if not found.is_heard(day):
            raise error(
                f"当事人在 {found.hear_until} 及以前可以说明情况，现在还不能同意追回",
                f"the payee may be heard until {found.hear_until}; the recovery cannot be agreed to yet",
                remedy=("等当事人说明，或过了这一天再决定", "wait until they have spoken, or until that day is over"),
            )  # fmt: skip
        found.appeal_until = day + timedelta(days=pack.days_for("appeal"))
        found.due_on = day + timedelta(days=pack.days_for("repayment"))
    found.state, found.reason, found.decided_by, found.decided_at = state, reason, by, at
    found.save()
    adjusted.send(sender=Adjustment, adjustment=found, at=at)
    record(
        f"replay.{state.value}", by=by, at=at, object_kind="adjustment", object_id=found.pk,
        person=found.entitlement.person_id, detail={"direction": found.direction, "amount": found.amount}, reason=reason,
    )  # fmt: skip
    return found


def supplement_of(adjustment: Adjustment, amount: Decimal, reason: str, at: datetime) -> Entitlement:
    """The entitlement by which ``amount`` is paid: a supplement to the same clause, subject and period."""
    first = adjustment.entitlement
    last = Entitlement.objects.filter(
        clause=first.clause, subject_hash=first.subject_hash, period=first.period
    ).aggregate(Max("supplement"))["supplement__max"]
    made = Offer(
        clause=first.clause, subject=first.open_subject(), period=first.period, supplement=last + 1,
        person_id=first.person_id, organisation_id=first.organisation_id, mode=first.mode, office=first.office,
        fund=first.fund, branch=first.branch, amount=amount,
    )  # fmt: skip
    law = law_of_run(current_run())
    deadline = day_of(at) + timedelta(days=law.pack.days_for("confirm"))
    return offer_one(made, run=first.run_id, deadline=deadline, at=at, reason=reason)
