"""What people do with entitlements: each move once, in one transaction, recorded."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jigong.accounts.enums import Permission
from jigong.accounts.humans import human_of, is_second, refuse_same_human
from jigong.accounts.models import Account, BankAccount
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery import holds
from jigong.delivery.basis import freeze
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.own import others, refuse_own
from jigong.delivery.signals import moved
from jigong.delivery.states import (
    BEFORE_APPROVAL,
    BY_OFFICE,
    HOLDABLE,
    MOVES,
    STATE_LABELS,
    TOWARDS_PAYMENT,
    Cause,
    State,
)
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError, error


class StaleError(JigongError):
    """Somebody else was faster, or the page was old: nothing was done."""


def stale(entitlement: Entitlement) -> StaleError:
    """The refusal of a move that no longer fits."""
    label = STATE_LABELS[State(entitlement.state)]
    found = error(
        f"这件事刚被更新过，现在是“{label.zh}”，本次操作没有执行",
        f"this has just changed and is now “{label.en}”; nothing was done",
        remedy=("看一眼最新内容，再决定", "look at it again, then decide"),
    )
    return StaleError(*found.problems)


def locked(entitlement_id: int) -> Entitlement:
    """The entitlement, locked until the transaction ends."""
    return Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=entitlement_id)


def move(
    entitlement: Entitlement,
    name: str,
    *,
    by: Account | None,
    at: datetime,
    version: int | None = None,
    reason: str = "",
    by_another: bool = False,
) -> Entitlement:
    """Take one step with a locked entitlement.

    What leads towards payment is refused while something holds it; what ends the matter ends its holds.
    Nobody decides in a matter of their own, and whoever reviewed it or set its amount does not approve it
    (``by_another``: :func:`prepared_by_others` was asked already, of many at once, under the same lock).

    Raises:
        StaleError: the state does not allow it, or ``version`` (of the page that asked) is old.
        HeldError: something holds it.
        JigongError: it is one's own, or it takes another human.
    """
    step = MOVES[name]
    if entitlement.state not in step.from_ or version not in (None, entitlement.version):
        raise stale(entitlement)
    if by is not None and name in BY_OFFICE:
        refuse_own(by, entitlement, BY_OFFICE[name])
        if name == "approve" and not by_another:
            refuse_who_prepared(by, entitlement)
    if name in TOWARDS_PAYMENT:
        holds.refuse_held(entitlement)
    before = entitlement.state
    entitlement.state = step.to
    entitlement.version += 1
    entitlement.updated_at = at
    entitlement.deadline = _deadline(step.to, at)
    entitlement.save()
    taken = Step.objects.create(
        entitlement=entitlement, at=at, by=by, move=name, from_state=before, to_state=step.to,
        amount=entitlement.amount, reason=reason,
    )  # fmt: skip
    if step.to == State.APPEALED:
        holds.put_on(entitlement, Cause.APPEAL, at=at)
    elif before == State.APPEALED:
        holds.lift(entitlement, Cause.APPEAL, at=at)
    if step.to not in HOLDABLE:
        holds.lift(entitlement, at=at)
    record(
        f"delivery.{name}",
        by=by,
        at=at,
        object_kind="entitlement",
        object_id=entitlement.pk,
        person=entitlement.person_id,
        detail={
            "clause": entitlement.clause,
            "amount": entitlement.amount,
            "from": before,
            "to": step.to.value,
        },
    )
    moved.send(sender=Entitlement, entitlement=entitlement, step=taken, at=at)
    return entitlement


def who_did(entitlement: int, moves: Collection[str]) -> list[Account]:
    """The accounts that made one of these moves with an entitlement."""
    ids = Step.objects.filter(entitlement=entitlement, move__in=moves, by__isnull=False).values("by")
    return list(Account.objects.filter(pk__in=ids).select_related("person").order_by("pk"))


def who_prepared(entitlement: Entitlement) -> list[Account]:
    """Whoever reviewed an entitlement or set its amount; of a supplement, whoever agreed to it."""
    found = who_did(entitlement.pk, BEFORE_APPROVAL)
    adjustment = getattr(entitlement, "supplement_of", None) if entitlement.supplement else None
    if adjustment is not None:
        found += [one for one in (adjustment.decided_by, adjustment.answered_by) if one is not None]
    return found


_PREPARED = """
SELECT DISTINCT s.entitlement_id, a.id, coalesce(p.number_hash, a.number_hash)
FROM delivery_step s JOIN accounts_account a ON a.id = s.by_id LEFT JOIN accounts_person p ON p.id = a.person_id
WHERE s.entitlement_id = ANY(%s) AND s.move = ANY(%s)"""


def prepared_by_others(by: Account, entitlements: Collection[Entitlement]) -> set[int]:
    """The entitlements (ids) of which ``by`` is known to be another human than everybody who prepared them.

    One statement, for approvals are made by the thousand.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PREPARED, [[one.pk for one in entitlements], list(BEFORE_APPROVAL)])
        rows = cursor.fetchall()
    ours = human_of(by)
    known = {id_ for id_, account, human in rows if account == by.pk or not human or human == ours}
    return {
        one.pk
        for one in entitlements
        if ours and one.pk not in known and (not one.supplement or is_second(by, *who_prepared(one)))
    }


def refuse_who_prepared(by: Account, entitlement: Entitlement) -> None:
    """Refuse whoever reviewed an entitlement, or set its amount, to approve it, and say who else may.

    Raises:
        JigongError: they are one human with ``by``, or nobody can tell that they are not.
    """
    if entitlement.pk in prepared_by_others(by, [entitlement]):
        return
    before = who_prepared(entitlement)
    names = others(by, Permission.APPROVE, entitlement.office, [entitlement], before)
    refuse_same_human(
        by, *before, zh="复核过或定过金额的人不能批准这件事，没有执行",
        en="whoever reviewed it or set its amount does not approve it; nothing was done",
        remedy=(f"请{'、'.join(names)}批准", f"let {', '.join(names)} approve it")
        if names
        else ("请另一位审批人批准", "let another approver do it"),
    )  # fmt: skip


_NEXT_STEP = {
    State.CONFIRMED: "review",
    State.PASSED: "approve",
    State.APPROVED: "payment",
    State.CORRECTED: "confirm",
    State.APPEALED: "appeal",
}
"""What a state waits for: a step of the pack's deadlines."""


def _deadline(state: State, at: datetime) -> date | None:
    step = _NEXT_STEP.get(state)
    return day_of(at) + timedelta(days=law_of_run(current_run()).pack.days_for(step)) if step else None


def already(entitlement: Entitlement, name: str, by: Account) -> bool:
    """Whether this very account has just taken this step: a double click asks for nothing new."""
    last = Step.objects.filter(entitlement=entitlement).order_by("-id").first()
    return (
        last is not None and last.move == name and last.by_id == by.pk and last.to_state == entitlement.state
    )


@transaction.atomic
def confirm(
    *,
    entitlement: int,
    by: Account,
    at: datetime,
    version: int | None = None,
    bank_account: BankAccount | None = None,
    claimed: Mapping[str, Any] | None = None,
) -> Entitlement:
    """The worker (or, for an enterprise's, its HR) says yes. What comes proactively then passes by rule.

    Raises:
        StaleError: it cannot be confirmed any more.
        JigongError: money is due and there is no bank account.
    """
    found = locked(entitlement)
    if found.state in (State.CONFIRMED, State.PASSED):
        last_confirmed = found.steps.filter(move="confirm").order_by("-id").first()
        if last_confirmed is not None and last_confirmed.by_id == by.pk:
            return found
    holds.refuse_held(found)
    if not found.in_kind and bank_account is None:
        raise error(
            "还没有收款账户",
            "there is no bank account to pay to",
            remedy=("先填写收款账户", "enter the bank account first"),
        )
    found.bank_account = bank_account
    move(found, "confirm", by=by, at=at, version=version)
    freeze(found, at=at, claimed=claimed or {})
    if found.mode in ("proactive", "quota", "lottery") and not claimed:
        move(found, "pass_by_rule", by=None, at=at)
    return found


@transaction.atomic
def withdraw(
    *, entitlement: int, by: Account, at: datetime, version: int | None = None, reason: str = ""
) -> Entitlement:
    """The worker gives it up.

    Raises:
        StaleError: too late.
    """
    found = locked(entitlement)
    if already(found, "withdraw", by):
        return found
    return move(found, "withdraw", by=by, at=at, version=version, reason=reason)


@transaction.atomic
def review(
    *, entitlement: int, by: Account, at: datetime, version: int | None = None, reason: str = ""
) -> Entitlement:
    """An officer has looked at it and finds it right.

    Raises:
        StaleError: it is not waiting for review any more.
    """
    found = locked(entitlement)
    if already(found, "review", by):
        return found
    return move(found, "review", by=by, at=at, version=version, reason=reason)


@transaction.atomic
def decline(
    *, entitlement: int, by: Account, at: datetime, reason: str, version: int | None = None
) -> Entitlement:
    """An officer says no, and why; the worker reads it and may appeal.

    Raises:
        StaleError: it was decided by somebody else.
        JigongError: no reason is given.
    """
    if not reason.strip():
        raise error(
            "不予批准须写明理由", "a refusal needs a reason", remedy=("写一句申请人能看懂的话", "write a sentence the worker can understand")
        )  # fmt: skip
    found = locked(entitlement)
    if already(found, "decline", by):
        return found
    return move(found, "decline", by=by, at=at, version=version, reason=reason)
