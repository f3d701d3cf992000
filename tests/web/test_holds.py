"""What is not certain any more is held: it moves nowhere, loses nothing, and goes on when the data come."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from django.conf import settings
from tests.web.lake_words import lake, records, said
from tests.web.law_made import staff
from tests.web.office_site import account_for

import mini
from jigong.accounts.enums import Role
from jigong.accounts.workers import worker_account
from jigong.delivery import holds, proposals
from jigong.delivery.actions import confirm, withdraw
from jigong.delivery.approval import approve, hand_over
from jigong.delivery.deaths import ask_about_deaths
from jigong.delivery.holds import HeldError, WaitsFor, open_holds, put_on, see_to_deadlines
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.replay.looking import decide_before_paying
from jigong.delivery.states import CAUSE_LABELS, ENDED_BY, Cause, State
from jigong.dossiers.law import current_run, law_of_run
from jigong.services import bring
from jigong.services.bring import refresh

pytestmark = pytest.mark.django_db
AT = datetime(2023, 1, 1, 1, tzinfo=UTC)
CLAUSE = "transit"


@pytest.fixture(autouse=True)
def by_the_clock(monkeypatch):
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=None))


@pytest.fixture
def one(run) -> Entitlement:
    return Entitlement.objects.filter(clause=CLAUSE, state=State.PROPOSED, person__isnull=False).order_by(
        "id"
    )[0]


def confirmed(one: Entitlement) -> Entitlement:
    return confirm(
        entitlement=one.pk, by=worker_account(one.person), at=AT, bank_account=account_for(one.person)
    )


def clouded(run, tmp_path, subject: str, verdict: str = "undecided"):
    """The run, but that it could not decide about one subject (or says no)."""
    runs = tmp_path / "clouded"
    runs.mkdir(parents=True)
    file = runs / f"{CLAUSE}.parquet"
    duckdb.execute(
        f"COPY (SELECT * REPLACE (CASE WHEN subject = '{subject}' THEN '{verdict}' ELSE verdict END AS verdict,"
        f" CASE WHEN subject = '{subject}' THEN NULL ELSE due END AS due,"
        f" CASE WHEN subject = '{subject}' AND '{verdict}' = 'undecided' THEN ['resident'] ELSE missing END AS missing)"
        f" FROM {run.rows(CLAUSE)}) TO '{file}'"
    )
    return mini.saying(run, {CLAUSE: file})


def proposed_again(run, at: datetime = AT) -> proposals.Taken:
    loaded = current_run()
    return proposals.propose(run, loaded, law_of_run(loaded), at=at)


def test_what_cannot_be_decided_any_more_is_held_and_goes_on_by_itself(run, one, tmp_path):
    deadline = one.deadline
    taken = proposed_again(clouded(run, tmp_path, one.open_subject()))
    one.refresh_from_db()
    (hold,) = open_holds(one)
    assert taken.lapsed == 0
    assert (one.state, one.deadline) == (State.PROPOSED, None)
    assert (hold.cause, hold.names) == (Cause.UNDECIDED, ["resident"])
    assert hold.days_left == (deadline - date(2023, 1, 1)).days
    with pytest.raises(HeldError):
        confirmed(one)
    assert proposed_again(clouded(run, tmp_path / "again", one.open_subject())) == proposals.Taken(0, 0, 0, 0)
    assert Hold.objects.filter(entitlement=one).count() == 1

    later = AT + timedelta(days=20)
    proposed_again(run, at=later)
    one.refresh_from_db()
    assert not open_holds(one)
    assert one.deadline == deadline + timedelta(days=20), "the days it was held do not count"
    assert confirmed(one).state == State.PASSED


def test_what_turns_out_not_to_be_due_lapses_then(run, one, tmp_path):
    proposed_again(clouded(run, tmp_path, one.open_subject()))
    taken = proposed_again(clouded(run, tmp_path / "no", one.open_subject(), "no"))
    one.refresh_from_db()
    assert (taken.lapsed, one.state) == (1, State.LAPSED)
    assert not open_holds(one)


@pytest.mark.parametrize("cause", Cause)
def test_whatever_holds_it_no_step_leads_to_the_money(one, cause):
    reviewer, approver = (
        staff("hold-officer", one.office, Role.OFFICER),
        staff("hold-head", one.office, Role.APPROVER),
    )
    put_on(one, cause, at=AT)
    with pytest.raises(HeldError) as refused:
        confirmed(one)
    assert ENDED_BY[cause] == refused.value.problems[0].remedy
    holds.lift(one, at=AT)
    mine = confirmed(one)
    put_on(mine, cause, at=AT)
    with pytest.raises(HeldError):
        approve(entitlement=mine.pk, by=approver, at=AT)
    Entitlement.objects.filter(pk=mine.pk).update(amount=None, state=State.APPROVED)
    with pytest.raises(HeldError):
        hand_over(entitlement=mine.pk, by=reviewer, at=AT)


def test_what_is_held_may_be_given_up_or_declined_and_is_then_held_no_more(one):
    put_on(one, Cause.DEATH, at=AT)
    put_on(one, Cause.UNDECIDED, at=AT)
    gone = withdraw(entitlement=one.pk, by=worker_account(one.person), at=AT)
    assert (gone.state, open_holds(one)) == (State.WITHDRAWN, [])


def test_two_holds_keep_the_days_of_the_first(one):
    deadline = one.deadline
    put_on(one, Cause.UNDECIDED, at=AT)
    put_on(one, Cause.FINDING, at=AT)
    holds.lift(one, Cause.UNDECIDED, at=AT + timedelta(days=3))
    assert one.deadline is None
    holds.lift(one, Cause.FINDING, at=AT + timedelta(days=5))
    assert one.deadline == deadline + timedelta(days=5)


def test_a_hold_is_escalated_once_at_its_own_deadline(one):
    put_on(one, Cause.UNDECIDED, at=AT)
    hold = open_holds(one)[0]
    assert see_to_deadlines(at=AT).opened == 0
    late = datetime.combine(hold.deadline, datetime.min.time(), UTC) + timedelta(days=2)
    assert see_to_deadlines(at=late).opened == 1
    assert see_to_deadlines(at=late).opened == 0
    hold.refresh_from_db()
    assert hold.escalated_at == late
    assert hold.lifted_at is None


def test_an_outbid_award_is_paid_when_its_days_are_over_and_not_held_again(one):
    put_on(one, Cause.OUTBID, WaitsFor("degree-bachelor"), at=AT)
    hold = open_holds(one)[0]
    late = datetime.combine(hold.deadline, datetime.min.time(), UTC) + timedelta(days=2)
    see_to_deadlines(at=late)
    assert open_holds(one) == []
    put_on(one, Cause.OUTBID, WaitsFor("degree-bachelor"), at=late)
    assert open_holds(one) == []


def test_every_cause_says_why_and_what_ends_it():
    assert set(CAUSE_LABELS) == set(ENDED_BY) == set(Cause)


def test_what_the_dead_were_to_get_is_held_and_goes_on_where_the_notice_was_wrong(own_town, one):
    number = one.person.open_number()
    (row,) = records("person", f"person_id = '{number}'")
    said("person", {**row, "died_on": "2022-12-20"}, file="-notice")
    refresh([number], settings.JIGONG.data, at=AT)
    mine = list(Entitlement.objects.filter(person=one.person, organisation=None, state=State.PROPOSED))
    assert one in mine
    assert all([hold.cause for hold in open_holds(due)] == [Cause.DEATH] for due in mine)
    said("person", row, file="-corrected", day=lake().snapshot().known_on + timedelta(days=1))
    refresh([number], settings.JIGONG.data, at=AT)
    one.refresh_from_db()
    assert (one.state, one.held) == (State.PROPOSED, False)


def test_a_notice_stands_while_a_record_waits_that_may_say_otherwise(own_town, one):
    number = one.person.open_number()
    (row,) = records("person", f"person_id = '{number}'")
    said("person", {**row, "died_on": "2022-12-20"}, file="-notice")
    refresh([number], settings.JIGONG.data, at=AT)
    later = lake().snapshot().known_on + timedelta(days=1)
    (file,) = said("person", {**row, "died_on": "不明"}, file="-unread", day=later).taken
    assert file.lost_cells == 1
    refresh([number], settings.JIGONG.data, at=AT)
    assert Cause.DEATH in [hold.cause for hold in open_holds(one)]


def test_a_batch_asks_again_whether_somebody_has_died(own_town, one):
    number = one.person.open_number()
    mine = confirmed(one)
    (row,) = records("person", f"person_id = '{number}'")
    said("person", {**row, "died_on": "2022-12-20"}, file="-notice")
    assert open_holds(mine) == []
    ask_about_deaths([mine.pk], at=AT)
    assert [hold.cause for hold in open_holds(mine)] == [Cause.DEATH]


def test_a_notice_that_comes_while_somebody_looks_again_is_asked_about_before_paying(
    own_town, one, monkeypatch
):
    mine, number = confirmed(one), one.person.open_number()
    (row,) = records("person", f"person_id = '{number}'")
    monkeypatch.setattr(
        bring, "issue", lambda *_, **__: said("person", {**row, "died_on": "2022-12-20"}, file="-notice")
    )
    refresh([number], settings.JIGONG.data, at=AT)
    decide_before_paying([mine.pk], by=worker_account(one.person), at=AT)
    assert Cause.DEATH in [hold.cause for hold in open_holds(mine)]
