"""Many people at the same moment, each with a connection of their own: nothing twice, nothing overdrawn, nobody stuck."""

import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from django.db import connection, transaction
from moneybox import (
    AT,
    BUDGET,
    FUND,
    YEAR,
    Town,
    answer,
    balances,
    locks_waited_for,
    states,
    supplement,
    take_return,
    whole,
)

from jigong.accounts.models import Account
from jigong.delivery import holds
from jigong.delivery.actions import StaleError, locked, withdraw
from jigong.delivery.approval import approve, approve_many, revoke
from jigong.delivery.ledger import posting
from jigong.delivery.ledger.actions import OverBudgetError
from jigong.delivery.ledger.enums import Kind
from jigong.delivery.ledger.models import Entry
from jigong.delivery.ledger.posting import Posting
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.payments.actions import discard, make_batch, release
from jigong.delivery.payments.models import Batch, Payment
from jigong.delivery.states import Cause
from jigong.kernel.problems import JigongError


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """What each job returned or raised, all started at the same moment in threads of their own."""
    barrier = threading.Barrier(len(jobs))
    found: list[object] = [None] * len(jobs)

    def run(place: int, job: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=60)
            found[place] = job()
        except Exception as bad:
            found[place] = bad
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "somebody is stuck"
    return found


def _kinds(found: Sequence[object]) -> list[str]:
    return sorted(type(one).__name__ for one in found)


def test_two_officers_approve_the_same_at_the_same_moment(town: Town) -> None:
    due = town.entitlement().pk
    found = at_once(
        lambda: approve(entitlement=due, by=town.approver, at=AT, version=1),
        lambda: approve(entitlement=due, by=town.other_approver, at=AT, version=1),
    )
    assert _kinds(found) == ["Entitlement", "StaleError"]
    assert balances()["reserved"] == 5000
    assert whole()


def test_twenty_at_once_against_a_budget_for_ten(town: Town) -> None:
    supplement(fund=FUND, year=YEAR, amount=Decimal(50_000) - BUDGET, reference="cut", reason="测试", by=town.finance, at=AT)  # fmt: skip
    ids = town.entitlements(20)
    found = at_once(*(lambda id_=id_: approve(entitlement=id_, by=town.approver, at=AT) for id_ in ids))  # type: ignore[misc]
    assert _kinds(found) == ["Entitlement"] * 10 + ["OverBudgetError"] * 10
    assert sorted(states(ids)) == ["approved"] * 10 + ["passed"] * 10
    assert (balances()["available"], balances()["reserved"]) == (0, 50_000)
    assert whole()


def test_the_database_alone_holds_the_budget_whatever_the_program_checks(town: Town) -> None:
    supplement(fund=FUND, year=YEAR, amount=Decimal(50_000) - BUDGET, reference="cut", reason="测试", by=town.finance, at=AT)  # fmt: skip
    postings = [Posting(f"forced:{n}", Kind.RESERVE, FUND, YEAR, Decimal(5_000)) for n in range(20)]
    found = at_once(*(lambda p=p: posting.post([p], by=None, at=AT) for p in postings))  # type: ignore[misc]
    assert _kinds(found) == ["IntegrityError"] * 10 + ["int"] * 10
    assert (balances()["available"], balances()["reserved"]) == (0, 50_000)


def test_the_first_twenty_of_a_year_open_it_once(town: Town) -> None:
    ids = town.entitlements(20)
    found = at_once(*(lambda id_=id_: approve(entitlement=id_, by=town.approver, at=AT) for id_ in ids))  # type: ignore[misc]
    assert _kinds(found) == ["Entitlement"] * 20
    assert Entry.objects.filter(kind="open").count() == 1
    assert whole()


def test_bulk_and_single_approvals_in_opposite_orders_do_not_wait_in_a_circle(town: Town) -> None:
    ids = town.entitlements(40)
    found = at_once(
        lambda: approve_many(entitlements=ids, by=town.approver, at=AT),
        lambda: approve_many(entitlements=ids[::-1], by=town.other_approver, at=AT),
        lambda: [_tried(id_, town.approver) for id_ in ids[::-1]],
        lambda: [_tried(id_, town.other_approver) for id_ in ids],
    )
    assert _kinds(found) == ["list"] * 4
    assert states(ids) == ["approved"] * 40
    assert balances()["reserved"] == 200_000
    assert whole()


def _tried(id_: int, by: Account) -> bool:
    try:
        approve(entitlement=id_, by=by, at=AT)
    except StaleError:
        return False
    return True


def test_two_batches_made_at_once_share_nothing(town: Town) -> None:
    ids = town.entitlements(30)
    approve_many(entitlements=ids, by=town.approver, at=AT)
    found = at_once(
        lambda: make_batch(fund=FUND, by=town.finance, at=AT),
        lambda: make_batch(fund=FUND, by=town.other_finance, at=AT),
    )
    assert _kinds(found) in (["Batch", "JigongError"], ["Batch", "Batch"])
    assert sorted(Payment.objects.values_list("entitlement_id", flat=True)) == ids
    assert whole()


def test_a_batch_released_and_discarded_at_once_is_one_of_both(town: Town) -> None:
    approve_many(entitlements=town.entitlements(3), by=town.approver, at=AT)
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    at_once(
        lambda: release(batch=made.pk, by=town.other_finance, at=AT),
        lambda: discard(batch=made.pk, by=town.finance, at=AT, reason="改"),
    )
    assert Batch.objects.get().state in ("released", "discarded")
    assert whole()


def test_an_approval_taken_back_while_a_batch_is_made_is_in_one_place_only(town: Town) -> None:
    ids = town.entitlements(5)
    approve_many(entitlements=ids, by=town.approver, at=AT)
    at_once(
        *(lambda id_=id_: revoke(entitlement=id_, by=town.approver, at=AT, reason="改") for id_ in ids),  # type: ignore[misc]
        lambda: make_batch(fund=FUND, by=town.finance, at=AT),
    )
    in_batch = set(Payment.objects.values_list("entitlement_id", flat=True))
    assert {id_ for id_, state in zip(ids, states(ids), strict=True) if state == "approved"} >= in_batch
    assert whole()


def test_the_same_return_taken_in_by_two_at_once_is_booked_once(town: Town) -> None:
    ids = town.entitlements(30)
    approve_many(entitlements=ids, by=town.approver, at=AT)
    batch = town.batch()
    content = answer(batch, "成功", "失败", "成功")
    other = answer(batch, "成功", "失败", "成功") + b"\r\n"
    found = at_once(
        lambda: take_return(content=content, filename="a", by=town.finance, at=AT),
        lambda: take_return(content=content, filename="b", by=town.other_finance, at=AT),
        lambda: take_return(content=other, filename="c", by=town.other_finance, at=AT),
        lambda: approve_many(entitlements=town.entitlements(20), by=town.approver, at=AT),
    )
    assert _kinds(found) == ["ReturnReport"] * 3 + ["list"]
    assert sorted(states(ids)) == ["approved"] + ["paid"] * 29
    assert whole()


def test_whoever_waits_for_the_books_sees_what_the_one_before_took(town: Town) -> None:
    supplement(fund=FUND, year=YEAR, amount=Decimal(5_000) - BUDGET, reference="cut", reason="测试", by=town.finance, at=AT)  # fmt: skip
    first, second = town.entitlements(2)
    outcome: list[object] = []

    def wait_and_approve() -> None:
        outcome.extend(at_once(lambda: approve(entitlement=second, by=town.other_approver, at=AT)))

    with transaction.atomic():
        posting.lock()
        thread = threading.Thread(target=wait_and_approve)
        thread.start()
        while not locks_waited_for():
            thread.join(timeout=0.02)
            assert thread.is_alive(), "it did not wait"
        approve(entitlement=first, by=town.approver, at=AT)
    thread.join(timeout=60)
    assert isinstance(outcome[0], OverBudgetError)
    assert states([first, second]) == ["approved", "passed"]
    assert whole()


@pytest.mark.parametrize("turn", range(3))
def test_everything_at_once_ends_with_whole_books(town: Town, turn: int) -> None:
    ids = town.entitlements(24)
    approve_many(entitlements=ids[:8], by=town.approver, at=AT)
    batch = town.batch()

    def pay_what_there_is() -> object:
        try:
            made = make_batch(fund=FUND, by=town.finance, at=AT)
            released = release(batch=made.pk, by=town.other_finance, at=AT)
            return take_return(content=answer(released, "成功"), filename="x", by=town.finance, at=AT)
        except JigongError as nothing:
            return nothing

    found = at_once(
        lambda: approve_many(entitlements=ids[8:], by=town.approver, at=AT),
        lambda: approve_many(entitlements=ids[:7:-1], by=town.other_approver, at=AT),
        lambda: take_return(content=answer(batch, "失败", "成功"), filename="y", by=town.finance, at=AT),
        pay_what_there_is,
        pay_what_there_is,
        lambda: supplement(fund=FUND, year=YEAR, amount=Decimal(1), reference="r", reason="测试", by=town.finance, at=AT),
    )  # fmt: skip
    assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, JigongError)]
    assert whole()


def _notice(due: int) -> None:
    """A look at many puts on a hold."""
    with transaction.atomic(), connection.cursor() as cursor:
        holds.keep(cursor, Cause.DEATH, [(due, holds.NOTHING)], among=[due], at=AT)


def _meanwhile(job: Callable[[], object], act: Callable[[], object]) -> None:
    """Act, and before it is committed let ``job`` come as far as it can."""
    thread = threading.Thread(target=lambda: (job(), connection.close()))
    with transaction.atomic():
        act()
        thread.start()
        deadline = time.monotonic() + 20
        while thread.is_alive() and not locks_waited_for() and time.monotonic() < deadline:
            time.sleep(0.02)
    thread.join(timeout=60)
    assert not thread.is_alive(), "somebody is stuck"


def test_a_hold_that_comes_as_the_last_one_is_lifted_holds(town: Town) -> None:
    due = town.entitlement().pk
    with transaction.atomic():
        holds.put_on(locked(due), Cause.FINDING, at=AT)
    _meanwhile(lambda: _notice(due), lambda: holds.lift(locked(due), Cause.FINDING, at=AT))
    assert Entitlement.objects.get(pk=due).held
    with pytest.raises(holds.HeldError):
        approve(entitlement=due, by=town.approver, at=AT)


def test_what_was_given_up_meanwhile_is_not_held(town: Town) -> None:
    due = town.entitlement().pk
    _meanwhile(lambda: _notice(due), lambda: withdraw(entitlement=due, by=town.approver, at=AT))
    assert not Entitlement.objects.get(pk=due).held
    assert not Hold.objects.filter(entitlement=due, lifted_at=None).exists()


def test_a_hold_stays_that_comes_as_a_look_at_many_lifts_another(town: Town) -> None:
    due = town.entitlement().pk
    _notice(due)

    def lift() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            holds.keep(cursor, Cause.DEATH, [], among=[due], at=AT)

    _meanwhile(lift, lambda: holds.put_on(locked(due), Cause.FINDING, at=AT))
    assert Entitlement.objects.get(pk=due).held
