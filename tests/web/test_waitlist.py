"""Places in a quota: the best in rank are asked, whoever leaves is followed by the next, once; nobody is asked beyond the quota."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Account, Person
from jigong.delivery import actions, quota, waitlist
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.offers import subject_hash
from jigong.delivery.proposals import propose
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run

pytestmark = pytest.mark.django_db

CLAUSE = "recuperation"
AT = datetime(2023, 1, 2, 9, tzinfo=UTC)
PLACES = 3


@pytest.fixture
def law(monkeypatch):
    """The law, with a quota of three."""
    found = law_of_run(current_run())
    monkeypatch.setitem(found.values, found.pack.clauses[CLAUSE].clause.value.delivery.quota, PLACES)
    return found


@pytest.fixture
def order(law, run):
    """Hashes of all who are entitled, best first; the three places are offered."""
    propose(run, current_run(), law, at=AT, clause=CLAUSE)
    return [hash_ for _, hash_, _ in quota.ranked(run, law.pack.clauses[CLAUSE].clause.value)]


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
    rows = duckdb.execute(
        "SELECT subject FROM read_parquet(?) WHERE len(missing) > 0", [str(run.verdicts(CLAUSE))]
    ).fetchall()
    return {subject_hash(subject) for (subject,) in rows}


def test_the_next_in_rank_follows_whoever_leaves(order, run, django_capture_on_commit_callbacks):
    _leave(order[1], django_capture_on_commit_callbacks)
    assert _mine() == {order[0], order[2], order[3]}
    _leave(order[3], django_capture_on_commit_callbacks)
    assert _mine() == {order[0], order[2], order[4]} - _open(run)


def test_a_place_waits_for_whom_missing_data_keep_from_being_asked(order, run, law, monkeypatch):
    clause = _clause(law)
    rows = duckdb.execute(
        "SELECT rank FROM read_parquet(?) WHERE rank IS NOT NULL AND len(missing) > 0 ORDER BY rank",
        [str(run.verdicts(CLAUSE))],
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


def test_whoever_has_a_place_keeps_it_and_the_quota_holds_when_ranks_change(order, run, law, monkeypatch):
    for hash_ in order[:2]:
        Entitlement.objects.filter(pk=_of(hash_).pk).update(state=State.APPROVED)
    backwards = [(s, h, n) for n, (s, h, _) in enumerate(reversed(list(quota.ranked(run, _clause(law)))), 1)]
    monkeypatch.setattr(quota, "ranked", lambda *_: iter(backwards))
    propose(run, current_run(), law, at=AT, clause=CLAUSE)
    assert _mine(State.APPROVED) == set(order[:2])
    assert _mine() == {order[-1]}
    assert _of(order[2]).state == State.LAPSED


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
    by_hash = {hash_: subject for subject, hash_, _ in quota.ranked(run, _clause(law))}

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
