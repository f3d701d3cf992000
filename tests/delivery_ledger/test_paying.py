"""From approved to paid: two people make and release a batch, the bank answers, and each is paid once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from moneybox import AT, BUDGET, FUND, Town, answer, balances, states, take_return, whole

from jigong.audit.models import Entry as Recorded
from jigong.delivery.actions import StaleError
from jigong.delivery.approval import approve, approve_many, revoke
from jigong.delivery.payments import making
from jigong.delivery.payments.actions import (
    discard,
    make_batch,
    mark_sent,
    release,
    same_account,
)
from jigong.delivery.payments.enums import Outcome
from jigong.delivery.payments.models import Batch, Payment, ReturnFile, ReturnLine
from jigong.delivery.payments.obstacles import Obstacle, held_up
from jigong.delivery.payments.queries import attempts, batch_lines, ready
from jigong.kernel.problems import JigongError


@pytest.fixture
def approved(town: Town) -> list[int]:
    """Three approved entitlements."""
    ids = [town.entitlement(amount).pk for amount in ("5000.00", "1234.56", "0.01")]
    approve_many(entitlements=ids, by=town.approver, at=AT)
    return ids


TOTAL = Decimal("6234.57")


def test_from_approved_to_paid(town: Town, approved: list[int]) -> None:
    assert (ready(FUND).count, ready(FUND).total) == (3, TOTAL)
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    assert (made.state, made.count, made.total) == ("draft", 3, TOTAL)
    assert balances()["reserved"] == TOTAL
    released = release(batch=made.pk, by=town.other_finance, at=AT)
    assert (balances()["reserved"], balances()["sent"]) == (0, TOTAL)
    mark_sent(batch=made.pk, by=town.finance, at=AT)
    report = take_return(content=answer(released, "成功"), filename="回单.csv", by=town.finance, at=AT)
    assert report.counts == {Outcome.PAID: 3}
    assert states(approved) == ["paid"] * 3
    assert (balances()["sent"], balances()["paid"], balances()["available"]) == (0, TOTAL, BUDGET - TOTAL)
    (line,) = batch_lines(FUND)
    assert (line.state, line.paid, line.failed) == ("closed", 3, 0)
    actions = (
        Recorded.objects.filter(action__startswith="payments.")
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert list(actions) == [
        "payments.make_batch", "payments.release", "payments.mark_sent", "payments.take_return"
    ]  # fmt: skip
    assert whole()


def test_nobody_releases_their_own_batch(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="made a batch cannot release it"):
        release(batch=made.pk, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="only finance"):
        release(batch=made.pk, by=town.approver, at=AT)
    made.released_by, made.released_at, made.released_on = town.finance, AT, AT.date()
    with pytest.raises(IntegrityError, match="batch_released_by_another"):
        made.save()
    assert Batch.objects.get().state == "draft"


def test_only_finance_pays(town: Town, approved: list[int]) -> None:
    for account in (town.approver, town.officer):
        with pytest.raises(JigongError, match="only finance"):
            make_batch(fund=FUND, by=account, at=AT)
    batch = town.batch()
    with pytest.raises(JigongError, match="only finance"):
        take_return(content=answer(batch, "成功"), filename="x", by=town.approver, at=AT)
    assert states(approved) == ["approved"] * 3


def test_a_batch_takes_only_this_funds_money_that_is_in_no_payment(town: Town, approved: list[int]) -> None:
    other = town.entitlement(fund="care").pk
    approve(entitlement=other, by=town.approver, at=AT)
    home = town.entitlement(None, fund="").pk
    approve(entitlement=home, by=town.approver, at=AT)
    make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="nothing to pay"):
        make_batch(fund=FUND, by=town.other_finance, at=AT)
    assert sorted(Payment.objects.values_list("entitlement_id", flat=True)) == approved
    assert make_batch(fund="care", by=town.finance, at=AT).count == 1


def test_the_database_refuses_a_second_payment_that_could_go_through(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    payment = made.payments.first()
    payment.pk, payment.end_to_end_id = None, "another"
    with pytest.raises(IntegrityError, match="payment_one_alive"):
        payment.save()


def test_released_twice_is_released_once(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    release(batch=batch.pk, by=town.other_finance, at=AT)
    assert balances()["sent"] == TOTAL
    with pytest.raises(JigongError):
        release(batch=batch.pk, by=town.finance, at=AT)
    mark_sent(batch=batch.pk, by=town.finance, at=AT)
    mark_sent(batch=batch.pk, by=town.other_finance, at=AT)
    assert Batch.objects.get().sent_by_id == town.finance.pk
    assert Recorded.objects.filter(action="payments.mark_sent").count() == 1


def test_a_draft_is_not_marked_sent(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(StaleError):
        mark_sent(batch=made.pk, by=town.finance, at=AT)


def test_a_discarded_batch_frees_its_payments_and_a_released_one_is_not_discarded(
    town: Town, approved: list[int]
) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    discard(batch=made.pk, by=town.finance, at=AT, reason="金额待核")
    with pytest.raises(StaleError):
        release(batch=made.pk, by=town.other_finance, at=AT)
    again = town.batch()
    assert again.count == 3
    assert list(again.payments.values_list("attempt", flat=True)) == [1, 1, 1]
    with pytest.raises(JigongError, match="cannot be discarded"):
        discard(batch=again.pk, by=town.finance, at=AT, reason="晚了")
    assert whole()


def test_an_approval_whose_payment_is_under_way_is_not_taken_back(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    with pytest.raises(JigongError, match="payment batch"):
        revoke(entitlement=approved[0], by=town.approver, at=AT, reason="错")
    discard(batch=made.pk, by=town.finance, at=AT, reason="撤回批准")
    revoke(entitlement=approved[0], by=town.approver, at=AT, reason="错")
    assert states(approved) == ["passed", "approved", "approved"]
    assert whole()


def test_a_failure_gives_the_money_back_and_waits_for_another_account(
    town: Town, approved: list[int]
) -> None:
    batch = town.batch()
    report = take_return(content=answer(batch, "失败", "成功"), filename="r", by=town.finance, at=AT)
    assert report.counts == {Outcome.FAILED: 1, Outcome.PAID: 2}
    assert states(approved) == ["approved", "paid", "paid"]
    assert balances()["reserved"] == 5000
    assert whole()
    with pytest.raises(JigongError, match="nothing to pay"):
        make_batch(fund=FUND, by=town.finance, at=AT)
    (waiting,) = held_up(on=AT.date(), at=AT, fund=FUND)
    assert (waiting.entitlement.pk, waiting.failed, waiting.obstacle) == (
        approved[0],
        "户名不符",
        Obstacle.FAILED,
    )
    town.bank_account(waiting.entitlement.person)
    again = town.batch()
    take_return(content=answer(again, "成功"), filename="r2", by=town.finance, at=AT)
    assert states(approved) == ["paid"] * 3
    assert [(one.attempt, one.state, one.reason) for one in attempts(approved[0])] == [
        (1, "failed", "户名不符"), (2, "paid", "")
    ]  # fmt: skip
    assert whole()


def test_the_same_wrong_number_entered_again_is_not_another_account(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    take_return(content=answer(batch, "失败", "成功"), filename="r", by=town.finance, at=AT)
    failed = batch.payments.get(state="failed")
    town.bank_account(failed.entitlement.person, number=failed.bank_account.open_number())
    with pytest.raises(JigongError, match="nothing to pay"):
        make_batch(fund=FUND, by=town.finance, at=AT)
    same_account(payment=failed.pk, by=town.finance, at=AT, reason="银行系统故障")
    assert make_batch(fund=FUND, by=town.finance, at=AT).count == 1


def test_nobody_without_a_bank_account_is_in_a_batch(town: Town) -> None:
    due = town.entitlement()
    due.person.bank_accounts.update(active=False)
    approve(entitlement=due.pk, by=town.approver, at=AT)
    with pytest.raises(JigongError, match="nothing to pay"):
        make_batch(fund=FUND, by=town.finance, at=AT)
    assert [(one.entitlement.pk, one.obstacle) for one in held_up(on=AT.date(), at=AT)] == [
        (due.pk, Obstacle.NO_ACCOUNT)
    ]


def test_an_account_changed_before_the_release_stops_it(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    town.bank_account(made.payments.first().entitlement.person)
    with pytest.raises(JigongError, match="1 payees have changed"):
        release(batch=made.pk, by=town.other_finance, at=AT)
    discard(batch=made.pk, by=town.finance, at=AT, reason="账户变更")
    assert town.batch().count == 3


def test_the_same_return_file_twice_is_booked_once(town: Town, approved: list[int]) -> None:
    content = answer(town.batch(), "成功")
    first = take_return(content=content, filename="a.csv", by=town.finance, at=AT)
    again = take_return(content=content, filename="b.csv", by=town.other_finance, at=AT)
    assert (first.repeated, again.repeated) == (False, True)
    assert (first.results, first.file) == (again.results, again.file)
    assert (ReturnFile.objects.count(), ReturnLine.objects.count()) == (1, 3)
    assert whole()


def test_repeated_and_contradicting_lines_change_nothing(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    first, second, _ = batch.payments.order_by("pk")
    content = answer(batch, "成功", "成功", "失败", "失败", "失败", "成功", only=[first, first, first, second, second, second])  # fmt: skip
    report = take_return(content=content, filename="r", by=town.finance, at=AT)
    assert [result.outcome for result in report.results] == [
        Outcome.PAID, Outcome.REPEATED, Outcome.CONFLICT, Outcome.FAILED, Outcome.REPEATED, Outcome.PAID
    ]  # fmt: skip
    assert len(report.trouble) == 1
    assert states(approved) == ["paid", "paid", "approved"]
    assert whole()


def test_unknown_ids_and_wrong_amounts_are_reported_and_change_nothing(
    town: Town, approved: list[int]
) -> None:
    batch = town.batch()
    id_ = batch.payments.order_by("pk").first().end_to_end_id
    content = f"end_to_end_id,amount,result\nnobody,5000.00,paid\n{id_},4999.99,paid\n{id_},many,paid\n{id_},5000,maybe\n{id_},5000,pending\n"
    report = take_return(content=content.encode(), filename="r", by=town.finance, at=AT)
    assert [result.outcome for result in report.results] == [
        Outcome.UNKNOWN, Outcome.WRONG_AMOUNT, Outcome.UNREADABLE, Outcome.UNREADABLE, Outcome.WAITING
    ]  # fmt: skip
    assert states(approved) == ["approved"] * 3
    assert balances()["sent"] == TOTAL
    assert whole()


def test_an_answer_to_a_batch_that_was_not_released_is_a_contradiction(
    town: Town, approved: list[int]
) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    report = take_return(content=answer(made, "成功"), filename="r", by=town.finance, at=AT)
    assert report.counts == {Outcome.CONFLICT: 3}
    assert states(approved) == ["approved"] * 3
    assert whole()


def test_money_that_comes_back_after_payment_can_be_paid_again(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    take_return(content=answer(batch, "成功"), filename="r", by=town.finance, at=AT)
    report = take_return(content=answer(batch, "退汇", "成功"), filename="r2", by=town.finance, at=AT)
    assert report.counts == {Outcome.BOUNCED: 1, Outcome.REPEATED: 2}
    assert states(approved) == ["approved", "paid", "paid"]
    assert balances()["reserved"] == 5000
    assert whole()
    late = take_return(content=answer(batch, "成功") + b"\r\n", filename="r3", by=town.finance, at=AT)
    assert late.results[0].outcome == Outcome.CONFLICT
    town.bank_account(Payment.objects.get(state="failed").entitlement.person)
    take_return(content=answer(town.batch(), "成功"), filename="r4", by=town.finance, at=AT)
    assert states(approved) == ["paid"] * 3
    assert whole()


def test_a_return_shows_that_the_batch_was_sent(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    one = batch.payments.order_by("pk").first()
    take_return(content=answer(batch, "成功", only=[one]), filename="r", by=town.finance, at=AT)
    assert Batch.objects.get().state == "sent"
    assert whole()


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\xff\xfe\x00", b"a,b\n1,2\n", "端到端编号,结果\nx,成功\n".encode(), b"<x/>", b"<x"],
)
def test_what_is_no_return_file_is_refused(town: Town, content: bytes) -> None:
    with pytest.raises(JigongError):
        take_return(content=content, filename="r", by=town.finance, at=AT)
    assert ReturnFile.objects.count() == 0


def test_those_who_cannot_be_paid_do_not_block_the_others(
    town: Town, approved: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole file the bank refused: its accounts wait for somebody, and others are paid meanwhile."""
    take_return(content=answer(town.batch(), "失败"), filename="r", by=town.finance, at=AT)
    monkeypatch.setattr(making, "MOST", 2)
    later = town.entitlements(3, "10.00")
    approve_many(entitlements=later, by=town.approver, at=AT)
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    assert sorted(made.payments.values_list("entitlement", flat=True)) == later[:2]
    assert (made.count, made.total) == (2, Decimal("20.00"))
