"""An officer says yes: the entitlement is approved and its money reserved, in one transaction or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.actions import already, move, prepared_by_others, stale
from jigong.delivery.holds import refuse_held
from jigong.delivery.ledger import posting
from jigong.delivery.ledger.actions import reserve, unreserve
from jigong.delivery.models import Entitlement
from jigong.delivery.own import refuse_own
from jigong.delivery.payments.enums import OVER
from jigong.delivery.replay.newer_law import left_out, with_newer_result
from jigong.delivery.states import State
from jigong.dossiers.law import one_run
from jigong.kernel.problems import JigongError, Problem, error

CHUNK = 100
"""So many approvals share a transaction: others who write wait that long at most (a fraction of a second)."""

_OPEN = (State.CONFIRMED, State.PASSED)


@dataclass(frozen=True, slots=True)
class Approval:
    """What came of one of many: approved, or the first thing that spoke against it."""

    entitlement_id: int
    ok: bool
    problem: Problem | None = None


@transaction.atomic
@one_run()
def approve(
    *,
    entitlement: int,
    by: Account,
    at: datetime,
    version: int | None = None,
    reason: str = "",
    on: date | None = None,
) -> Entitlement:
    """Approve what has passed; whoever reviewed it, or set its amount, does not.

    The money is reserved in the fund's budget for the year of ``on``, the day of business of ``at``
    unless given. A benefit in kind reserves nothing. A double click changes nothing.

    Raises:
        StaleError: it is not waiting for approval, or ``version`` (of the page that asked) is old.
        OverBudgetError: the fund has not enough left.
        JigongError: the account may not approve it.
    """
    _may(by, Permission.APPROVE)
    return _approve(_locked(entitlement), by=by, at=at, version=version, reason=reason, on=on)


def approve_many(
    *, entitlements: Sequence[int], by: Account, at: datetime, on: date | None = None
) -> list[Approval]:
    """Approve each on its own, in the order given, and say what came of each.

    What today's law decides otherwise than the law it stands under is left out, for somebody to look at.
    Where money runs out, later ones that still fit are approved. Interrupted, it has done the first
    ones; done again, it does the rest.

    Raises:
        JigongError: the account may not approve anything.
    """
    _may(by, Permission.APPROVE)
    wanted = list(dict.fromkeys(entitlements))
    return [
        done
        for start in range(0, len(wanted), CHUNK)
        for done in _chunk(wanted[start : start + CHUNK], by=by, at=at, on=on)
    ]


@transaction.atomic
def revoke(
    *, entitlement: int, by: Account, at: datetime, reason: str, version: int | None = None
) -> Entitlement:
    """Take an approval back before its money has gone to the bank; the money is free again.

    Raises:
        StaleError: it is not approved any more.
        JigongError: no reason is given, a payment is under way, or the account may not.
    """
    _may(by, Permission.APPROVE)
    if not reason.strip():
        raise error(
            "撤回批准须写明理由", "taking back an approval needs a reason", remedy=("写明理由", "say why")
        )
    found = _locked(entitlement)
    if already(found, "revoke", by):
        return found
    if found.state != State.APPROVED or version not in (None, found.version):
        raise stale(found)
    return take_back(found, by=by, at=at, reason=reason)


def take_back(found: Entitlement, *, by: Account, at: datetime, reason: str) -> Entitlement:
    """Take back the approval of a locked entitlement; whoever calls has seen that ``by`` may.

    Raises:
        JigongError: a payment is under way, or it is one's own.
    """
    if found.payments.exclude(state__in=OVER).exists():
        raise error(
            "已列入支付批次，不能撤回批准",
            "it is in a payment batch and cannot be taken back",
            remedy=("批次放行前可作废批次；放行后等银行回单", "discard the batch before its release; after that wait for the bank"),
        )  # fmt: skip
    if not found.in_kind:
        unreserve(entitlement=found, by=by, at=at, reason=reason)
    return move(found, "revoke", by=by, at=at, reason=reason)


@transaction.atomic
def hand_over(
    *, entitlement: int, by: Account, at: datetime, version: int | None = None, reason: str = ""
) -> Entitlement:
    """Note that an approved benefit in kind has reached the worker: a home, a place, a service.

    Raises:
        StaleError: it is not approved, or done already by somebody else.
        HeldError: something holds it.
        JigongError: it is money, which is paid by a batch; it is one's own; or the account may not.
    """
    _may(by, Permission.REVIEW)
    found = _locked(entitlement)
    if not found.in_kind:
        raise error(
            "资金类事项由支付批次兑现",
            "money is paid by a batch",
            remedy=("在支付页面编制批次", "make a batch on the payments page"),
        )
    if already(found, "pay", by):
        return found
    refuse_held(found)
    refuse_own(by, found, Permission.REVIEW)
    return move(found, "pay", by=by, at=at, version=version, reason=reason)


@transaction.atomic
@one_run()
def _chunk(wanted: Sequence[int], *, by: Account, at: datetime, on: date | None) -> list[Approval]:
    # Before the locks: of an enterprise it takes up to a second.
    other_law = with_newer_result(wanted)
    # Locks in the order of ids and before the books': whoever else works on the same does not wait in a circle.
    found = {row.pk: row for row in _to_lock().filter(pk__in=wanted).order_by("pk")}
    by_another = prepared_by_others(by, found.values())
    posting.lock()
    return [
        _one(found.get(id_), id_, id_ in other_law, by=by, at=at, on=on, by_another=id_ in by_another)
        for id_ in wanted
    ]


def _one(
    found: Entitlement | None,
    id_: int,
    other_law: bool,
    *,
    by: Account,
    at: datetime,
    on: date | None,
    by_another: bool,
) -> Approval:
    try:
        if found is None:
            raise error("没有这一项", "there is no such entitlement", remedy=("刷新列表", "renew the list"))
        if other_law and found.state in _OPEN:
            raise left_out()
        with transaction.atomic():
            _approve(found, by=by, at=at, on=on, by_another=by_another)
    except JigongError as refused:
        return Approval(id_, False, refused.problems[0])
    return Approval(id_, True)


def _approve(
    found: Entitlement,
    *,
    by: Account,
    at: datetime,
    on: date | None,
    version: int | None = None,
    reason: str = "",
    by_another: bool = False,
) -> Entitlement:
    if found.state == State.APPROVED and already(found, "approve", by):
        return found
    if found.state not in _OPEN or version not in (None, found.version):
        raise stale(found)
    refuse_held(found)
    if found.state == State.CONFIRMED:
        raise error(
            "这件事还没有复核，不能批准",
            "it has not been reviewed, so it cannot be approved",
            remedy=("先请另一位同事复核", "have a colleague review it first"),
        )
    if not found.in_kind:
        # Before the moves: the books are locked before the record, everywhere.
        reserve(entitlement=found, year=(on or day_of(at)).year, by=by, at=at)
    return move(found, "approve", by=by, at=at, reason=reason, by_another=by_another)


def _locked(entitlement: int) -> Entitlement:
    return _to_lock().get(pk=entitlement)


def _to_lock() -> QuerySet[Entitlement]:
    """Entitlements, locked when they are read, and whose they are, which every approval asks."""
    return Entitlement.objects.select_related("person").select_for_update(of=("self",), no_key=True)


def _may(by: Account, permission: Permission) -> None:
    if not by.may(permission):
        raise error(
            "您没有这项权限",
            "you may not do this",
            remedy=("请有权限的同事办理", "ask a colleague who may"),
        )
