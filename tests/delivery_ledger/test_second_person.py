"""What failed or came back is booked when a second person has looked, once; what was paid stands at once."""

import pytest
from django.db import connection, transaction
from moneybox import AT, FUND, Town, answer, balances, states, whole

from jigong.audit.models import Entry as Recorded
from jigong.delivery.actions import StaleError
from jigong.delivery.approval import approve_many
from jigong.delivery.payments.actions import (
    confirm_returns,
    decline_returns,
    discard,
    make_batch,
    release,
    take_return,
)
from jigong.delivery.payments.models import Batch, PayingAccount, Payment
from jigong.delivery.payments.queries import earlier, to_confirm
from jigong.delivery.payments.reconcile import reconcile
from jigong.delivery.payments.returns import open_lines
from jigong.kernel.problems import JigongError


@pytest.fixture
def batch(town: Town) -> Batch:
    """Three payments with the bank."""
    approve_many(entitlements=town.entitlements(3), by=town.approver, at=AT)
    return town.batch()


def _take(town: Town, content: bytes) -> int:
    return take_return(content=content, filename="r", by=town.finance, at=AT).file


def _open() -> list[int]:
    return list(open_lines().order_by("pk").values_list("pk", flat=True))


def _payments() -> list[str]:
    return list(Payment.objects.order_by("pk").values_list("state", flat=True))


def test_success_stands_at_once_and_failure_when_another_person_confirms(town: Town, batch: Batch) -> None:
    file = _take(town, answer(batch, "失败", "成功"))
    assert _payments() == ["sent", "paid", "paid"]
    assert to_confirm() == {file: 1}
    with pytest.raises(JigongError, match="nothing to pay"):
        make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="takes two people"):
        confirm_returns(lines=_open(), by=town.finance, at=AT)
    with pytest.raises(JigongError, match="only finance"):
        confirm_returns(lines=_open(), by=town.approver, at=AT)
    assert Batch.objects.get().state == "sent"
    lines = _open()
    assert [confirm_returns(lines=lines, by=town.other_finance, at=AT) for _ in range(2)] == [1, 0]
    assert _payments() == ["failed", "paid", "paid"]
    assert Payment.objects.get(state="failed").reason == "户名不符"
    assert Payment.objects.get(state="failed").bank_reference
    assert (Batch.objects.get().state, balances()["reserved"], to_confirm()) == ("closed", 5000, {})
    assert Recorded.objects.get(action="payments.confirm_returns").actor == town.other_finance.pk
    assert whole()


def test_a_paid_line_comes_back_only_by_two_people(town: Town, batch: Batch) -> None:
    _take(town, answer(batch, "成功"))
    _take(town, answer(batch, "退汇", "成功"))
    assert _payments() == ["paid"] * 3
    assert balances()["reserved"] == 0
    confirm_returns(lines=_open(), by=town.other_finance, at=AT)
    assert _payments() == ["failed", "paid", "paid"]
    assert sorted(states([p.entitlement_id for p in Payment.objects.all()])) == ["approved", "paid", "paid"]
    assert whole()


def test_the_first_batch_from_a_paying_account_is_released_by_another_than_who_entered_it(town: Town) -> None:
    town.paying_account()
    entered = PayingAccount.objects.get().created_by
    first, second = (
        (town.other_finance, entered) if entered != town.other_finance else (town.finance, entered)
    )
    approve_many(entitlements=town.entitlements(1), by=town.approver, at=AT)
    made = make_batch(fund=FUND, by=first, at=AT)
    with pytest.raises(JigongError, match="entered the paying account"):
        release(batch=made.pk, by=second, at=AT)
    assert not Batch.objects.filter(released_by__isnull=False).exists()
    discard(batch=made.pk, reason="另一人编制", by=first, at=AT)
    made = make_batch(fund=FUND, by=second, at=AT)
    assert release(batch=made.pk, by=first, at=AT).paying_account == PayingAccount.objects.get()
    approve_many(entitlements=town.entitlements(1), by=town.approver, at=AT)
    made = make_batch(fund=FUND, by=first, at=AT)
    assert release(batch=made.pk, by=second, at=AT).released_by == second, "two people have seen it by now"


def test_what_is_declined_changes_nothing_and_can_be_said_again(town: Town, batch: Batch) -> None:
    content = answer(batch, "失败", "成功")
    _take(town, content)
    with pytest.raises(JigongError, match="a reason"):
        decline_returns(lines=_open(), text=" ", by=town.other_finance, at=AT)
    assert decline_returns(lines=_open(), text="流水里没有退回", by=town.other_finance, at=AT) == 1
    assert (_payments(), _open()) == (["sent", "paid", "paid"], [])
    _take(town, content + b"\r\n")
    assert len(_open()) == 1
    _take(town, content + b"\r\n\r\n")
    assert len(_open()) == 1, "said before, and it waits"
    confirm_returns(lines=_open(), by=town.other_finance, at=AT)
    assert _payments() == ["failed", "paid", "paid"]
    assert whole()


def test_a_failure_that_a_later_success_contradicts_is_not_confirmed(town: Town, batch: Batch) -> None:
    _take(town, answer(batch, "失败", "成功"))
    _take(town, answer(batch, "成功"))
    assert _payments() == ["paid"] * 3
    with pytest.raises(StaleError, match="contradicts"):
        confirm_returns(lines=_open(), by=town.other_finance, at=AT)
    decline_returns(lines=_open(), text="后来成功了", by=town.finance, at=AT)
    assert (_payments(), _open()) == (["paid"] * 3, [])
    assert whole()


def test_who_releases_sees_what_failed_before_why_and_to_which_account(town: Town, batch: Batch) -> None:
    _take(town, answer(batch, "失败", "成功"))
    confirm_returns(lines=_open(), by=town.other_finance, at=AT)
    failed = Payment.objects.get(state="failed")
    town.bank_account(failed.entitlement.person)
    again = make_batch(fund=FUND, by=town.finance, at=AT).payments.get()
    (before,) = earlier([again])[again.pk]
    assert (before.attempt, before.reason, before.last4) == (1, "户名不符", failed.bank_account.last4)
    assert before.bank == failed.bank_account.bank
    assert earlier([failed]) == {failed.pk: []}


def test_a_failure_by_one_persons_word_is_found(town: Town, batch: Batch) -> None:
    _take(town, answer(batch, "成功"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_payment SET state = 'failed'")
    assert any("one person's word" in fault.en for fault in reconcile().faults)
