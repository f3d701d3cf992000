"""People who are undecided take part in a draw: a place one of them wins waits, and then is theirs or the next one's."""

import hashlib
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import lottery_made as made
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from tests.law.tally import tally

import mini
from jigong.delivery.lottery import changes, deciding, events, preparing, prizes
from jigong.delivery.lottery.enums import DocumentKind, EventKind
from jigong.delivery.lottery.models import Entrant, Event
from jigong.delivery.lottery.queries import document, entries_of, placed, view, winners
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db

LAW = tally("draws")
UNTIL = date(2023, 1, 31)
ENTRANTS, UNDECIDED, PLACES = 40, 20, 5


@pytest.fixture
def source(town, run, tmp_path):
    """Forty who may enter a draw; half of them are undecided."""
    return made.source_with(town, run, tmp_path / "run", ENTRANTS, undecided=UNDECIDED)


@pytest.fixture
def by():
    return made.pair()


@pytest.fixture
def said(monkeypatch, tmp_path):
    """What the rules say of a subject now, ``verdict`` or ``(verdict, branch)``; of all others that they are undecided."""
    verdicts, folder = {}, tmp_path / "now"
    folder.mkdir()

    @contextmanager
    def decided_again(loaded, lake, data, *, only=None):
        rows = [
            {"subject": subject, "verdict": verdict, "branch": "late", "amount": None}
            for subject, verdict in verdicts.items()
        ]
        schema = pa.schema(
            {
                "subject": pa.string(),
                "verdict": pa.string(),
                "branch": pa.string(),
                "amount": pa.decimal128(14, 2),
            }
        )
        for clause in (made.HOMES, made.DEGREE):
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{clause}.parquet")
        files = {clause: folder / f"{clause}.parquet" for clause in (made.HOMES, made.DEGREE)}
        yield mini.saying(made.read_run(made.run_folder(settings.JIGONG.data / "runs", loaded.run)), files)

    monkeypatch.setattr(deciding, "decided_again", decided_again)
    return verdicts


@pytest.fixture
def on(monkeypatch):
    """Makes it another day."""
    return lambda day: monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=day))


def _homes():
    return Entitlement.objects.filter(clause=made.HOMES)


def _kinds(draw, code):
    return list(Event.objects.filter(draw=draw, code=code).order_by("id").values_list("kind", flat=True))


def _waits(found):
    return [one for one in winners(found) if one.state == "waits"]


def _everything():
    rows = (Event.objects.values_list("kind", "code"), Step.objects.values_list("entitlement", "move"))
    return [list(table.order_by("pk")) for table in rows], list(_homes().order_by("pk").values())


class TestTheRoster:
    def test_the_undecided_are_on_it_like_everybody_else(self, source, by):
        draw = made.prepared(source, by)
        head, _, body = bytes(document(draw.pk, DocumentKind.ROSTER).body).decode().partition("\n\n")
        assert f"conditional: {UNDECIDED}\nconditional-until: {UNTIL}" in head
        assert len(body.split()) == draw.entrants == ENTRANTS
        assert set(body.split()) == set(Entrant.objects.filter(draw=draw).values_list("code", flat=True))
        assert Entrant.objects.filter(draw=draw, conditional=True).count() == draw.conditional == UNDECIDED
        assert draw.waits_until == UNTIL

    def test_without_any_it_says_nothing_of_them(self, town, run, tmp_path, by):
        draw = made.prepared(made.source_with(town, run, tmp_path / "run", 4), by)
        assert "conditional" not in bytes(document(draw.pk, DocumentKind.ROSTER).body).decode()
        assert (draw.conditional, draw.waits_until) == (0, None)

    def test_the_officer_says_until_when_a_place_waits(self, source, by):
        draw = made.prepared(source, by, waits_until=date(2023, 3, 1))
        assert draw.waits_until == date(2023, 3, 1)
        assert made.prepared(source, by, waits_until=date(2023, 3, 1)) == draw

    def test_that_is_after_the_seed(self, source, by):
        with pytest.raises(JigongError, match="after the seed"):
            made.prepared(source, by, waits_until=date(2023, 1, 1))

    def test_the_published_program_gives_the_published_results(self, source, by, said, tmp_path):
        found = made.published(source, by)
        for kind in (DocumentKind.ROSTER, DocumentKind.SAMPLER):
            (tmp_path / kind).write_bytes(bytes(document(found.draw.pk, kind).body))
        command = [
            sys.executable,
            "-I",
            tmp_path / DocumentKind.SAMPLER,
            tmp_path / DocumentKind.ROSTER,
            made.SEED,
        ]
        mine = subprocess.run(command, capture_output=True, check=True).stdout
        assert hashlib.sha256(mine).hexdigest() == found.results_sha256
        assert mine.decode().count(",won\n") == PLACES


class TestAPlaceThatWaits:
    def test_nothing_is_proposed_before_its_winner_is_decided(self, source, by):
        found = made.published(source, by)
        waits = _waits(found)
        assert len(winners(found)) == PLACES
        assert {one.entrant.conditional for one in waits} == {True}
        assert 0 < len(waits) < PLACES
        assert {h.subject_hash for h in _homes()} == {
            one.entrant.subject_hash for one in winners(found) if one.state == "won"
        }
        (event,) = Event.objects.filter(draw=found.draw, code=waits[0].entrant.code)
        assert (event.kind, event.until, event.actor) == (EventKind.WAIT, UNTIL, None)
        (entry,) = entries_of(waits[0].entrant.person)
        assert (entry.state, entry.won, entry.conditional, entry.draw.waits_until) == (
            "waits",
            None,
            True,
            UNTIL,
        )

    def test_it_waits_until_the_published_day_is_over(self, source, by, said, on):
        made.published(source, by)
        before = _everything()
        on(UNTIL)
        assert changes.settle_all(at=made.LATER) == 0
        assert _everything() == before

    def test_a_yes_makes_it_theirs(self, source, by, said):
        found = made.published(source, by)
        lucky = _waits(found)[0].entrant
        said[lucky.open_subject()] = "yes"
        for _ in range(2):
            changes.settle_all(at=made.LATER)
        assert _kinds(found.draw, lucky.code) == ["wait", "decide"]
        home = _homes().get(subject_hash=lucky.subject_hash)
        assert (home.state, home.branch, home.person_id) == (State.PROPOSED, "late", lucky.person_id)
        assert [step.move for step in home.steps.all()] == ["propose"]
        assert next(one.state for one in winners(view(found.draw)) if one.entrant == lucky) == "won"

    def test_a_no_passes_it_on(self, source, by, said):
        found = made.published(source, by)
        waits, order = _waits(found), placed(found, 1, ENTRANTS)
        said |= {one.entrant.open_subject(): "no" for one in waits}
        assert changes.settle_all(at=made.LATER) == len(waits)
        before = _everything()
        assert changes.settle_all(at=made.LATER) == 0
        assert _everything() == before
        found = view(found.draw)
        assert [o.rank for o in winners(found)] == [
            o.rank for o in order if o.entrant not in [w.entrant for w in waits]
        ][:PLACES]
        assert [placed(found, one.rank, 1)[0].state for one in waits] == ["lost"] * len(waits)
        first = Event.objects.filter(draw=found.draw, code=waits[0].entrant.code).last()
        assert (first.kind, first.given, first.why.zh) == ("withdraw", {"why": "not_entitled"}, "补判不符合")
        for one in winners(found):
            assert (one.state == "waits") == one.entrant.conditional
        assert not _homes().filter(subject_hash__in=[one.entrant.subject_hash for one in waits]).exists()

    def test_whoever_is_never_decided_loses_it_when_the_day_is_over(self, source, by, said, on):
        found = made.published(source, by)
        first = _waits(found)[0].entrant
        on(UNTIL + timedelta(days=1))
        assert changes.settle_all(at=made.LATER) > 0
        found = view(found.draw)
        assert Event.objects.filter(draw=found.draw, code=first.code).last().given == {"why": "undecided"}
        # Those who are decided have all places: whoever came in for somebody and is undecided, too, was looked at as well.
        assert {one.entrant.conditional for one in winners(found)} == {False}
        assert _homes().count() == len(winners(found)) == PLACES
        assert changes.settle_all(at=made.LATER) == 0

    def test_a_yes_that_comes_with_the_last_look_still_counts(self, source, by, said, on):
        found = made.published(source, by)
        lucky = _waits(found)[0].entrant
        said[lucky.open_subject()] = "yes"
        on(UNTIL + timedelta(days=1))
        changes.settle_all(at=made.LATER)
        assert _homes().filter(subject_hash=lucky.subject_hash).exists()

    def test_whoever_comes_in_for_somebody_waits_likewise_even_after_the_day(self, source, by, said, on):
        found = made.published(source, by)
        rank = next(one.rank for one in placed(found, PLACES + 1, ENTRANTS) if one.entrant.conditional)
        on(UNTIL + timedelta(days=1))
        for one in placed(found, 1, rank - 1):
            found = changes.give_up(
                draw=found.draw.pk, code=one.entrant.code, by=by.first, at=made.LATER, reason="x"
            )
        follower = placed(found, rank, 1)[0]
        assert follower.state == "waits"
        assert _kinds(found.draw, follower.entrant.code) == ["promote", "wait"]
        said[follower.entrant.open_subject()] = "yes"
        changes.settle_all(at=made.LATER)
        assert placed(view(found.draw), rank, 1)[0].state == "promoted"

    def test_they_may_give_it_up(self, source, by, said):
        found = made.published(source, by)
        one = _waits(found)[0].entrant
        said[one.open_subject()] = "yes"
        changes.give_up(draw=found.draw.pk, code=one.code, by=by.first, at=made.LATER, reason="书面放弃")
        changes.settle_all(at=made.LATER)
        assert _kinds(found.draw, one.code) == ["wait", "withdraw"]
        assert not _homes().filter(subject_hash=one.subject_hash).exists()

    def test_it_counts_as_taken_and_its_winner_is_in_no_other_draw(self, source, by):
        first = made.published(source, by)
        assert preparing.room(source, source.law.pack.clauses[made.HOMES].clause.value).taken == PLACES
        second = made.prepared(source, by)
        assert second.entrants == ENTRANTS - PLACES
        hashes = [one.entrant.subject_hash for one in _waits(first)]
        assert not Entrant.objects.filter(draw=second, subject_hash__in=hashes).exists()

    def test_events_come_in_a_chain_that_holds(self, source, by, said):
        found = made.published(source, by)
        said |= {one.entrant.open_subject(): v for one, v in zip(_waits(found), ("yes", "no"), strict=False)}
        changes.settle_all(at=made.LATER)
        assert events.check().broken_at is None

    def test_who_comes_in_while_others_are_decided_waits_for_the_next_time(
        self, source, by, said, monkeypatch
    ):
        found = made.published(source, by)
        waits = _waits(found)
        said |= {one.entrant.open_subject(): "no" for one in waits}
        monkeypatch.setattr(changes, "decide_conditional", lambda _: {})
        assert changes.settle_all(at=made.LATER) == 0
        assert [one.rank for one in _waits(view(found.draw))] == [one.rank for one in waits]


class TestDrawnAgain:
    def test_the_undecided_are_drawn_again_and_the_old_place_waits_no_longer(self, source, by, said):
        first = made.published(source, by)
        lucky = _waits(first)[0].entrant
        again = made.published(source, by, replaces=first.draw.pk, reason="名单漏了三人", seed="8.8")
        assert (again.draw.entrants, again.draw.conditional) == (ENTRANTS, UNDECIDED)
        said[lucky.open_subject()] = "yes"
        changes.settle_all(at=made.LATER)
        assert _kinds(first.draw, lucky.code) == ["wait"]
        live = _homes().filter(state=State.PROPOSED).values_list("subject_hash", flat=True)
        won = [one for one in winners(view(again.draw)) if one.state != "waits"]
        assert set(live) == {one.entrant.subject_hash for one in won}

    def test_what_lapsed_with_the_old_draw_does_not_take_the_place_that_waits(
        self, town, run, tmp_path, by, said
    ):
        first = made.published(made.source_with(town, run, tmp_path / "run", PLACES), by)
        unknown = made.source_with(town, run, tmp_path / "again", PLACES, undecided=PLACES)
        again = made.published(unknown, by, replaces=first.draw.pk, reason="x", seed="8.8")
        assert changes.settle_all(at=made.LATER) == 0
        assert len(_waits(view(again.draw))) == PLACES
        said |= {one.entrant.open_subject(): "yes" for one in winners(again)}
        changes.settle_all(at=made.LATER)
        assert _homes().filter(state=State.PROPOSED).count() == PLACES


class TestAWinThatIsARecord:
    def test_there_is_none_before_they_are_decided_and_none_of_whom_nobody_knew(
        self, town, run, tmp_path, said
    ):
        by = made.pair(made.DEGREE)
        source = made.source_with(town, run, tmp_path / "degree", 8, made.DEGREE, undecided=8)
        sent = []

        def receive(sender, draw, at, **_):
            sent.append([(r.key, r.value) for r in prizes.winners_as_records(view(draw))])

        prizes.winners_changed.connect(receive)
        try:
            found = made.published(source, by, clause=made.DEGREE, places=1)
            first, second = (one.entrant.open_subject() for one in placed(found, 1, 2))
            said |= {first: "no", second: "yes"}
            changes.settle_all(at=made.LATER)
            changes.settle_all(at=made.LATER)
        finally:
            prizes.winners_changed.disconnect(receive)
        assert sent == [[], [], [(second, True)]]
        assert not Entitlement.objects.filter(subject_hash=winners(found)[0].entrant.subject_hash).exists()


@hypothesis(
    max_examples=max(12, hypothesis().max_examples // 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    verdicts=st.lists(st.sampled_from(["yes", "no", "undecided"]), min_size=UNDECIDED, max_size=UNDECIDED),
    nights=st.integers(0, 3),
)
def test_in_the_end_the_first_in_order_who_are_entitled_have_the_places(
    source, by, said, on, verdicts, nights
):
    """As if only they had been drawn among: less data about somebody took no place from anybody, and gave none away."""
    with transaction.atomic():
        said.clear()
        on(date(2023, 1, 1))
        found = made.published(source, by)
        open_ = Entrant.objects.filter(draw=found.draw, conditional=True).order_by("line")
        known = dict(zip([one.open_subject() for one in open_], verdicts, strict=True))
        for night in range(nights):
            said |= dict(list(known.items())[: (night + 1) * 5])
            changes.settle_all(at=made.LATER)
        said |= known
        on(UNTIL + timedelta(days=1))
        changes.settle_all(at=made.LATER)
        entitled = [
            one.entrant.code
            for one in placed(found, 1, ENTRANTS)
            if not one.entrant.conditional or known[one.entrant.open_subject()] == "yes"
        ]
        assert [one.entrant.code for one in winners(view(found.draw))] == entitled[:PLACES]
        assert _homes().count() == PLACES
        transaction.set_rollback(True)
    LAW.subjects.update(verdicts)
    LAW.spoiled.update({"entrants undecided": UNDECIDED, "nights before the data": nights})


class TestFromTheLake:
    """Decided anew from real data: on the day and by the law of the draw."""

    def test_a_worker_whose_data_are_there_is_decided(self, town, run, tmp_path, by):
        known = dict(duckdb.execute(f"SELECT subject, verdict FROM {run.rows(made.HOMES)}").fetchall())
        source = made.source_with(town, run, tmp_path / "run", ENTRANTS, undecided=ENTRANTS)
        found = made.published(source, by)
        decided = deciding.decide_conditional(found)
        subjects = {one.line: one.open_subject() for one in Entrant.objects.filter(draw=found.draw)}
        assert {subjects[line]: one.verdict for line, one in decided.items()} == {
            subject: known[subject] for subject in subjects.values()
        }
