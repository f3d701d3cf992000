"""What a second look found wrong stands in the way of money wherever the matter comes back from; and nothing is approved unlocked."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from moneybox import AT, FUND, Town, answer, take_return

from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.days import day_of
from jigong.delivery import approval
from jigong.delivery.actions import decline, locked, move
from jigong.delivery.approval import approve, approve_many, revoke
from jigong.delivery.holds import HeldError, open_holds, put_on
from jigong.delivery.models import SUBJECT, Entitlement
from jigong.delivery.offers import subject_hash
from jigong.delivery.payments import actions as payments
from jigong.delivery.replay import upholding
from jigong.delivery.replay.upholding import ByLaw
from jigong.delivery.sampling import answering
from jigong.delivery.sampling.actions import conclude
from jigong.delivery.sampling.enums import Finding, Waits, Why
from jigong.delivery.sampling.models import Audit
from jigong.delivery.states import Cause, State
from jigong.kernel.problems import JigongError


@pytest.fixture
def auditors(town: Town) -> list[Account]:
    """Three of them."""
    found = []
    for name in ("auditor", "second-auditor", "third-auditor"):
        found.append(Account.objects.create(username=name))
        set_number(found[-1], name)
        office = Organisation.objects.get(code="union")
        Membership.objects.create(account=found[-1], organisation=office, role=Role.AUDITOR)
    return found


@pytest.fixture
def due(town: Town) -> Entitlement:
    """Something of 2,000 yuan that was approved."""
    made = town.entitlement("2000.00")
    made.subject = seal_text("a", SUBJECT)
    made.subject_hash = subject_hash("a")
    made.save()
    return approve(entitlement=made.pk, by=town.approver, at=AT)


def _opened(due: Entitlement, why: Why) -> Audit:
    step = due.steps.filter(move="approve").latest("id")
    return Audit.objects.create(
        step=step, entitlement=due, why=why, risk=50, deadline=day_of(AT), opened_at=AT
    )


def _wrong(due: Entitlement, by: Account, why: Why = Why.RISK) -> Audit:
    audit = _opened(due, why)
    return conclude(
        audit=audit.pk, finding=Finding.WRONG, note="重复计算", should_be=Decimal(0), by=by, at=AT
    )


def _elsewhere(job: Callable[[], object]) -> threading.Thread:
    """Do it in a transaction of its own beside this one; it may have to wait."""

    def run() -> None:
        try:
            with transaction.atomic():
                job()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(3)
    return thread


@pytest.mark.parametrize("when", ["paid", "with the bank"])
def test_a_finding_holds_what_the_bank_returns(
    town: Town, due: Entitlement, auditors: list[Account], when: str
) -> None:
    batch = town.batch()
    if when == "with the bank":
        _wrong(due, auditors[0])
    take_return(content=answer(batch, "成功"), filename="paid", by=town.finance, at=AT)
    if when == "paid":
        _wrong(due, auditors[0])
    take_return(content=answer(batch, "returned"), filename="returned", by=town.finance, at=AT)
    due.refresh_from_db()
    assert (due.state, due.held) == (State.APPROVED, True)
    town.bank_account(due.person)
    with pytest.raises(JigongError):
        payments.make_batch(fund=FUND, by=town.finance, at=AT)


def test_declining_and_an_appeal_are_no_way_round_a_finding(
    town: Town, due: Entitlement, auditors: list[Account]
) -> None:
    audit = _wrong(due, auditors[0])
    revoke(entitlement=due.pk, by=town.approver, at=AT, reason="抽查")
    decline(entitlement=due.pk, by=town.officer, at=AT, reason="抽查有误")
    with transaction.atomic():
        move(locked(due.pk), "appeal", by=None, at=AT)
    law = ByLaw(Decimal("2000.00"), "", Decimal(4000))
    with transaction.atomic():
        upholding.uphold(
            locked(due.pk), amount=None, why="", reason="成立", by=town.officer, at=AT, given=law
        )
    with transaction.atomic(), pytest.raises(HeldError):
        move(locked(due.pk), "confirm", by=None, at=AT)
    answering.take(audit=audit.pk, amount=Decimal(0), reason="属实", by=town.officer, at=AT)
    due.refresh_from_db()
    assert (due.state, due.held) == (State.DECLINED, False)


def test_each_of_two_findings_is_answered_by_an_amount(
    town: Town, due: Entitlement, auditors: list[Account]
) -> None:
    one, two = _wrong(due, auditors[0]), _wrong(due, auditors[1], Why.RANDOM)
    answering.take(audit=one.pk, amount=Decimal(1500), why="会议", reason="属实", by=town.officer, at=AT)
    due.refresh_from_db()
    assert (due.state, due.amount, due.held) == (State.CORRECTED, Decimal(1500), True)
    with pytest.raises(JigongError, match="nothing to put right"):
        answering.take(audit=two.pk, amount=Decimal(1500), why="会议", reason="属实", by=town.officer, at=AT)
    answering.take(audit=two.pk, amount=Decimal(1200), why="会议", reason="属实", by=town.officer, at=AT)
    due.refresh_from_db()
    assert (due.state, due.amount, due.held) == (State.CORRECTED, Decimal(1200), False)


def test_what_is_refuted_lifts_no_hold_of_what_is_just_being_found(
    town: Town, due: Entitlement, auditors: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, settles, third = auditors
    one, two = _wrong(due, first), _opened(due, Why.RANDOM)
    answering.disagree(audit=one.pk, reason="没错", by=town.officer, at=AT)
    lock = answering.locked

    def after_another(entitlement: int) -> Entitlement:
        finds = lambda: conclude(audit=two.pk, finding=Finding.WRONG, note="重复", by=third, at=AT)  # noqa: E731
        assert not _elsewhere(finds).is_alive()
        return lock(entitlement)

    monkeypatch.setattr(answering, "locked", after_another)
    answering.settle(audit=one.pk, stands=False, reason="有理", by=settles, at=AT)
    due.refresh_from_db()
    two.refresh_from_db()
    assert (due.held, two.waits) == (True, Waits.OFFICE)


def test_nothing_is_approved_in_bulk_that_was_not_locked(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading of fifty and their approval somebody confirms one, and a death is notified."""
    due = town.entitlement(state=State.CORRECTED)
    asked = approval.prepared_by_others
    began: list[threading.Thread] = []

    def confirmed() -> None:
        move(locked(due.pk), "confirm", by=None, at=AT)
        move(locked(due.pk), "pass_by_rule", by=None, at=AT)

    def after_the_lock(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answered = execute(sql, params, many, context)
        if not began and "FOR NO KEY UPDATE" in sql and "delivery_entitlement" in sql:
            began.append(_elsewhere(confirmed))
        return answered

    def after_a_death(by: Account, rows: Any) -> set[int]:
        began.append(_elsewhere(lambda: put_on(locked(due.pk), Cause.DEATH, at=AT)))
        return asked(by, rows)

    monkeypatch.setattr(approval, "prepared_by_others", after_a_death)
    with connection.execute_wrapper(after_the_lock):
        (said,) = approve_many(entitlements=[due.pk], by=town.approver, at=AT)
    for thread in began:
        thread.join()
    due.refresh_from_db()
    assert not said.ok
    assert (due.state, due.held) == (State.PASSED, True)
    assert [hold.cause for hold in open_holds(due)] == [Cause.DEATH]
