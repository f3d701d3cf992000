"""A finding bites: nothing is paid until the office has put it right, or another human has settled that it was wrong."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from moneybox import AT, FUND, Town, balances

from jigong.accounts.enums import Role
from jigong.accounts.humans import human_of, set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.days import day_of
from jigong.delivery.actions import StaleError, move
from jigong.delivery.approval import approve
from jigong.delivery.holds import open_holds
from jigong.delivery.models import AmountException, Entitlement
from jigong.delivery.payments import actions as payments
from jigong.delivery.sampling import answering
from jigong.delivery.sampling.actions import conclude
from jigong.delivery.sampling.enums import Finding, Waits, Why
from jigong.delivery.sampling.models import Audit
from jigong.delivery.sampling.queries import findings, unanswered
from jigong.delivery.states import Cause, State
from jigong.kernel.problems import JigongError


def _auditor(name: str = "auditor") -> Account:
    account = Account.objects.create(username=name)
    set_number(account, name)
    bureau = Organisation.objects.get(code="union")
    Membership.objects.create(account=account, organisation=bureau, role=Role.AUDITOR)
    return account


def _wrong(town: Town, by: Account, should_be: str | None = "1500.00", why: Why = Why.RISK) -> Audit:
    """An approved 2,000 of which an auditor says that it should be 1,500."""
    due = town.entitlement("2000.00")
    approve(entitlement=due.pk, by=town.approver, at=AT)
    return _found(due, by, should_be, why)


def _found(due: Entitlement, by: Account, should_be: str | None = "1500.00", why: Why = Why.RISK) -> Audit:
    step = due.steps.filter(move="approve").latest("id")
    audit = Audit.objects.create(
        step=step, entitlement=due, why=why, risk=50, deadline=day_of(AT), opened_at=AT
    )
    amount = None if should_be is None else Decimal(should_be)
    return conclude(audit=audit.pk, finding=Finding.WRONG, note="重复计算", should_be=amount, by=by, at=AT)


def _now(audit: Audit) -> Entitlement:
    audit.refresh_from_db()
    return Entitlement.objects.get(pk=audit.entitlement_id)


def test_a_wrong_amount_is_not_paid_and_goes_back_to_another_approver_with_the_right_one(town: Town) -> None:
    audit = _wrong(town, _auditor())
    assert [hold.cause for hold in open_holds(_now(audit))] == [Cause.FINDING]
    with pytest.raises(JigongError, match="nothing to pay"):
        payments.make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="exception needs a reason"):
        answering.take(audit=audit.pk, amount=Decimal(1500), reason="属实", by=town.officer, at=AT)
    assert _now(audit).state == State.APPROVED, "a refusal leaves all as it was"
    answering.take(
        audit=audit.pk, amount=Decimal(1500), why="会议纪要", reason="属实", by=town.officer, at=AT
    )
    due = _now(audit)
    assert (due.state, due.amount, due.held, audit.waits) == (State.CORRECTED, 1500, False, Waits.NOBODY)
    assert AmountException.objects.get(entitlement=due).reason == "会议纪要"
    assert balances()["reserved"] == 0, "its money is free again"
    move(due, "confirm", by=None, at=AT)
    move(due, "pass_by_rule", by=None, at=AT)
    bureau = Organisation.objects.get(code="union")
    Membership.objects.create(account=town.officer, organisation=bureau, role=Role.APPROVER)
    with pytest.raises(JigongError, match="whoever reviewed it or set its amount"):
        approve(entitlement=due.pk, by=Account.objects.get(pk=town.officer.pk), at=AT)
    approve(entitlement=due.pk, by=town.approver, at=AT)
    assert town.batch().total == 1500


def test_a_finding_is_answered_by_the_office_and_not_by_whoever_found_it(town: Town) -> None:
    finder = _auditor()
    audit = _wrong(town, finder)
    twin = Account.objects.create(username="twin")
    twin.number_hash, twin.number = human_of(finder), finder.number
    twin.save()
    Membership.objects.create(
        account=twin, organisation=Organisation.objects.get(code="union"), role=Role.OFFICER
    )
    for by, match in ((twin, "whoever found it"), (town.finance, "may not do this")):
        with pytest.raises(JigongError, match=match):
            answering.disagree(audit=audit.pk, reason="没错", by=by, at=AT)
    with pytest.raises(JigongError, match="give a reason"):
        answering.disagree(audit=audit.pk, reason=" ", by=town.officer, at=AT)
    with pytest.raises(JigongError, match="nothing to put right"):
        answering.take(audit=audit.pk, reason="属实", by=town.officer, at=AT)


def test_a_finding_that_proves_wrong_ends_and_the_matter_goes_on(town: Town) -> None:
    finder, second = _auditor(), _auditor("second")
    audit = _wrong(town, finder)
    answering.disagree(audit=audit.pk, reason="按两个月计", by=town.officer, at=AT)
    assert _now(audit).held
    Membership.objects.create(
        account=town.approver, organisation=Organisation.objects.get(code="union"), role=Role.AUDITOR
    )
    for by in (finder, Account.objects.get(pk=town.approver.pk)):
        with pytest.raises(JigongError, match="does not settle it"):
            answering.settle(audit=audit.pk, stands=False, reason="部门有理", by=by, at=AT)
    answering.settle(audit=audit.pk, stands=False, reason="部门有理", by=second, at=AT)
    due = _now(audit)
    assert (due.state, due.held, audit.finding) == (State.APPROVED, False, Finding.REFUTED)
    assert [answer.kind for answer in audit.answers.all()] == ["disagreed", "overturned"]
    assert town.batch().total == 2000
    with pytest.raises(StaleError):
        answering.settle(audit=audit.pk, stands=True, reason="x", by=second, at=AT)


def test_where_it_is_settled_that_the_finding_stands_the_office_puts_it_right(town: Town) -> None:
    audit = _wrong(town, _auditor(), "0.00")
    answering.disagree(audit=audit.pk, reason="按两个月计", by=town.officer, at=AT)
    answering.settle(audit=audit.pk, stands=True, reason="不符合", by=_auditor("second"), at=AT)
    assert _now(audit).held
    with pytest.raises(JigongError, match="finding stands"):
        answering.disagree(audit=audit.pk, reason="还是没错", by=town.officer, at=AT)
    answering.take(audit=audit.pk, amount=Decimal(0), reason="不符合条件", by=town.officer, at=AT)
    assert (_now(audit).state, _now(audit).held) == (State.DECLINED, False)


def test_two_findings_hold_until_both_are_answered(town: Town) -> None:
    first = _wrong(town, _auditor())
    second = _found(_now(first), Account.objects.get(username="auditor"), why=Why.RANDOM)
    settler = _auditor("second")
    for audit, held in ((first, True), (second, False)):
        answering.disagree(audit=audit.pk, reason="按两个月计", by=town.officer, at=AT)
        answering.settle(audit=audit.pk, stands=False, reason="部门有理", by=settler, at=AT)
        assert _now(audit).held is held


def test_what_lies_in_a_batch_is_neither_released_nor_corrected_before_the_batch_is_discarded(
    town: Town,
) -> None:
    due = town.entitlement("2000.00")
    approve(entitlement=due.pk, by=town.approver, at=AT)
    batch = payments.make_batch(fund=FUND, by=town.finance, at=AT)
    audit = _found(due, _auditor())
    with pytest.raises(JigongError, match="on hold"):
        payments.release(batch=batch.pk, by=town.other_finance, at=AT)
    given = {"amount": Decimal(1500), "why": "会议纪要", "reason": "属实", "by": town.officer, "at": AT}
    with pytest.raises(JigongError, match="in a payment batch"):
        answering.take(audit=audit.pk, **given)
    payments.discard(batch=batch.pk, by=town.finance, at=AT, reason="抽查有误")
    answering.take(audit=audit.pk, **given)
    assert _now(audit).amount == 1500


def test_what_is_late_comes_first_and_is_counted(town: Town) -> None:
    finder = _auditor()
    one, other = _wrong(town, finder), _wrong(town, finder)
    assert one.answer_by is not None
    Audit.objects.filter(pk=other.pk).update(answer_by=one.answer_by - timedelta(days=1))
    assert list(findings(Q())) == [other, one]
    assert (unanswered(Q(), one.answer_by).count, unanswered(Q(), one.answer_by).late) == (2, 1)
