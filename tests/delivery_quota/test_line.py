"""Who is offered a place while data are missing: only who has it whatever the data will say."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.law.tally import tally

import mini
from jigong.decisions.queues import places_sql
from jigong.delivery.offers import subject_hash
from jigong.delivery.quota import Places, line_of, seats
from jigong.packs.reader import read_pack
from jigong.rules.nodes import INTEGER, Fact

CLAUSE = read_pack(mini.PACK).clauses["trip"].clause.value
LAW = tally("offers by rank")
RANKS = [(Fact("points", INTEGER), True)]
DAY, UNTIL = date(2023, 1, 1), date(2023, 3, 2)


class Queue:
    """A run of one clause: rows of name, verdict, the least and the most points."""

    def __init__(self, folder: Path, rows: list[tuple[str, str, int | None, int | None]]) -> None:
        self.file = folder / "trip.parquet"
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE decided (subject VARCHAR, worker VARCHAR, verdict VARCHAR, score0 INTEGER, score0_best INTEGER)"
        )
        connection.executemany("INSERT INTO decided VALUES (?1, ?1, ?2, ?3, ?4)", rows)
        connection.execute(
            f"COPY (SELECT *, CAST([] AS VARCHAR[]) AS missing, CAST(NULL AS VARCHAR) AS excluded_by FROM decided"
            f" LEFT JOIN ({places_sql('decided', CLAUSE, RANKS, DAY)}) USING (subject)) TO '{self.file}' (FORMAT PARQUET)"
        )
        self.run = SimpleNamespace(rows=lambda clause: f"(SELECT * FROM '{self.file}')")

    def line(self, places: int, final: bool = False, **who):
        return line_of(self.run, CLAUSE, self.places(places, final, **who))

    def seats(self, places: int, final: bool = False, **who):
        return seats(self.run, CLAUSE, self.places(places, final, **who))

    @staticmethod
    def places(places, final=False, held=(), out=(), offered=()):
        hashes = (frozenset(map(subject_hash, names)) for names in (held, out, offered))
        return Places(places, *hashes, UNTIL, final)


def _names(contenders):
    return [one.subject for one in contenders]


def test_with_everything_known_the_best_are_offered_at_once(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7), ("c", "yes", 5, 5), ("d", "no", 99, 99)])
    assert queue.seats(2) == ["a", "b"]
    assert queue.line(2).left == 0


def test_a_place_waits_for_somebody_undecided_who_could_come_before(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7), ("?", "undecided", 8, 8)])
    line = queue.line(2)
    assert (_names(line.seats), _names(line.waiting), line.left, _names(line.open)) == (
        ["a"],
        ["b"],
        1,
        ["?"],
    )


def test_and_for_somebody_whose_score_is_only_a_lower_bound(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7), ("low", "yes", 1, 8)])
    line = queue.line(2)
    assert (_names(line.seats), _names(line.waiting), _names(line.open)) == (["a"], ["b"], ["low"])
    assert [one.ranks for one in line.open] == [(2, 3)]


def test_who_cannot_come_before_holds_nobody_up(tmp_path):
    queue = Queue(
        tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7), ("low", "yes", 1, 6), ("?", "undecided", 0, 5)]
    )
    assert queue.seats(2) == ["a", "b"]


def test_with_places_for_all_of_them_nobody_waits_but_for_themself(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 1, 8), ("?", "undecided", None, None)])
    line = queue.line(3)
    assert (_names(line.seats), _names(line.waiting), line.left, _names(line.open)) == (
        ["a", "b"],
        [],
        1,
        ["?"],
    )


def test_when_the_wait_is_over_what_is_certain_decides(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7), ("?", "undecided", 8, 8)])
    assert queue.seats(2, final=True) == ["a", "b"]


def test_what_was_offered_is_not_taken_back_for_a_later_higher_comer(tmp_path):
    queue = Queue(tmp_path, [("late", "yes", 8, 8), ("a", "yes", 9, 9), ("b", "yes", 7, 7)])
    assert sorted(queue.seats(2, offered=["b"])) == ["a", "b"]
    assert sorted(queue.seats(2, held=["b"])) == ["a"]
    assert queue.seats(2, offered=["b"], out=["a"]) == ["b", "late"]


def test_fewer_places_than_before_are_kept_by_the_best_of_those_asked(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7)])
    assert queue.seats(1, offered=["a", "b"]) == ["a"]


def test_whoever_has_nobody_seen_of_theirs_could_come_before_everybody(tmp_path):
    queue = Queue(tmp_path, [("a", "yes", 9, 9), ("b", "yes", 7, 7)])
    rows = f"SELECT * FROM '{queue.file}'"
    unseen = "SELECT * REPLACE (NULL AS subject, NULL AS rank, NULL AS order_sure, 0 AS order_best, 'undecided' AS verdict)"
    duckdb.execute(
        f"COPY ({rows} UNION ALL ({unseen} FROM '{queue.file}' LIMIT 1)) TO '{queue.file}.new' (FORMAT PARQUET)"
    )
    Path(f"{queue.file}.new").replace(queue.file)
    line = queue.line(2)
    assert (_names(line.seats), line.left, _names(line.open)) == ([], 2, [None])
    assert queue.seats(2, final=True) == ["a", "b"]


_PERSON = st.tuples(
    st.sampled_from(["yes", "yes", "undecided"]),
    st.integers(0, 6),
    st.integers(0, 4),
    st.integers(0, 4),
    st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    people=st.lists(_PERSON, min_size=1, max_size=8), places=st.integers(1, 5), out=st.sets(st.integers(0, 7))
)
@pytest.mark.parametrize("held", [0, 1])
def test_whoever_is_offered_a_place_has_it_whatever_the_data_will_say(tmp_path, people, places, out, held):
    """And every place that nobody is offered waits for somebody."""
    rows = [(str(n), verdict, least, least + wide) for n, (verdict, least, wide, _, _) in enumerate(people)]
    truth = {
        str(n): (-(least + min(share, wide)), sha256(f"{DAY}|trip|{n}".encode()).hexdigest())
        for n, (verdict, least, wide, share, entitled) in enumerate(people)
        if verdict == "yes" or entitled
    }
    gone = {str(n) for n in out}
    has = [name for name in truth if name not in gone][:held]
    line = Queue(tmp_path, rows).line(places, held=has, out=gone)
    in_the_end = sorted((truth[name], name) for name in truth if name not in gone and name not in has)
    free = places - len(has)
    entitled = [name for _, name in in_the_end][:free]
    assert {one.subject for one in line.seats} <= set(entitled)
    assert len(line.seats) + line.left >= len(entitled)
    assert len(line.seats) + line.left <= max(free, 0)
    assert line.open or not line.left
    LAW.subjects.update(
        {"offered": len(line.seats), "wait": len(line.waiting), "places left free": line.left}
    )
    LAW.spoiled["undecided"] += sum(verdict == "undecided" for verdict, *_ in people)
    LAW.spoiled["score within bounds"] += sum(bool(wide) for _, _, wide, _, _ in people)
