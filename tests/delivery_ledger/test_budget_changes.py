"""A budget is changed by two people: proposed by a paper, confirmed by another human, booked once and within reason."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from moneybox import AT, BUDGET, FUND, YEAR, Town, supplement, whole

from jigong.audit.models import Entry as Recorded
from jigong.delivery.ledger.changes import SettledError, confirm_change, decline_change, propose_change
from jigong.delivery.ledger.models import BudgetChange, Entry
from jigong.delivery.ledger.queries import check, fund_year, open_changes
from jigong.kernel.problems import JigongError

MORE = Decimal("1000.50")


def _propose(town: Town, **given: Any) -> BudgetChange:
    wanted = {
        "fund": FUND,
        "year": YEAR,
        "amount": MORE,
        "reference": "钱财〔2023〕1号",
        "reason": "追加",
        "by": town.finance,
    }
    return propose_change(**wanted | given, at=AT)


def test_the_books_change_when_another_person_confirms_and_once(town: Town) -> None:
    for _ in range(2):
        change = _propose(town)
    assert fund_year(FUND, YEAR).budget == BUDGET
    assert Entry.objects.count() == 0
    ((open_, year),) = open_changes(FUND, YEAR)
    assert (open_.pk, year.budget) == (change.pk, BUDGET)
    for _ in range(2):
        confirm_change(change=change.pk, by=town.other_finance, at=AT)
    assert fund_year(FUND, YEAR).budget == BUDGET + MORE
    assert _propose(town).pk == change.pk, "the paper is used"
    with pytest.raises(JigongError, match="is used for"):
        _propose(town, amount=Decimal(1))
    assert not open_changes()
    steps = Recorded.objects.filter(action__startswith="ledger.", object_kind="budget_change").order_by("id")
    assert [step.action for step in steps] == ["ledger.propose_change", "ledger.confirm_change"]
    assert whole()


def test_who_proposed_does_not_confirm(town: Town) -> None:
    change = _propose(town)
    with pytest.raises(JigongError, match="by two people"):
        confirm_change(change=change.pk, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="only finance"):
        confirm_change(change=change.pk, by=town.approver, at=AT)
    assert Entry.objects.count() == 0


def test_what_was_declined_or_answered_is_over_and_its_paper_can_be_proposed_again(town: Town) -> None:
    change = _propose(town)
    with pytest.raises(JigongError, match="a reason"):
        decline_change(change=change.pk, text=" ", by=town.finance, at=AT)
    decline_change(change=change.pk, text="写错了", by=town.finance, at=AT)
    with pytest.raises(SettledError):
        confirm_change(change=change.pk, by=town.other_finance, at=AT)
    again = _propose(town, amount=Decimal(2000))
    assert (again.turn, fund_year(FUND, YEAR).budget) == (1, BUDGET)
    confirm_change(change=again.pk, by=town.other_finance, at=AT)
    for account in (town.finance, town.other_finance):
        with pytest.raises(SettledError):
            decline_change(change=again.pk, text="晚了", by=account, at=AT)
    assert fund_year(FUND, YEAR).budget == BUDGET + 2000


def test_a_budget_stays_within_what_the_pack_takes_for_plausible_also_by_slices(town: Town) -> None:
    """The pack of the test allows three times the year's budget."""
    with pytest.raises(JigongError, match=r"at most 45,000,000\.00"):
        _propose(town, amount=BUDGET * 2 + Decimal("0.01"))
    first, second = (
        _propose(town, amount=BUDGET, reference="1"),
        _propose(town, amount=BUDGET * 2, reference="2"),
    )
    confirm_change(change=first.pk, by=town.other_finance, at=AT)
    with pytest.raises(JigongError, match="most_times"):
        confirm_change(change=second.pk, by=town.other_finance, at=AT)
    assert fund_year(FUND, YEAR).budget == BUDGET * 2
    assert open_changes()[0][0].pk == second.pk, "it can still be declined"


def test_only_what_is_free_is_cut(town: Town) -> None:
    with pytest.raises(JigongError, match="are needed"):
        _propose(town, amount=-BUDGET - 1)
    supplement(fund=FUND, year=YEAR, amount=-BUDGET, reference="1", reason="压减", by=town.finance, at=AT)
    assert fund_year(FUND, YEAR).free == 0
    supplement(fund=FUND, year=YEAR, amount=BUDGET, reference="2", reason="更正", by=town.finance, at=AT)
    assert fund_year(FUND, YEAR).free == BUDGET
    assert whole()


@pytest.mark.parametrize(
    "given",
    [{"amount": Decimal(amount)} for amount in ("0", "0.001", "NaN", "Infinity", "1e12")]
    + [{"reference": reference} for reference in ("", " ", "文" * 36)]
    + [{"reason": " "}, {"year": 1999}],
)
def test_what_is_incomplete_or_no_money_is_not_proposed(town: Town, given: dict[str, Any]) -> None:
    with pytest.raises(JigongError):
        _propose(town, **given)
    with pytest.raises(JigongError, match="only finance"):
        _propose(town, by=town.approver)
    assert not BudgetChange.objects.exists()


def test_a_change_of_one_person_is_found_and_proposals_only_grow(town: Town) -> None:
    supplement(fund=FUND, year=YEAR, amount=MORE, reference="1", reason="追加", by=town.finance, at=AT)
    for table in ("ledger_budget_change", "ledger_budget_answer"):
        with (
            pytest.raises(DatabaseError, match="only grows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_budget_answer SET by_id = %s", [town.finance.pk])
    assert any("no second person" in fault.en for fault in check().faults)
