"""A recovery is heard before it is decided, appealed after, and paid back in parts; the books follow."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from moneybox import AT, FUND, YEAR, Town, answer, take_return, whole

from jigong.accounts.cipher import seal_text
from jigong.accounts.models import Account
from jigong.audit.models import Entry as Record
from jigong.delivery.approval import approve
from jigong.delivery.ledger.models import Entry
from jigong.delivery.ledger.queries import fund_year
from jigong.delivery.models import SUBJECT, Entitlement
from jigong.delivery.offers import subject_hash
from jigong.delivery.replay.actions import accept, reject
from jigong.delivery.replay.looking import given_so_far
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction, Repayment
from jigong.delivery.replay.queries import BODY, withdrawn_of
from jigong.delivery.replay.recoveries import answer_appeal, appeal, settle, speak
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError

LATER = AT + timedelta(days=40)


@pytest.fixture(autouse=True)
def by_the_clock(monkeypatch):
    monkeypatch.setattr(django_settings, "JIGONG", replace(django_settings.JIGONG, today=None))


def paid(town: Town, amount: str = "5000.00") -> Entitlement:
    """Something the bank has paid."""
    made = town.entitlement(amount)
    subject = f"subject {made.pk}"
    made.subject, made.subject_hash = seal_text(subject, SUBJECT), subject_hash(subject)
    made.save()
    approve(entitlement=made.pk, by=town.approver, at=AT)
    batch = town.batch()
    take_return(content=answer(batch, "成功"), filename="r", by=town.finance, at=AT)
    return Entitlement.objects.get(pk=made.pk)


def asked(town: Town, amount: str = "1000.00", of: Entitlement | None = None) -> Adjustment:
    """A proposal to ask a part of it back, which may be answered until ten days later."""
    return Adjustment.objects.create(
        entitlement=of or paid(town), direction=Direction.RECOVERY, amount=Decimal(amount), key="k", created_at=AT,
        body=seal_text('{"changes": []}', BODY), hear_until=AT.date() + timedelta(days=10),
    )  # fmt: skip


def payee(one: Adjustment) -> Account:
    person = one.entitlement.person
    return Account.objects.get_or_create(username=f"payee-{person.pk}", person=person)[0]


def agreed(town: Town, amount: str = "1000.00") -> Adjustment:
    """A recovery that was heard and accepted."""
    one = asked(town, amount)
    speak(adjustment=one.pk, text="请核对", by=payee(one), at=AT)
    return accept(adjustment=one.pk, reason="属实", by=town.approver, at=AT)


def appealed(town: Town, *parts: str) -> Adjustment:
    """A recovery under appeal, of which some parts were paid."""
    one = agreed(town)
    for place, part in enumerate(parts):
        back(one, town, part, f"R{place}")
    appeal(adjustment=one.pk, text="我不同意", by=payee(one), at=AT)
    return Adjustment.objects.get(pk=one.pk)


def back(one: Adjustment, town: Town, amount: str | None, reference: str = "R") -> Adjustment:
    return settle(
        adjustment=one.pk, amount=None if amount is None else Decimal(amount), reference=reference, reason="本人退回",
        by=town.finance, at=AT,
    )  # fmt: skip


def actions_about(one: Adjustment) -> list[str]:
    rows = Record.objects.filter(object_kind="adjustment", object_id=str(one.pk)).order_by("id")
    return [row.action for row in rows]


def test_it_waits_for_the_payee_or_until_the_day_is_over(town: Town):
    one = asked(town)
    for days in (0, 10):
        with pytest.raises(JigongError, match="may be heard until"):
            accept(adjustment=one.pk, reason="属实", by=town.approver, at=AT + timedelta(days=days))
    done = accept(adjustment=one.pk, reason="属实", by=town.approver, at=AT + timedelta(days=11))
    assert done.state == AdjustmentState.ACCEPTED
    assert done.appeal_until > done.decided_at.date()
    assert done.due_on > done.decided_at.date()


def test_who_has_spoken_need_not_be_waited_for_and_speaks_once(town: Town):
    one = asked(town)
    said = speak(adjustment=one.pk, text=" 发票已补交 ", by=payee(one), at=AT)
    assert said.open_text() == "发票已补交"
    assert "发票".encode() not in bytes(said.text)
    assert speak(adjustment=one.pk, text="发票已补交", by=payee(one), at=AT) == said, "a double click"
    with pytest.raises(JigongError, match="said once"):
        speak(adjustment=one.pk, text="另外", by=payee(one), at=AT)
    with pytest.raises(JigongError, match="at most"):
        speak(adjustment=one.pk, text=" ", by=payee(one), at=AT)
    accept(adjustment=one.pk, reason="属实", by=town.approver, at=AT)
    assert actions_about(one) == ["replay.hearing", "replay.accepted"]


def test_a_decided_one_hears_nobody_and_arrears_wait_for_nobody(town: Town):
    one = asked(town)
    reject(adjustment=one.pk, reason="数额小", by=town.approver, at=AT)
    with pytest.raises(JigongError, match="too late"):
        speak(adjustment=one.pk, text="请核对", by=payee(one), at=AT)
    more = Adjustment.objects.create(
        entitlement=one.entitlement, direction=Direction.ARREARS, amount=1, key="m", body=b"", created_at=AT
    )
    with pytest.raises(JigongError, match="too late"):
        speak(adjustment=more.pk, text="请核对", by=payee(one), at=AT)


def test_an_appeal_stops_the_money_and_counts_as_agreed(town: Town):
    one = appealed(town)
    assert (one.state, one.answer_by > AT.date()) == (AdjustmentState.APPEALED, True)
    with pytest.raises(JigongError, match="only a recovery that was agreed"):
        back(one, town, "1.00")
    assert given_so_far(one.entitlement, one.entitlement.amount) == Decimal("4000.00")
    assert appeal(adjustment=one.pk, text="我不同意", by=payee(one), at=AT) == one.appeal, "a double click"


def test_an_appeal_is_made_once_and_in_time(town: Town):
    one = agreed(town)
    with pytest.raises(JigongError, match="days to appeal are over"):
        appeal(adjustment=one.pk, text="我不同意", by=payee(one), at=LATER)
    appeal(adjustment=one.pk, text="我不同意", by=payee(one), at=AT + timedelta(days=30))
    answer_appeal(adjustment=one.pk, upheld=False, reason="核对无误", by=town.other_approver, at=LATER)
    with pytest.raises(JigongError, match="said once"):
        appeal(adjustment=one.pk, text="还是不同意", by=payee(one), at=LATER)
    assert not Adjustment.objects.get(pk=one.pk).may_appeal(LATER.date())


def test_it_is_answered_by_somebody_else_with_a_reason_and_once(town: Town):
    one = appealed(town)
    with pytest.raises(JigongError, match="does not answer"):
        answer_appeal(adjustment=one.pk, upheld=False, reason="核对无误", by=town.approver, at=AT)
    with pytest.raises(JigongError, match="give a reason"):
        answer_appeal(adjustment=one.pk, upheld=False, reason=" ", by=town.other_approver, at=AT)
    done = answer_appeal(adjustment=one.pk, upheld=False, reason="核对无误", by=town.other_approver, at=LATER)
    assert (done.state, done.answer, done.reason) == (AdjustmentState.ACCEPTED, "核对无误", "属实")
    assert done.due_on > LATER.date(), "the days to pay begin anew"
    with pytest.raises(JigongError, match="answered this appeal already"):
        answer_appeal(adjustment=one.pk, upheld=True, reason="成立", by=town.other_approver, at=LATER)
    assert actions_about(one)[-2:] == ["replay.appeal", "replay.dismissed"]


def test_upheld_nothing_is_asked_and_what_was_paid_back_is_due_again(town: Town):
    one = appealed(town, "400.00")
    done = answer_appeal(adjustment=one.pk, upheld=True, reason="成立", by=town.other_approver, at=AT)
    assert done.state == AdjustmentState.REJECTED
    again = done.supplement
    assert (again.state, again.amount, again.supplement) == (State.PROPOSED, Decimal("400.00"), 1)
    assert given_so_far(one.entitlement, one.entitlement.amount) == Decimal("5000.00")
    with pytest.raises(JigongError):
        back(one, town, "1.00", "R9")
    other = appealed(town)
    assert answer_appeal(adjustment=other.pk, upheld=True, reason="成立", by=town.other_approver, at=AT).supplement is None  # fmt: skip


def test_who_paid_at_once_can_still_appeal(town: Town):
    one = appealed(town, "1000.00")
    assert one.state == AdjustmentState.APPEALED
    done = answer_appeal(adjustment=one.pk, upheld=False, reason="核对无误", by=town.other_approver, at=AT)
    assert done.state == AdjustmentState.SETTLED


def test_it_comes_back_in_parts_each_booked_once(town: Town):
    one = agreed(town)
    assert back(one, town, "300.00", "A").state == AdjustmentState.ACCEPTED
    with pytest.raises(JigongError, match="booked already"):
        back(one, town, "300.00", " A ")
    for wrong in ("700.01", "0", "-1", "NaN", "0.001"):
        with pytest.raises(JigongError):
            back(one, town, wrong, "B")
    done = back(one, town, None, "B")
    assert (done.state, done.left) == (AdjustmentState.SETTLED, Decimal(0))
    assert [part.amount for part in done.repayments.all()] == [Decimal("300.00"), Decimal("700.00")]
    assert fund_year(FUND, YEAR).recovered == Decimal("1000.00")
    assert whole()


@settings(max_examples=25)
@given(parts=st.lists(st.tuples(st.integers(-1, 70000), st.sampled_from("ABCD")), max_size=8))
def _never_more_than_asked(town: Town, parts: list[tuple[int, str]]) -> None:
    with transaction.atomic():
        one = agreed(town)
        for cents, reference in parts:
            try:
                with transaction.atomic():
                    back(one, town, f"{Decimal(cents) / 100}", reference)
            except JigongError:
                pass
        one.refresh_from_db()
        booked = Entry.objects.filter(entitlement=one.entitlement_id, kind="recover")
        assert 0 <= one.repaid <= one.amount
        assert {(e.pk, e.amount) for e in booked} == {(r.entry_id, r.amount) for r in one.repayments.all()}
        assert (one.state == AdjustmentState.SETTLED) == (one.repaid == one.amount)
        assert fund_year(FUND, YEAR).recovered == one.repaid
        assert whole()
        transaction.set_rollback(True)


def test_never_more_comes_back_than_was_asked_and_the_books_agree(town: Town):
    _never_more_than_asked(town)


def test_two_who_book_the_rest_at_once_book_it_once(town: Town):
    one, start, refused = agreed(town), threading.Barrier(2), []

    def book(reference: str) -> None:
        try:
            start.wait(timeout=30)
            back(one, town, None, reference)
        except JigongError as bad:
            refused.append(bad)
        finally:
            connection.close()

    threads = [threading.Thread(target=book, args=(name,)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(refused) == 1
    assert Repayment.objects.filter(adjustment=one).count() == 1
    assert fund_year(FUND, YEAR).recovered == Decimal("1000.00")


def test_withdrawn_records_are_told_with_department_day_and_reason(town: Town):
    pack = law_of_run(current_run()).pack
    name, contract = next(iter(pack.contracts.items()))
    one = asked(town)
    assert withdrawn_of(one, pack) == []
    one.body = seal_text(f'{{"changes": [], "withdrawn": [["{name}", "2023-02-01", "误发"]]}}', BODY)
    (found,) = withdrawn_of(one, pack)
    assert (found.label, found.department, f"{found.day}", found.reason) == (
        contract.label, contract.department, "2023-02-01", "误发",
    )  # fmt: skip
