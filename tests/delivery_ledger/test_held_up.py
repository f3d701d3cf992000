"""Everything approved whose money does not move is listed with the reason; and a batch says what it left out."""

from decimal import Decimal

from django.db import connection
from moneybox import AT, BUDGET, CITY, FUND, YEAR, Town, answer, supplement, take_return

from jigong.delivery.approval import approve_many
from jigong.delivery.models import Entitlement
from jigong.delivery.payments import actions
from jigong.delivery.payments.obstacles import LABELS, NEXT, Obstacle, by_obstacle, held_up, left_out


def _found(fund: str | None = None) -> dict[int, Obstacle]:
    return {one.entitlement.pk: one.obstacle for one in held_up(on=AT.date(), at=AT, fund=fund)}


def test_each_reason_is_told_apart_and_the_batch_keeps_what_it_left_out(town: Town) -> None:
    ids = town.entitlements(6)
    approve_many(entitlements=ids, by=town.approver, at=AT)
    failed, none, held, lost, changed, fine = (Entitlement.objects.get(pk=pk) for pk in ids)
    first = town.batch()
    take_return(content=answer(first, "失败"), filename="r", by=town.finance, at=AT)
    for one in (held, lost, changed, fine):
        town.bank_account(one.person)
    none.person.bank_accounts.update(active=False)
    Entitlement.objects.filter(pk=held.pk).update(held=True)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_entry SET entitlement = NULL WHERE entitlement = %s", [lost.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    draft = actions.make_batch(fund=FUND, by=town.finance, at=AT)
    town.bank_account(changed.person)
    assert _found() == _found(FUND) == {
        failed.pk: Obstacle.FAILED, none.pk: Obstacle.FAILED, held.pk: Obstacle.HOLD, lost.pk: Obstacle.UNRESERVED,
        changed.pk: Obstacle.CHANGED,
    }  # fmt: skip
    assert _found(CITY) == {}
    assert draft.left_out == {"hold": [held.pk], "failed": [failed.pk, none.pk], "unreserved": [lost.pk]}
    assert [len(ids) for _, _, ids in left_out(draft)] == [1, 2, 1]
    assert [count for _, _, count in by_obstacle(held_up(on=AT.date(), at=AT))] == [2, 1, 1, 1]


def test_a_failure_that_nobody_confirmed_is_listed(town: Town) -> None:
    (due,) = town.entitlements(1)
    approve_many(entitlements=[due], by=town.approver, at=AT)
    content = answer(town.batch(), "失败")
    assert _found() == {}
    actions.take_return(content=content, filename="r", by=town.finance, at=AT)
    assert _found() == {due: Obstacle.UNCONFIRMED}


def test_what_its_own_or_the_other_fund_cannot_bear_is_listed(town: Town) -> None:
    small, large = town.entitlement("100.00"), town.entitlement("100.01")
    drawn = town.entitlement("10.00", drawn=True)
    supplement(
        fund=FUND,
        year=YEAR,
        amount=Decimal(100) - BUDGET,
        reference="1",
        reason="压减",
        by=town.finance,
        at=AT,
    )
    assert _found() == {large.pk: Obstacle.BUDGET}
    supplement(
        fund=CITY,
        year=YEAR,
        amount=Decimal("4.99") - 3_000_000,
        reference="1",
        reason="压减",
        by=town.finance,
        at=AT,
    )
    assert _found() == {large.pk: Obstacle.BUDGET, drawn.pk: Obstacle.BUDGET}
    assert small.pk not in _found()


def test_every_reason_has_words_and_a_next_step() -> None:
    assert set(LABELS) == set(NEXT) == set(Obstacle)
