"""Approving reserves money in the same transaction: once, within the budget, by whoever may."""

from datetime import date
from decimal import Decimal

import pytest
from moneybox import AT, BUDGET, FUND, YEAR, Town, balances, states, supplement, whole

from jigong.accounts.models import Account
from jigong.audit.models import Entry as Recorded
from jigong.delivery.actions import StaleError, review
from jigong.delivery.approval import approve, approve_many, hand_over, revoke
from jigong.delivery.ledger.actions import OverBudgetError
from jigong.delivery.ledger.models import Entry
from jigong.delivery.ledger.queries import fund_year
from jigong.delivery.models import Step
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError


def _leave(town: Town, free: str) -> None:
    """Cut the year's budget so that so much is free."""
    supplement(
        fund=FUND, year=YEAR, amount=Decimal(free) - BUDGET, reference="cut", reason="测试", by=town.finance, at=AT
    )  # fmt: skip


def test_approving_reserves_the_money_with_step_and_record(town: Town) -> None:
    due = town.entitlement("5000.00")
    done = approve(entitlement=due.pk, by=town.approver, at=AT, version=1)
    assert (done.state, done.version) == (State.APPROVED, 2)
    assert balances() == {"budget": -BUDGET, "available": BUDGET - 5000, "reserved": Decimal("5000.00")}
    assert [step.move for step in due.steps.all()] == ["approve"]
    recorded = Recorded.objects.filter(object_kind="entitlement", object_id=str(due.pk))
    assert [line.action for line in recorded] == ["delivery.approve"]
    assert whole()


def test_the_year_is_opened_with_the_packs_budget_once(town: Town) -> None:
    before = fund_year(FUND, YEAR)
    assert (before.opened, before.budget, before.free) == (False, BUDGET, BUDGET)
    for due in town.entitlements(2):
        approve(entitlement=due, by=town.approver, at=AT)
    assert Entry.objects.filter(kind="open").count() == 1
    after = fund_year(FUND, YEAR)
    assert (after.opened, after.budget, after.reserved, after.free) == (True, BUDGET, 10000, BUDGET - 10000)


def test_what_is_confirmed_is_reviewed_by_another_first(town: Town) -> None:
    due = town.entitlement(state=State.CONFIRMED)
    with pytest.raises(JigongError, match="has not been reviewed"):
        approve(entitlement=due.pk, by=town.approver, at=AT)
    review(entitlement=due.pk, by=town.officer, at=AT)
    approve(entitlement=due.pk, by=town.approver, at=AT)
    assert [step.move for step in due.steps.all()] == ["review", "approve"]
    assert whole()


def test_a_double_click_reserves_once(town: Town) -> None:
    due = town.entitlement()
    approve(entitlement=due.pk, by=town.approver, at=AT, version=1)
    approve(entitlement=due.pk, by=town.approver, at=AT, version=1)
    assert balances()["reserved"] == 5000
    assert Step.objects.filter(entitlement=due).count() == 1


def test_a_second_officer_and_a_stale_page_are_told(town: Town) -> None:
    due, other = town.entitlements(2)
    approve(entitlement=due, by=town.approver, at=AT)
    with pytest.raises(StaleError):
        approve(entitlement=due, by=town.other_approver, at=AT)
    with pytest.raises(StaleError):
        approve(entitlement=other, by=town.approver, at=AT, version=7)
    assert balances()["reserved"] == 5000


def test_over_budget_is_refused_with_fund_budget_free_and_needed(town: Town) -> None:
    _leave(town, "4999.99")
    due = town.entitlement("5000.00")
    with pytest.raises(OverBudgetError) as refused:
        approve(entitlement=due.pk, by=town.approver, at=AT)
    said = refused.value.problems[0].what
    assert "教育基金" in said.zh
    assert "4,999.99" in said.zh
    assert "5,000.00" in said.zh
    assert "Education fund" in said.en
    assert states([due.pk]) == ["passed"]
    assert balances()["available"] == Decimal("4999.99")
    assert whole()


def test_the_last_cent_can_be_reserved(town: Town) -> None:
    _leave(town, "5000.00")
    approve(entitlement=town.entitlement("5000.00").pk, by=town.approver, at=AT)
    assert balances()["available"] == 0
    assert whole()


def test_many_are_approved_each_on_its_own(town: Town) -> None:
    _leave(town, "12000.00")
    first, too_much, last = (town.entitlement(amount).pk for amount in ("5000.00", "9000.00", "7000.00"))
    gone = town.entitlement(state=State.WITHDRAWN).pk
    done = approve_many(entitlements=[first, too_much, gone, 10**9, last, first], by=town.approver, at=AT)
    assert [(one.entitlement_id, one.ok) for one in done] == [
        (first, True), (too_much, False), (gone, False), (10**9, False), (last, True)
    ]  # fmt: skip
    assert "9,000.00" in done[1].problem.what.zh
    assert states([first, too_much, gone, last]) == ["approved", "passed", "withdrawn", "approved"]
    assert [one.ok for one in approve_many(entitlements=[first, last], by=town.approver, at=AT)] == [
        True,
        True,
    ]
    assert balances()["available"] == 0
    assert whole()


def test_a_benefit_in_kind_reserves_nothing_and_is_handed_over(town: Town) -> None:
    home = town.entitlement(None, fund="")
    approve(entitlement=home.pk, by=town.approver, at=AT)
    assert balances() == {}
    hand_over(entitlement=home.pk, by=town.approver, at=AT)
    hand_over(entitlement=home.pk, by=town.approver, at=AT)
    assert states([home.pk]) == ["paid"]
    assert whole()


def test_money_is_not_handed_over(town: Town) -> None:
    due = town.entitlement()
    approve(entitlement=due.pk, by=town.approver, at=AT)
    with pytest.raises(JigongError):
        hand_over(entitlement=due.pk, by=town.approver, at=AT)
    assert states([due.pk]) == ["approved"]


@pytest.mark.parametrize("name", ["officer", "finance"])
def test_only_an_approver_approves(town: Town, name: str) -> None:
    due, account = town.entitlement(), getattr(town, name)
    assert isinstance(account, Account)
    with pytest.raises(JigongError):
        approve(entitlement=due.pk, by=account, at=AT)
    with pytest.raises(JigongError):
        approve_many(entitlements=[due.pk], by=account, at=AT)
    assert states([due.pk]) == ["passed"]
    assert balances() == {}


def test_an_approval_taken_back_frees_the_money_and_can_be_given_again(town: Town) -> None:
    due = town.entitlement()
    approve(entitlement=due.pk, by=town.approver, at=AT)
    revoke(entitlement=due.pk, by=town.approver, at=AT, reason="材料有误")
    revoke(entitlement=due.pk, by=town.approver, at=AT, reason="材料有误")
    assert states([due.pk]) == ["passed"]
    assert balances() == {"budget": -BUDGET, "available": BUDGET, "reserved": 0}
    approve(entitlement=due.pk, by=town.approver, at=AT)
    assert balances()["reserved"] == 5000
    assert [e.event for e in Entry.objects.filter(entitlement=due.pk).order_by("id")] == [
        f"reserve:{due.pk}:0", f"unreserve:{due.pk}:0", f"reserve:{due.pk}:1"
    ]  # fmt: skip
    assert whole()


def test_money_of_another_year_comes_from_that_years_budget(town: Town) -> None:
    due = town.entitlement()
    approve(entitlement=due.pk, by=town.approver, at=AT, on=date(2024, 2, 1))
    assert balances(year=2024)["reserved"] == 5000
    assert balances(year=2023) == {}


def test_a_year_without_a_budget_in_the_pack_is_refused(town: Town) -> None:
    due = town.entitlement()
    with pytest.raises(JigongError, match="budget"):
        approve(entitlement=due.pk, by=town.approver, at=AT, on=date(2021, 2, 1))
    assert states([due.pk]) == ["passed"]
