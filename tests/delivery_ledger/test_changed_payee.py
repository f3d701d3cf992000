"""A changed account waits some working days, the old phone is told, and an account that several people gave is named."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from moneybox import AT, FUND, Town

from jigong.accounts import old_phone
from jigong.accounts.actions import add_bank_account
from jigong.accounts.cipher import seal_text
from jigong.accounts.models import FormerMobile, Person
from jigong.audit.models import Entry
from jigong.delivery.approval import approve
from jigong.delivery.models import Entitlement
from jigong.delivery.payments import actions, waiting
from jigong.delivery.payments.obstacles import Obstacle, held_up
from jigong.delivery.payments.waiting import also_given_by, waits_until, working_days_after
from jigong.kernel.problems import JigongError

THURSDAY, TUESDAY = date(2023, 1, 5), date(2023, 1, 10)
"""The day of AT, and three working days later."""


def _approved(town: Town) -> Entitlement:
    due = town.entitlement()
    return approve(entitlement=due.pk, by=town.approver, at=AT)


def test_working_days_leave_out_weekends() -> None:
    assert working_days_after(THURSDAY, 3) == TUESDAY
    assert working_days_after(date(2023, 1, 7), 1) == date(2023, 1, 9)
    assert working_days_after(THURSDAY, 0) == THURSDAY


def test_money_waits_after_a_change_and_says_until_when(town: Town) -> None:
    due = _approved(town)
    assert due.person is not None
    town.bank_account(due.person, at=AT)
    with pytest.raises(JigongError, match="nothing to pay"):
        actions.make_batch(fund=FUND, by=town.finance, at=AT)
    (stuck,) = held_up(on=THURSDAY, at=AT)
    assert (stuck.obstacle, stuck.until) == (Obstacle.RECENT, TUESDAY)
    assert "2023-01-10" in stuck.label.zh
    later = datetime(2023, 1, 10, 2, tzinfo=UTC)
    assert held_up(on=TUESDAY, at=later) == []
    assert actions.make_batch(fund=FUND, by=town.finance, at=later).count == 1


def test_a_batch_says_what_it_left_out_for_that(town: Town) -> None:
    fine, due = _approved(town), _approved(town)
    assert due.person is not None
    town.bank_account(due.person, at=AT)
    batch = actions.make_batch(fund=FUND, by=town.finance, at=AT)
    assert [payment.entitlement_id for payment in batch.payments.all()] == [fine.pk]
    assert batch.left_out == {"recent": [due.pk]}


def test_the_first_account_waits_only_after_a_change_of_mobile(town: Town) -> None:
    person = town.worker()
    person.bank_accounts.all().delete()
    first = town.bank_account(person, at=AT)
    assert waits_until([first], at=AT) == {}
    FormerMobile.objects.create(
        person=person, mobile=seal_text("13800001234", "person.mobile"), until=AT - timedelta(days=1)
    )
    assert waits_until([first], at=AT) == {first.pk: TUESDAY}
    FormerMobile.objects.update(until=AT - timedelta(days=20))
    assert waits_until([first], at=AT) == {}


def test_the_pack_turns_it_off(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    person = town.worker()
    changed = town.bank_account(person, at=AT)
    assert waits_until([changed], at=AT)
    monkeypatch.setattr(waiting, "days_to_wait", lambda: 0)
    assert waits_until([changed], at=AT) == {}


class _Kept:
    tells = True

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def tell(self, mobile: str, text: str) -> None:
        self.told.append((mobile, text))


def _give(person: Person, number: str) -> None:
    with transaction.atomic():
        add_bank_account(person=person, number=number, holder=person.name, bank="演示银行", by=None, at=AT)


def test_the_old_phone_is_told_of_a_changed_account(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _Kept()
    monkeypatch.setattr(old_phone, "sender", lambda: kept)
    person = town.worker()
    person.bank_accounts.all().delete()
    person.mobile = seal_text("13900000002", "person.mobile")
    person.save()
    for mobile, days in (("13900000001", 3), ("13900000000", 300)):
        FormerMobile.objects.create(
            person=person, mobile=seal_text(mobile, "person.mobile"), until=AT - timedelta(days=days)
        )
    _give(person, "33001234567890")
    assert kept.told == [], "the first account replaces none"
    _give(person, "33001234567891")
    assert [mobile for mobile, _ in kept.told] == ["13900000002", "13900000001"], "the phone of before too"
    assert all(person.name not in text and "33001" not in text for _, text in kept.told)
    assert Entry.objects.get(action="accounts.tell_old_phone", person=person.pk)


def test_who_else_gave_an_account_is_known_by_its_hash(town: Town) -> None:
    one, other, alone = town.worker(), town.worker("演示·李四"), town.worker()
    town.bank_account(other, number="33001234567890")
    mine = town.bank_account(one, number="33001234567890")
    lonely = alone.bank_accounts.get()
    found = also_given_by([mine, lonely])
    assert {pk: [row.person for row in rows] for pk, rows in found.items()} == {mine.pk: [other]}
