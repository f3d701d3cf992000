"""Draws, step by step: the order of steps, two people, what winning gives, who follows whom, drawing again."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import lottery_made as made
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jigong.accounts.models import Account, Organisation, Person
from jigong.audit.models import Entry as AuditEntry
from jigong.delivery import actions as delivery
from jigong.delivery.actions import StaleError
from jigong.delivery.lottery import actions, changes, events, preparing, prizes, roster, sampler
from jigong.delivery.lottery.enums import DocumentKind, EventKind, Stage
from jigong.delivery.lottery.models import Document, Draw, Entrant, Event, Result
from jigong.delivery.lottery.queries import (
    document,
    entries_of,
    placed,
    public_view,
    public_views,
    view,
    winners,
)
from jigong.delivery.lottery.roster import code_of
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(town, run, tmp_path):
    return made.source_with(town, run, tmp_path / "run", 40)


@pytest.fixture
def by():
    return made.pair()


def _homes():
    return Entitlement.objects.filter(clause=made.HOMES)


class TestPreparing:
    def test_the_roster_holds_everybody_entitled_and_nobodys_name(self, source, by):
        draw = made.prepared(source, by)
        file = bytes(document(draw.pk, DocumentKind.ROSTER).body)
        head, _, body = file.decode().partition("\n\n")
        codes = body.split()
        assert len(codes) == draw.entrants == 40
        assert codes == sorted(codes)
        assert hashlib.sha256(file).hexdigest() == draw.roster_sha256
        assert f"places: {draw.places}" in head.split("\n")
        assert sampler.SOURCE_SHA256 in head
        for person in Person.objects.all():
            assert person.open_number() not in file.decode()
            assert person.number_hash[:12] not in file.decode()

    def test_the_same_people_have_other_codes_in_every_draw(self, source, by):
        first = made.prepared(source, by)
        actions.discard(draw=first.pk, by=by.first, at=made.NOW, reason="")
        second = made.prepared(source, by)
        codes = [set(Entrant.objects.filter(draw=d).values_list("code", flat=True)) for d in (first, second)]
        assert len(codes[0] | codes[1]) == 80

    def test_the_code_comes_from_draw_and_subject_alone(self, source, by):
        draw = made.prepared(source, by)
        for entrant in Entrant.objects.filter(draw=draw):
            assert entrant.code == code_of(draw.pk, entrant.open_subject())
            assert entrant.person.open_number() == entrant.open_subject()

    def test_a_double_click_makes_one_draft(self, source, by):
        assert made.prepared(source, by) == made.prepared(source, by)
        assert Draw.objects.count() == 1

    def test_two_officers_at_once_make_one_draft(self, source, by):
        made.prepared(source, by)
        with pytest.raises(StaleError):
            preparing.prepare(
                source=source,
                clause=made.HOMES,
                places=5,
                announced=made.ANNOUNCED,
                by=by.second,
                at=made.NOW,
            )

    def test_whoever_is_drawn_neither_prepares_nor_takes_a_step(self, source, by):
        draw = made.prepared(source, by)
        drawn = Person.objects.get(
            pk=Entrant.objects.filter(draw=draw, person__isnull=False).first().person_id
        )
        actions.discard(draw=draw.pk, by=by.first, at=made.NOW, reason="")
        own = made.officer(
            "drawn", Organisation.objects.get(kind="bureau", memberships__account=by.first).code
        )
        Account.objects.filter(pk=own.pk).update(number_hash=drawn.number_hash)
        own = Account.objects.get(pk=own.pk)
        with pytest.raises(JigongError, match="a matter of your own"):
            made.prepared(source, replace(by, first=own))
        draw = made.prepared(source, by)
        with pytest.raises(JigongError, match="a matter of your own"):
            actions.commit(draw=draw.pk, by=own, at=made.NOW, typed=draw.roster_sha256[:8])

    @pytest.mark.parametrize("places", [0, -1, 408])
    def test_there_are_as_many_places_as_the_law_says(self, source, by, places):
        with pytest.raises(JigongError, match="1 to 407"):
            made.prepared(source, by, places=places)

    def test_a_clause_that_draws_no_lots_is_refused(self, source, by):
        with pytest.raises(JigongError, match="no lottery clause"):
            made.prepared(source, by, clause="degree-associate")

    @pytest.mark.parametrize(
        "announced",
        [
            preparing.Announcement("", "1", made.KNOWN_AT),
            preparing.Announcement("a\nplaces: 400", "1", made.KNOWN_AT),
            preparing.Announcement("x" * 201, "1", made.KNOWN_AT),
            preparing.Announcement("指数", "一", made.KNOWN_AT),
            preparing.Announcement("指数", "1", made.NOW),
        ],
    )
    def test_the_seeds_event_is_named_and_still_to_come(self, source, by, announced):
        with pytest.raises(JigongError):
            preparing.prepare(
                source=source, clause=made.HOMES, places=5, announced=announced, by=by.first, at=made.NOW
            )
        assert not Draw.objects.exists()

    def test_a_draft_is_not_public(self, source, by):
        draw = made.prepared(source, by)
        assert public_views() == []
        assert public_view(draw.pk) is None
        assert entries_of(Entrant.objects.filter(draw=draw).first().person) == []


class TestSealing:
    def test_it_takes_another_officer(self, source, by):
        draw = made.prepared(source, by)
        with pytest.raises(JigongError, match="somebody else"):
            actions.commit(draw=draw.pk, by=by.first, at=made.NOW, typed=draw.roster_sha256[:8])

    def test_it_takes_the_hash(self, source, by):
        draw = made.prepared(source, by)
        with pytest.raises(JigongError, match="digits"):
            actions.commit(draw=draw.pk, by=by.second, at=made.NOW, typed="00000000")
        assert view(draw).stage == Stage.PREPARED

    def test_not_after_the_event(self, source, by):
        draw = made.prepared(source, by)
        with pytest.raises(JigongError, match="over"):
            actions.commit(draw=draw.pk, by=by.second, at=made.KNOWN_AT, typed=draw.roster_sha256[:8])

    def test_twice_is_once(self, source, by):
        found = made.sealed(source, by)
        again = actions.commit(
            draw=found.draw.pk, by=by.second, at=made.LATER, typed=found.draw.roster_sha256[:8]
        )
        assert again.stage == Stage.COMMITTED
        assert Event.objects.filter(kind=EventKind.COMMIT).count() == 1
        third = made.officer("third", "housing")
        with pytest.raises(StaleError):
            actions.commit(draw=found.draw.pk, by=third, at=made.NOW, typed=found.draw.roster_sha256[:8])

    def test_not_when_somebody_on_it_got_a_home_meanwhile(self, source, by):
        draw = made.prepared(source, by)
        prizes.propose_winners(draw, [3], at=made.NOW)
        with pytest.raises(JigongError, match="other ways"):
            actions.commit(draw=draw.pk, by=by.second, at=made.NOW, typed=draw.roster_sha256[:8])

    def test_money_of_the_same_clause_that_needed_no_win_bars_nobody(self, town, run, tmp_path):
        by = made.pair(made.DEGREE)
        source = made.source_with(town, run, tmp_path / "degree", 8, made.DEGREE)
        draw = made.prepared(source, by, clause=made.DEGREE)
        prizes.propose_winners(draw, [1], at=made.NOW)
        found = actions.commit(draw=draw.pk, by=by.second, at=made.NOW, typed=draw.roster_sha256[:8])
        assert found.stage == Stage.COMMITTED

    def test_what_is_sealed_cannot_be_discarded(self, source, by):
        found = made.sealed(source, by)
        with pytest.raises(StaleError):
            actions.discard(draw=found.draw.pk, by=by.first, at=made.NOW, reason="")

    @pytest.mark.parametrize("table", ["draw", "entrant", "document", "event", "result"])
    @pytest.mark.parametrize("change", ["DELETE FROM", "TRUNCATE", "UPDATE"])
    def test_the_database_refuses_every_change(self, source, by, table, change):
        made.published(source, by)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        column = {"draw": "places", "entrant": "line", "document": "id", "event": "actor", "result": "line"}[
            table
        ]
        sql = {
            "UPDATE": f"UPDATE lottery_{table} SET {column} = 1",
            "TRUNCATE": f"TRUNCATE lottery_{table} CASCADE",
        }.get(change, f"{change} lottery_{table}")
        with (
            pytest.raises(DatabaseError, match="only grows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


class TestSeed:
    def test_not_before_anything_is_sealed(self, source, by):
        draw = made.prepared(source, by)
        with pytest.raises(StaleError):
            actions.enter_seed(draw=draw.pk, seed=made.SEED, evidence="", by=by.first, at=made.LATER)

    def test_not_before_the_event(self, source, by):
        found = made.sealed(source, by)
        early = made.KNOWN_AT - timedelta(seconds=1)
        with pytest.raises(JigongError, match="still to come"):
            actions.enter_seed(draw=found.draw.pk, seed=made.SEED, evidence="", by=by.first, at=early)

    def test_it_takes_two_who_read_the_same(self, source, by):
        pk = made.sealed(source, by).draw.pk
        actions.enter_seed(draw=pk, seed=made.SEED, evidence="", by=by.first, at=made.LATER)
        with pytest.raises(JigongError, match="somebody else"):
            actions.confirm_seed(draw=pk, seed=made.SEED, by=by.first, at=made.LATER)
        with pytest.raises(JigongError, match="differ"):
            actions.confirm_seed(draw=pk, seed="3089.62", by=by.second, at=made.LATER)
        assert view(Draw.objects.get(pk=pk)).seed is None
        assert (
            actions.confirm_seed(draw=pk, seed=f" {made.SEED} ", by=by.second, at=made.LATER).seed
            == made.SEED
        )

    def test_a_slip_may_be_mended_before_it_is_confirmed_and_never_after(self, source, by):
        pk = made.sealed(source, by).draw.pk
        for seed in ("3089.62", made.SEED, made.SEED):
            actions.enter_seed(draw=pk, seed=seed, evidence="", by=by.first, at=made.LATER)
        assert Event.objects.filter(draw=pk, kind=EventKind.ENTER_SEED).count() == 2
        actions.confirm_seed(draw=pk, seed=made.SEED, by=by.second, at=made.LATER)
        actions.confirm_seed(draw=pk, seed=made.SEED, by=by.second, at=made.LATER)
        assert Event.objects.filter(draw=pk, kind=EventKind.CONFIRM_SEED).count() == 1
        with pytest.raises(StaleError):
            actions.enter_seed(draw=pk, seed="1", evidence="", by=by.first, at=made.LATER)


class TestDrawing:
    def test_anybody_gets_the_same_order_from_the_public_files(self, source, by, tmp_path):
        found = made.published(source, by)
        file = tmp_path / "roster.txt"
        file.write_bytes(bytes(document(found.draw.pk, DocumentKind.ROSTER).body))
        program = tmp_path / "draw.py"
        program.write_bytes(bytes(document(found.draw.pk, DocumentKind.SAMPLER).body))
        done = subprocess.run(
            [sys.executable, "-I", str(program), str(file), made.SEED], capture_output=True, check=True
        )
        assert done.stdout == bytes(document(found.draw.pk, DocumentKind.RESULTS).body)
        assert hashlib.sha256(done.stdout).hexdigest() == found.results_sha256
        kept = [one.entrant.code for one in placed(found, 1, 100)]
        assert [line.split(",")[1] for line in done.stdout.decode().split("\n")[1:-1]] == kept

    def test_twice_is_once(self, source, by):
        found = made.drawn(source, by)
        actions.run_draw(draw=found.draw.pk, by=by.first, at=made.LATER)
        with pytest.raises(StaleError):
            actions.run_draw(draw=found.draw.pk, by=by.second, at=made.LATER)
        assert Result.objects.count() == 40
        assert Document.objects.filter(kind=DocumentKind.RESULTS).count() == 1

    def test_not_without_a_seed(self, source, by):
        found = made.sealed(source, by)
        with pytest.raises(StaleError):
            actions.run_draw(draw=found.draw.pk, by=by.first, at=made.LATER)

    def test_publishing_takes_another_officer_and_the_hash(self, source, by):
        found = made.drawn(source, by)
        typed = found.draw.roster_sha256[:8]
        with pytest.raises(JigongError, match="somebody else"):
            actions.publish(draw=found.draw.pk, by=by.first, at=made.LATER, typed=typed)
        with pytest.raises(JigongError, match="digits"):
            actions.publish(draw=found.draw.pk, by=by.second, at=made.LATER, typed="")
        assert view(found.draw).results_sha256 is None
        assert not _homes().exists()

    def test_the_record_names_every_step_and_its_chain_holds(self, source, by):
        found = made.published(source, by)
        kinds = list(Event.objects.filter(draw=found.draw).order_by("id").values_list("kind", flat=True))
        assert kinds == ["prepare", "commit", "enter_seed", "confirm_seed", "draw", "publish"]
        recorded = (
            AuditEntry.objects.filter(object_kind="lottery").order_by("id").values_list("action", flat=True)
        )
        assert list(recorded) == [f"lottery.{kind}" for kind in kinds]
        assert events.check().broken_at is None
        assert events.check().lines == len(kinds)


class TestWinning:
    def test_each_winner_has_one_proposal(self, source, by):
        found = made.published(source, by)
        assert [one.rank for one in winners(found)] == [1, 2, 3, 4, 5]
        assert set(_homes().values_list("subject_hash", "person")) == {
            (one.entrant.subject_hash, one.entrant.person_id) for one in winners(found)
        }
        for entitlement in _homes():
            assert (entitlement.state, entitlement.mode, entitlement.office) == (
                "proposed",
                "lottery",
                "housing",
            )
            assert entitlement.in_kind
            assert [step.move for step in entitlement.steps.all()] == ["propose"]
        actions.publish(draw=found.draw.pk, by=by.second, at=made.LATER, typed=found.draw.roster_sha256[:8])
        assert _homes().count() == Step.objects.filter(entitlement__in=_homes()).count() == 5

    def test_a_person_sees_their_own_entry(self, source, by):
        found = made.sealed(source, by)
        person = Entrant.objects.filter(draw=found.draw).first().person
        (entry,) = entries_of(person)
        assert (entry.rank, entry.won, entry.state) == (None, None, "waiting")
        found = _finish(found, by)
        for one in placed(found, 1, 40):
            (entry,) = entries_of(one.entrant.person)
            assert (entry.code, entry.rank, entry.won) == (one.entrant.code, one.rank, one.rank <= 5)
        outsider = Person.objects.exclude(pk__in=Entrant.objects.values("person")).first()
        assert entries_of(outsider) == []

    def test_a_win_that_is_a_record_is_handed_on_as_one(self, town, run, tmp_path):
        by = made.pair(made.DEGREE)
        source = made.source_with(town, run, tmp_path / "degree", 8, made.DEGREE)
        sent = []

        def receive(sender, draw, at, **_):
            sent.append(prizes.winners_as_records(view(draw)))

        prizes.winners_changed.connect(receive)
        try:
            found = made.published(source, by, clause=made.DEGREE, places=1)
            ((record,),) = sent
            assert (record.data_class, record.column, record.value) == (
                "degree_enrolment",
                "lottery_won",
                True,
            )
            assert record.key == winners(found)[0].entrant.open_subject()
            assert not Entitlement.objects.filter(
                subject_hash=winners(found)[0].entrant.subject_hash
            ).exists()
            changes.give_up(
                draw=found.draw.pk,
                code=winners(found)[0].entrant.code,
                by=by.first,
                at=made.LATER,
                reason="x",
            )
            assert [(r.key == record.key, r.value) for r in sent[1]] == [(False, True), (True, False)]
        finally:
            prizes.winners_changed.disconnect(receive)

    def test_whom_a_record_calls_a_winner_is_not_drawn_again(self, town, run):
        by = made.pair(made.DEGREE)
        source = roster.current_source(town)
        rows = duckdb.execute(
            f"SELECT subject FROM {run.rows(made.DEGREE)} WHERE verdict = 'yes' AND subject IS NOT NULL"
        ).fetchall()
        with source.snapshot.connect() as lake:
            won = lake.execute("SELECT enrolment_no FROM degree_enrolment WHERE lottery_won").fetchall()
        draw = made.prepared(source, by, clause=made.DEGREE, places=1)
        assert set(rows) & set(won), "the district must have such a worker"
        subjects = {(entrant.open_subject(),) for entrant in Entrant.objects.filter(draw=draw)}
        assert subjects == set(rows) - set(won)

    def test_winners_are_not_on_the_next_roster(self, source, by):
        first = made.published(source, by)
        second = made.prepared(source, by)
        won = {one.entrant.subject_hash for one in winners(first)}
        assert second.entrants == 35
        assert not Entrant.objects.filter(draw=second, subject_hash__in=won).exists()
        actions.discard(draw=second.pk, by=by.first, at=made.NOW, reason="")
        with pytest.raises(JigongError, match="1 to 402"):
            made.prepared(source, by, places=403)


def _finish(found, by):
    pk = found.draw.pk
    actions.enter_seed(draw=pk, seed=made.SEED, evidence="", by=by.first, at=made.LATER)
    actions.confirm_seed(draw=pk, seed=made.SEED, by=by.second, at=made.LATER)
    actions.run_draw(draw=pk, by=by.first, at=made.LATER)
    return actions.publish(draw=pk, by=by.second, at=made.LATER, typed=found.draw.roster_sha256[:8])


class TestGivingUp:
    @pytest.mark.parametrize("way", ["give_up", "settle"])
    def test_the_chain_of_events_is_locked_before_the_record(self, source, by, way):
        """Two draws at once would wait for one another in a circle if each began at another end."""
        found = made.published(source, by)
        entrant = winners(found)[0].entrant
        if way == "settle":
            Entitlement.objects.filter(clause=found.draw.clause, subject_hash=entrant.subject_hash).update(
                deadline=made.LATER.date() - timedelta(days=400)
            )
        with CaptureQueriesContext(connection) as queries:
            if way == "settle":
                assert changes.settle(draw=found.draw.pk, at=made.LATER) == 1
            else:
                changes.give_up(draw=found.draw.pk, code=entrant.code, by=by.first, at=made.LATER, reason="x")
        said = [query["sql"] for query in queries]
        events_ = next(place for place, sql in enumerate(said) if "hashtext('lottery_event')" in sql)
        assert events_ < next(place for place, sql in enumerate(said) if "INTO audit_entry" in sql)

    def test_the_next_in_line_follows_once(self, source, by):
        found = made.published(source, by)
        second = winners(found)[1].entrant
        for _ in range(2):
            found = changes.give_up(
                draw=found.draw.pk, code=second.code, by=by.first, at=made.LATER, reason="书面放弃"
            )
        assert [one.rank for one in winners(found)] == [1, 3, 4, 5, 6]
        assert winners(found)[-1].state == "promoted"
        assert _homes().get(subject_hash=second.subject_hash).state == State.WITHDRAWN
        assert _homes().exclude(state=State.WITHDRAWN).count() == 5
        assert Event.objects.filter(kind=EventKind.PROMOTE).count() == 1

    def test_somebody_on_the_waitlist_frees_no_place(self, source, by):
        found = made.published(source, by)
        waiting = placed(found, 6, 1)[0].entrant
        found = changes.give_up(draw=found.draw.pk, code=waiting.code, by=by.first, at=made.LATER, reason="x")
        assert len(winners(found)) == 5
        found = changes.give_up(
            draw=found.draw.pk, code=winners(found)[0].entrant.code, by=by.first, at=made.LATER, reason="x"
        )
        assert [one.rank for one in winners(found)] == [2, 3, 4, 5, 7]

    def test_the_entrant_may_themself_an_officer_needs_a_reason(self, source, by):
        found = made.published(source, by)
        entrant = winners(found)[0].entrant
        with pytest.raises(JigongError, match="reason"):
            changes.give_up(draw=found.draw.pk, code=entrant.code, by=by.first, at=made.LATER)
        worker = Account.objects.create_user(username="worker", person=entrant.person)
        changes.give_up(draw=found.draw.pk, code=entrant.code, by=worker, at=made.LATER)

    def test_not_what_is_approved(self, source, by):
        found = made.published(source, by)
        entrant = winners(found)[0].entrant
        _homes().filter(subject_hash=entrant.subject_hash).update(state=State.APPROVED)
        with pytest.raises(JigongError, match="approved already"):
            changes.give_up(draw=found.draw.pk, code=entrant.code, by=by.first, at=made.LATER, reason="x")
        assert len(winners(view(found.draw))) == 5

    def test_a_home_given_up_in_the_workers_own_portal_is_passed_on(self, source, by):
        found = made.published(source, by)
        entrant = winners(found)[2].entrant
        worker = Account.objects.create_user(username="worker", person=entrant.person)
        home = _homes().get(subject_hash=entrant.subject_hash)
        delivery.withdraw(entitlement=home.pk, by=worker, at=made.LATER)
        assert changes.settle_all(at=made.LATER) == 1
        assert changes.settle_all(at=made.LATER) == 0
        assert [one.rank for one in winners(view(found.draw))] == [1, 2, 4, 5, 6]

    def test_whoever_never_confirms_loses_the_place(self, source, by):
        found = made.published(source, by)
        _homes().update(deadline=made.NOW.date() - timedelta(days=900))
        Entitlement.objects.filter(pk=_homes().first().pk).update(state=State.CONFIRMED)
        assert changes.settle_all(at=made.LATER) == 4
        assert len(winners(view(found.draw))) == 5
        assert _homes().filter(state=State.LAPSED).count() == 4

    def test_when_the_waitlist_is_empty_the_place_stays_free(self, town, run, tmp_path, by):
        source = made.source_with(town, run, tmp_path / "few", 5)
        found = made.published(source, by)
        found = changes.give_up(
            draw=found.draw.pk, code=winners(found)[0].entrant.code, by=by.first, at=made.LATER, reason="x"
        )
        assert len(winners(found)) == 4

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(leaving=st.lists(st.integers(0, 39), unique=True, max_size=20), data=st.data())
    def test_whatever_the_withdrawals_the_first_who_stay_have_the_places(self, source, by, leaving, data):
        with transaction.atomic():
            found = made.published(source, by)
            order = [one.entrant.code for one in placed(found, 1, 40)]
            for place in data.draw(st.permutations(leaving)):
                found = changes.give_up(
                    draw=found.draw.pk, code=order[place], by=by.first, at=made.LATER, reason="x"
                )
            stay = [code for place, code in enumerate(order) if place not in leaving]
            assert [one.entrant.code for one in winners(found)] == stay[:5]
            live = _homes().exclude(state=State.WITHDRAWN)
            assert set(live.values_list("subject_hash", flat=True)) == {
                one.entrant.subject_hash for one in winners(found)
            }
            transaction.set_rollback(True)


class TestDrawingAgain:
    def test_the_new_draw_names_the_old_and_why_and_the_old_stays(self, source, by):
        first = made.published(source, by)
        again = made.published(source, by, replaces=first.draw.pk, reason="名单漏了三人", seed="8.8")
        head = bytes(document(again.draw.pk, DocumentKind.ROSTER).body).decode()
        assert f"replaces: {first.draw.pk}\nreason: 名单漏了三人\n" in head
        old = public_view(first.draw.pk)
        assert (old.stage, old.replaced_by, old.standing) == (Stage.PUBLISHED, again.draw.pk, False)
        assert document(first.draw.pk, DocumentKind.RESULTS) is not None
        assert [found.draw.pk for found in public_views()] == [again.draw.pk, first.draw.pk]

    def test_only_the_new_winners_keep_a_proposal(self, source, by):
        first = made.published(source, by)
        again = made.published(source, by, replaces=first.draw.pk, reason="x", seed="8.8")
        live = set(_homes().filter(state=State.PROPOSED).values_list("subject_hash", flat=True))
        assert live == {one.entrant.subject_hash for one in winners(again)}

    def test_what_a_worker_confirmed_stays_theirs(self, source, by):
        first = made.published(source, by)
        lucky = winners(first)[0].entrant
        worker = Account.objects.create_user(username="worker", person=lucky.person)
        delivery.confirm(
            entitlement=_homes().get(subject_hash=lucky.subject_hash).pk, by=worker, at=made.LATER
        )
        again = made.published(source, by, replaces=first.draw.pk, reason="x", seed="8.8")
        assert _homes().get(subject_hash=lucky.subject_hash).state == State.PASSED
        assert not Entrant.objects.filter(draw=again.draw, subject_hash=lucky.subject_hash).exists()

    def test_once_and_with_a_reason(self, source, by):
        first = made.sealed(source, by)
        with pytest.raises(JigongError, match="reason"):
            made.prepared(source, by, replaces=first.draw.pk)
        made.sealed(source, by, replaces=first.draw.pk, reason="x")
        with pytest.raises(StaleError):
            made.prepared(source, by, replaces=first.draw.pk, reason="y")
        with pytest.raises(StaleError):
            actions.enter_seed(draw=first.draw.pk, seed="1", evidence="", by=by.first, at=made.LATER)
        assert entries_of(Entrant.objects.filter(draw=first.draw).first().person)[-1].state == "replaced"

    def test_records_of_winners_who_do_not_win_again_are_taken_back(self, town, run, tmp_path):
        by = made.pair(made.DEGREE)
        source = made.source_with(town, run, tmp_path / "degree", 8, made.DEGREE)
        first = made.published(source, by, clause=made.DEGREE, places=1)
        (won,) = prizes.winners_as_records(first)
        again = made.published(
            source, by, clause=made.DEGREE, places=1, replaces=first.draw.pk, reason="x", seed="7"
        )
        (now,) = prizes.winners_as_records(again)
        back = prizes.winners_as_records(view(first.draw))
        assert back == ([] if now.key == won.key else [won._replace(value=False)])
