"""One payment that two funds bear: the books keep the parts apart, whatever happens to it."""

from decimal import Decimal

import pytest
from moneybox import AT, CITY, FUND, YEAR, Town, answer, balances, supplement, take_return, whole

from jigong.delivery.approval import approve, revoke
from jigong.delivery.ledger.actions import OverBudgetError, recover
from jigong.delivery.ledger.queries import paid_for
from jigong.delivery.ledger.shares import parts_of, returned
from jigong.delivery.payments.models import Payment

GRANT, HALF = Decimal("7700.00"), Decimal("3850.00")


def test_one_payment_has_a_posting_in_each_fund(town: Town) -> None:
    due = town.entitlement("7700.00", drawn=True)
    approve(entitlement=due.pk, by=town.approver, at=AT)
    assert (balances()["reserved"], balances(CITY)["reserved"]) == (HALF, HALF)
    batch = town.batch()
    assert (batch.total, Payment.objects.get().amount) == (GRANT, GRANT)
    assert (balances()["sent"], balances(CITY)["sent"]) == (HALF, HALF)
    take_return(content=answer(batch, "成功"), filename="r", by=town.finance, at=AT)
    assert (balances()["paid"], balances(CITY)["paid"]) == (HALF, HALF)
    recover(
        entitlement=due.pk, amount=Decimal("0.05"), reference="1", reason="多付", on=AT.date(), by=town.finance, at=AT
    )  # fmt: skip
    assert paid_for(due.pk) == GRANT - Decimal("0.05")
    assert -balances()["recovered"] - balances(CITY)["recovered"] == Decimal("0.05")
    assert whole()


def test_taking_the_approval_back_gives_each_fund_its_part(town: Town) -> None:
    due = town.entitlement("7700.00", drawn=True)
    for _ in range(2):
        approve(entitlement=due.pk, by=town.approver, at=AT)
        revoke(entitlement=due.pk, by=town.approver, at=AT, reason="改")
    assert balances()["reserved"] == balances(CITY)["reserved"] == 0
    assert whole()


def test_nothing_is_reserved_where_either_fund_has_too_little(town: Town) -> None:
    cut = Decimal(1) - Decimal("3000000.00")
    supplement(fund=CITY, year=YEAR, amount=cut, reference="1", reason="测试", by=town.finance, at=AT)
    due = town.entitlement("7700.00", drawn=True)
    with pytest.raises(OverBudgetError):
        approve(entitlement=due.pk, by=town.approver, at=AT)
    assert balances().get("reserved", 0) == balances(CITY).get("reserved", 0) == 0


@pytest.mark.parametrize("share", ["0", "0.3333", "0.5", "1"])
@pytest.mark.parametrize("amount", ["0.01", "7700.00", "999.99"])
def test_parts_add_up_to_the_cent(amount: str, share: str) -> None:
    parts = parts_of(FUND, (CITY, Decimal(share)), Decimal(amount))
    assert sum(part for _, part in parts) == Decimal(amount)
    assert all(part > 0 for _, part in parts)


def test_what_comes_back_never_is_more_than_a_fund_paid() -> None:
    paid = {FUND: Decimal("0.01"), CITY: Decimal("10.00")}
    assert returned(FUND, paid, Decimal("10.01")) == [(FUND, Decimal("0.01")), (CITY, Decimal("10.00"))]
    assert returned(FUND, {FUND: Decimal("5.00")}, Decimal("1.00")) == [(FUND, Decimal("1.00"))]
