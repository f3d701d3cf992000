"""Places in a quota: the best in rank are asked, whoever leaves is followed by the next, once; nobody is asked beyond the quota."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import lottery_made as made
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Account, Person
from jigong.audit.models import Entry as AuditEntry
from jigong.delivery import actions, quota, waitlist
from jigong.delivery.actions import StaleError
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.offers import subject_hash
from jigong.delivery.proposals import propose
from jigong.delivery.ranking import actions as ranking
from jigong.delivery.ranking.models import Confirmation
from jigong.delivery.ranking.queries import queue_of
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db

CLAUSE = "recuperation"
AT = datetime(2023, 1, 2, 9, tzinfo=UTC)
PLACES = 3


@pytest.fixture
def law(monkeypatch):
    """The law, with a quota of three."""
    found = law_of_run(current_run())
    _wait_is_over(monkeypatch)
    monkeypatch.setitem(found.values, found.pack.clauses[CLAUSE].clause.value.delivery.quota, PLACES)
    return found


def _wait_is_over(monkeypatch):
    """The clause's places wait for no data any more: they go by what is certain."""
    usual = quota.waits_until

    def waits_until(law, clause):
        return law.day - timedelta(days=1) if clause.id == CLAUSE else usual(law, clause)

    monkeypatch.setattr(quota, "waits_until", waits_until)


@pytest.fixture
def order(law, run):
    """Hashes of all who are entitled, best first; the three places are offered."""
    propose(run, current_run(), law, at=AT, clause=CLAUSE)
    return [one.hash for one in _entitled(run, law)]


def _entitled(run, law):
    return [one for one in quota.contenders(run, _clause(law)) if one.rank is not None]


def _mine(*states):
    rows = Entitlement.objects.filter(clause=CLAUSE)
    return set(rows.filter(state__in=states or [State.PROPOSED]).values_list("subject_hash", flat=True))


def _of(hash_):
    return Entitlement.objects.get(clause=CLAUSE, subject_hash=hash_)


def _worker(hash_):
    person = _of(hash_).person
    return Account.objects.get_or_create(username=f"w{person.pk}", defaults={"person": person})[0]


def _leave(hash_, capture):
    with capture(execute=True):
        actions.withdraw(entitlement=_of(hash_).pk, by=_worker(hash_), at=AT)


def test_the_best_are_asked_as_many_as_there_are_places(order):
    assert len(order) > PLACES + 3
    assert _mine() == set(order[:PLACES])


def _open(run):
    """Hashes of those whose amount is not settled yet: a place waits for them."""
    rows = duckdb.execute(f"SELECT subject FROM {run.rows(CLAUSE)} WHERE len(missing) > 0").fetchall()
    return {subject_hash(subject) for (subject,) in rows}


def test_the_next_in_rank_follows_whoever_leaves(order, run, django_capture_on_commit_callbacks):
    _leave(order[1], django_capture_on_commit_callbacks)
    assert _mine() == {order[0], order[2], order[3]}
    _leave(order[3], django_capture_on_commit_callbacks)
    assert _mine() == {order[0], order[2], order[4]} - _open(run)


def test_a_place_waits_for_whom_missing_data_keep_from_being_asked(order, run, law, monkeypatch):
    clause = _clause(law)
    rows = duckdb.execute(
        f"SELECT rank FROM {run.rows(CLAUSE)} WHERE rank IS NOT NULL AND len(missing) > 0 ORDER BY rank"
    ).fetchall()
    unknown = order[rows[0][0] - 1]
    monkeypatch.setitem(law.values, clause.delivery.quota, rows[0][0] + 1)
    waitlist.fill(CLAUSE, at=AT)
    assert unknown in order
    assert _mine() == set(order[: rows[0][0] + 1]) - {unknown}


def test_asking_again_changes_nothing(order, run, law, django_capture_on_commit_callbacks):
    _leave(order[0], django_capture_on_commit_callbacks)
    before, steps = list(Entitlement.objects.order_by("pk").values()), Step.objects.count()
    assert waitlist.fill(CLAUSE, at=AT).proposed == 0
    assert waitlist.fill_all(at=AT) == 0
    propose(run, current_run(), law, at=AT, clause=CLAUSE)
    assert list(Entitlement.objects.order_by("pk").values()) == before
    assert Step.objects.count() == steps


def test_what_was_given_or_offered_stays_and_the_quota_holds_when_ranks_change(
    order, run, law, monkeypatch, django_capture_on_commit_callbacks
):
    for hash_ in order[:2]:
        Entitlement.objects.filter(pk=_of(hash_).pk).update(state=State.APPROVED)
    backwards = [replace(one, rank=n) for n, one in enumerate(reversed(_entitled(run, law)), 1)]
    monkeypatch.setattr(quota, "contenders", lambda *_: backwards)
    propose(run, current_run(), law, at=AT, clause=CLAUSE)
    assert _mine(State.APPROVED) == set(order[:2])
    assert _mine() == {order[2]}
    _leave(order[2], django_capture_on_commit_callbacks)
    assert _mine() == {order[-1]}


def test_whoever_lets_the_days_pass_is_followed_and_not_asked_again(order):
    late = _of(order[2])
    Entitlement.objects.filter(pk=late.pk).update(deadline=AT.date() - timedelta(days=400))
    assert waitlist.fill_all(at=AT) == 1
    assert _of(order[2]).state == State.LAPSED
    assert _mine() == {*order[:2], order[3]}
    assert waitlist.fill_all(at=AT) == 0


def test_whoever_was_declined_is_followed(order, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Entitlement.objects.filter(pk=_of(order[0]).pk).update(state=State.PASSED)
    with django_capture_on_commit_callbacks(execute=True):
        actions.decline(entitlement=_of(order[0]).pk, by=_worker(order[1]), at=AT, reason="不符")
    assert _mine() == set(order[1:4])


def test_a_worker_sees_where_they_stand(order, run, law, django_capture_on_commit_callbacks):
    people = {p.number_hash: p for p in Person.objects.all()}
    by_hash = {one.hash: one.subject for one in _entitled(run, law)}

    def standing(hash_):
        return waitlist.place_of(people[lookup(by_hash[hash_], "person.number")], CLAUSE)

    first, fourth, eighth = (standing(order[place]) for place in (0, 3, 7))
    assert (first.rank, first.places, first.taken, first.state, first.ahead) == (1, 3, 3, "offered", 0)
    assert (fourth.rank, fourth.state, fourth.ahead) == (4, "waiting", 0)
    assert (eighth.rank, eighth.state, eighth.ahead) == (8, "waiting", 4)
    _leave(order[0], django_capture_on_commit_callbacks)
    assert (standing(order[0]).state, standing(order[3]).state) == ("left", "offered")
    assert (standing(order[7]).ahead, standing(order[7]).taken) == (3, 3)


def test_who_is_not_entitled_or_asks_for_another_clause_stands_nowhere(order, law):
    outsider = next(p for p in Person.objects.all() if waitlist.place_of(p, CLAUSE) is None)
    assert waitlist.place_of(outsider, "degree-associate") is None
    assert waitlist.place_of(outsider, "no-such-clause") is None


def test_a_new_run_leaves_what_a_draw_gave(run, law):
    clause = law.pack.clauses["shared-ownership"].clause.value
    person = Person.objects.first()
    home = Entitlement.objects.create(
        clause=clause.id, subject_hash="x", subject=b"", period=clause.period_on(law.day), person=person,
        mode="lottery", office="housing", run=current_run(), created_at=AT, updated_at=AT,
    )  # fmt: skip
    propose(run, current_run(), law, at=AT)
    home.refresh_from_db()
    assert home.state == State.PROPOSED


def _clause(law):
    return law.pack.clauses[CLAUSE].clause.value


class TestWaiting:
    """Places for which somebody whose data are missing could still come before: they wait."""

    @pytest.fixture
    def queue(self, run, monkeypatch):
        """As many places as leave some to be offered and some to wait."""
        Entitlement.objects.filter(clause=CLAUSE).update(state=State.LAPSED)
        law = law_of_run(current_run())
        clause, name = _clause(law), _clause(law).delivery.quota
        for places in range(2, 60):
            monkeypatch.setitem(law.values, name, places)
            found = queue_of(current_run(), law, clause, run)
            if found.line.left and found.waiting and len(found.line.seats) > 1:
                return found
        raise AssertionError("the town has no such queue")

    @pytest.fixture
    def by(self):
        return made.officer("union-1", "union"), made.officer("union-2", "union")

    def _offered(self, queue, run):
        propose(run, current_run(), queue.law, at=AT, clause=CLAUSE)
        return _mine()

    def test_who_has_a_place_whatever_comes_is_asked_at_once_and_nobody_else(self, queue, run):
        assert queue.places.until == date(2023, 3, 2)
        assert self._offered(queue, run) == {one.hash for one in queue.line.seats} - _open(run)

    def test_after_the_published_day_places_go_by_what_is_certain_and_nothing_is_taken_back(
        self, queue, run, monkeypatch
    ):
        before = self._offered(queue, run)
        _wait_is_over(monkeypatch)
        after = self._offered(queue, run)
        assert before < after
        assert after == {one.hash for one in _entitled(run, queue.law)[: queue.places.all]} - _open(run)
        assert self._offered(queue, run) == after

    def test_two_people_may_give_them_out_before_and_the_record_has_codes(self, queue, run, by):
        first, second = by
        before = self._offered(queue, run)
        with pytest.raises(JigongError, match="reason"):
            ranking.propose_final(clause=CLAUSE, by=first, at=AT, reason=" ")
        asked = ranking.propose_final(clause=CLAUSE, by=first, at=AT, reason="开班在即")
        assert ranking.propose_final(clause=CLAUSE, by=first, at=AT, reason="开班在即") == asked
        with pytest.raises(StaleError):
            ranking.propose_final(clause=CLAUSE, by=second, at=AT, reason="x")
        with pytest.raises(JigongError, match="somebody else"):
            ranking.confirm_final(finalisation=asked.pk, by=first, at=AT)
        assert _mine() == before
        for _ in range(2):
            ranking.confirm_final(finalisation=asked.pk, by=second, at=AT)
        waited = {one.contender.hash for one in queue.waiting}
        assert _mine() == before | (waited - _open(run))
        lines = AuditEntry.objects.filter(object_kind="quota").order_by("id")
        assert list(lines.values_list("action", flat=True)) == ["ranking.propose", "ranking.confirm"]
        said = lines[1].detail
        assert all(one.code in said for one in queue.waiting + queue.open)
        assert not any(one.contender.subject in said for one in queue.waiting + queue.open)
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            Confirmation.objects.get(finalisation=asked).delete()

    def test_an_order_that_newer_data_have_changed_is_not_agreed_to(self, queue, by, monkeypatch):
        first, second = by
        asked = ranking.propose_final(clause=CLAUSE, by=first, at=AT, reason="x")
        monkeypatch.setattr(ranking, "current_run", lambda: LoadedRun(pk=-1))
        with pytest.raises(StaleError):
            ranking.confirm_final(finalisation=asked.pk, by=second, at=AT)

    def test_where_nothing_waits_there_is_nothing_to_make_final(self, law, by):
        with pytest.raises(JigongError, match="no place waits"):
            ranking.propose_final(clause=CLAUSE, by=by[0], at=AT, reason="x")

    def test_the_pages_of_the_office(self, queue, by):
        first, second = (self._browser(one) for one in by)
        page = f"/office/places/{CLAUSE}"
        listed = first.get("/office/places/").content.decode()
        assert f'href="{page}"' in listed
        shown = first.get(page).content.decode()
        assert f"{queue.line.left} 个名额在等数据" in shown
        assert all(one.code in shown for one in queue.open)
        assert "下限" in shown
        assert first.post(f"{page}/final", {"reason": ""}).status_code == 422
        assert first.post(f"{page}/final", {"reason": "开班在即"}).status_code == 302
        assert "须由另一位" in first.get(page).content.decode()
        assert first.post(f"{page}/agree").status_code == 422
        assert second.post(f"{page}/agree").status_code == 302
        assert "已提前定案" in second.get(page).content.decode()
        other = self._browser(made.officer("housing-1", "housing"))
        assert other.get(page).status_code == 404
        assert other.post(f"{page}/final", {"reason": "x"}).status_code == 404

    def test_the_worker_sees_between_which_places_and_why(self, queue):
        people = {p.number_hash: p for p in Person.objects.all()}
        said = []
        for one in (*queue.line.waiting, *queue.line.open):
            if one.ranks[0] != one.ranks[1]:
                person = people[lookup(one.subject, "person.number")]
                account = Account.objects.get_or_create(
                    username=f"w{person.pk}", defaults={"person": person}
                )[0]
                page = self._browser(account).get(reverse("worker:clause", args=[CLAUSE])).content.decode()
                said.append(f"排第 {one.ranks[0]} 至 {one.ranks[1]} 位" in page)
                assert ("您有数据还没到" in page) == (one.best < one.sure)
        assert said
        assert all(said)

    def _browser(self, account):
        client = Client()
        client.force_login(account)
        return client
