"""A place in a queue when not everything is known: what the bounds promise, once it is known, is so."""

from datetime import date
from hashlib import sha256
from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st
from tests.law.tally import tally

import mini
from jigong.decisions.queues import places_sql
from jigong.packs.reader import read_pack
from jigong.rules.nodes import INTEGER, Fact

_LAW = tally("places by rank")
_CLAUSE = read_pack(mini.PACK).clauses["trip"].clause.value
_RANKS = [(Fact("points", INTEGER), True), (Fact("months", INTEGER), False)]
_DAY = date(2023, 1, 1)
_ROW = st.tuples(
    st.sampled_from(["yes", "yes", "undecided", "no"]),
    *(st.tuples(st.integers(0, 3), st.integers(0, 3)) for _ in _RANKS),
    st.sampled_from(["known", "no limit", "nothing"]),
    st.booleans(),
    st.integers(0, 3),
)


@given(st.lists(_ROW, min_size=1, max_size=8))
def test_what_bounds_promise_of_places_holds_once_all_is_known(rows: list[Any]) -> None:
    table, now = [], {}
    for number, (verdict, points, months, ends, entitled, share) in enumerate(rows):
        (sure0, best0), (best1, sure1) = sorted(points), sorted(months)
        truth = [min(sure0 + share, best0), max(sure1 - share, best1)]
        known: list[int | None] = [sure0, best0, sure1, best1]
        if ends != "known":
            known[1] = None
        if ends == "nothing":
            known[0] = None
        table.append((str(number), verdict, *known))
        _LAW.subjects[
            f"{verdict} → {'yes' if verdict == 'yes' or (verdict == 'undecided' and entitled) else 'no'}"
        ] += 1
        _LAW.spoiled[f"score: {ends}"] += 1
        if verdict == "yes" or (verdict == "undecided" and entitled):
            lot = sha256(f"{_DAY}|trip|{number}".encode()).hexdigest()
            now[str(number)] = (-truth[0], truth[1], lot)
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE decided (subject VARCHAR, verdict VARCHAR,"
        " score0 INTEGER, score0_best INTEGER, score1 INTEGER, score1_best INTEGER)"
    )
    connection.executemany("INSERT INTO decided VALUES (?, ?, ?, ?, ?, ?)", table)
    cursor = connection.execute(places_sql("decided", _CLAUSE, _RANKS, _DAY))
    names = [column[0] for column in cursor.description or []]
    found = {
        row["subject"]: row for row in (dict(zip(names, line, strict=True)) for line in cursor.fetchall())
    }
    order = sorted(now, key=lambda subject: now[subject])
    for place, subject in enumerate(order, 1):
        assert found[subject]["rank_best"] <= place <= found[subject]["rank_worst"]
        for later in order[place:]:
            # Whoever came before somebody could have been seen to.
            assert found[subject]["order_best"] < found[later]["order_sure"]
    assert found.keys() == {str(i) for i, row in enumerate(rows) if row[0] != "no"}
    entitled = sorted(row["rank"] for subject, row in found.items() if rows[int(subject)][0] == "yes")
    assert entitled == list(range(1, len(entitled) + 1))
