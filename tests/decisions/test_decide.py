"""Deciding the small district: verdicts, exclusion, quotas, what missing data does, and equal bytes."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

import mini
from jigong.decisions.decide import decide
from jigong.decisions.layout import column
from jigong.decisions.run import read_run
from jigong.decisions.verify import disagreements
from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import JigongError
from jigong.lake.facts import FactTables

PackWith = Callable[[mini.Edits], Path]
CLAUSE = "clauses/grant/clause.yaml"


def test_verdicts_branches_and_amounts(district: mini.Built) -> None:
    assert district.column("grant", "verdict") == {
        "E1": "yes", "E2": "no", "E3": "no", "E4": "no", "E5": "yes", "E6": "yes", "E7": "no", "P8": "no",
    }  # fmt: skip
    assert district.column("grant", "branch")["E1"] == "partial"
    assert district.column("grant", "branch")["E5"] == "full"
    amounts = district.column("grant", "amount")
    assert (amounts["E1"], amounts["E2"], amounts["E5"], amounts["P8"]) == (4500, 0, 700, 0)


def test_what_a_no_would_be_worth(district: mini.Built) -> None:
    potential = district.column("grant", "potential")
    assert (potential["E3"], potential["E4"]) == (5000, 700)


def test_of_one_exclusion_group_a_worker_keeps_the_clause_that_gives_most(district: mini.Built) -> None:
    grant, allowance = district.column("grant", "excluded_by"), district.column("allowance", "excluded_by")
    assert (grant["E1"], allowance["P1"]) == (None, "grant")
    assert (grant["E5"], allowance["P5"]) == ("allowance", None)
    assert (district.column("grant", "due")["E5"], district.column("allowance", "due")["P5"]) == (None, 1000)
    assert (district.column("grant", "due")["E1"], district.column("allowance", "due")["P1"]) == (4500, None)


def test_nobody_is_paid_twice_from_a_group(district: mini.Built) -> None:
    due = (
        f"SELECT DISTINCT worker FROM {district.run.rows(clause)} WHERE due > 0"
        for clause in ("grant", "allowance")
    )
    workers = duckdb.execute(
        f"SELECT worker, count(*) FROM ({' UNION ALL '.join(due)}) GROUP BY ALL"
    ).fetchall()
    assert workers
    assert all(count == 1 for _, count in workers)


def test_rank_order_fills_the_quota(district: mini.Built) -> None:
    """P1, P5, P6 and P7 have 13 points and 12 months: a hash orders them; then P3 and P2 with 9 points."""
    rank, within = district.column("trip", "rank"), district.column("trip", "in_quota")
    assert {rank[worker] for worker in ("P1", "P5", "P6", "P7")} == {1, 2, 3, 4}
    assert {rank[worker] for worker in ("P2", "P3")} == {5, 6}
    assert {worker for worker, yes in within.items() if yes} == {
        w for w, place in rank.items() if place and place <= 2
    }
    assert (rank["P4"], within["P4"]) == (None, None)


def test_a_rank_may_rise(district: mini.Built, pack_with: PackWith) -> None:
    order = ("rank: [points_total DESC, insured_months ASC]", "rank: [insured_months asc, points_total]")
    built = district.under(pack_with({"clauses/trip/clause.yaml": order}))
    rank = built.column("trip", "rank")
    assert {rank["P2"], rank["P3"]} == {1, 2}


def test_who_falls_outside_a_quota_keeps_the_other_clause(district: mini.Built, pack_with: PackWith) -> None:
    """The trip now pays more than the allowance, but has two places: the others must not lose both."""
    trip = {
        "clauses/trip/clause.yaml": (
            "  - {id: place, zh",
            "  - {id: place, amount: 2 * allowance.amount, zh",
        ),
        "clauses/allowance/clause.yaml": ("exclusion: study", "exclusion: travel"),
    }
    folder = pack_with(trip)
    file = folder / "clauses/trip/clause.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("fund: null", "fund: null\nexclusion: travel"),
        encoding="utf-8",
    )
    built = district.under(folder)
    within, due = built.column("trip", "in_quota"), built.column("allowance", "due")
    assert sum(bool(yes) for yes in within.values()) == 2
    for worker in ("P1", "P2", "P3", "P5", "P6", "P7"):
        assert due[worker] == (None if within[worker] else 1000)


def test_an_enrolments_worker_is_read_at_graduation(district: mini.Built) -> None:
    """P7 joined the union a fortnight after graduating: a member today, not a member for the grant."""
    assert district.column("trip", "verdict")["P7"] == "yes"
    assert district.column("grant", "verdict")["E7"] == "no"
    before = district.on(date(2022, 6, 1))
    assert before.facts.connect().execute("SELECT as_of FROM study WHERE study = 'E7'").fetchone() == (
        date(2022, 6, 1),
    )


def test_a_missing_amount_is_not_zero(district: mini.Built) -> None:
    row = [district.column("grant", name)["E6"] for name in ("verdict", "amount", "due", "missing")]
    assert row == ["yes", None, None, ["tuition"]]


def test_a_class_that_never_came_refuses_nobody(tmp_path: Path) -> None:
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"membership.csv": None})
    built = mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),))
    verdicts, missing = built.column("trip", "verdict"), built.column("trip", "missing")
    assert set(verdicts.values()) == {"undecided"}
    assert set(map(tuple, missing.values())) == {("union_member",)}
    # Too few months is a no for another reason, which is known.
    assert built.column("grant", "verdict")["E3"] == "no"
    assert built.column("grant", "verdict")["E1"] == "undecided"


def test_stale_data_refuses_nobody(district: mini.Built) -> None:
    """Contributions to December may be relied on 62 days beyond it: until 3 March."""
    assert district.on(date(2023, 3, 3)).column("allowance", "verdict")["P8"] == "no"
    late = district.on(date(2023, 3, 4))
    assert set(late.column("allowance", "verdict").values()) == {"undecided"}
    assert late.column("allowance", "amount")["P1"] is None


def test_who_might_have_an_enrolment_nobody_reported_is_undecided(tmp_path: Path) -> None:
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": None})
    built = mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),))
    assert set(built.column("grant", "verdict").values()) == {"undecided"}
    assert built.column("grant", "missing")["P1"] == ["study"]
    assert built.column("grant", "amount")["P1"] is None
    assert built.run.totals[0].undecided == 8


def test_totals(district: mini.Built) -> None:
    grant, allowance, trip = district.run.totals
    assert (grant.yes, grant.no, grant.undecided, grant.due_people, grant.due, grant.excluded) == (
        3,
        5,
        0,
        1,
        4500,
        1,
    )
    assert (allowance.yes, allowance.due, allowance.fund) == (7, Decimal("6000.00"), "education")
    assert (trip.yes, trip.due_people, trip.due) == (6, 2, 0)
    assert read_run(district.run.folder) == district.run


class _Threads(FactTables):
    """The same facts, read by so many threads."""

    count = 1

    def connect(self, *kinds: str, **more: Any) -> duckdb.DuckDBPyConnection:
        connection = super().connect(*kinds, **more)
        connection.execute(f"SET threads = {self.count}")
        return connection


def _hashes(folder: Path) -> dict[str, str]:
    return {file.name: file_hash(file) for file in sorted(folder.iterdir())}


def _decided_with(threads: int, built: mini.Built, out: Path) -> dict[str, str]:
    given = {one.name: getattr(built.facts, one.name) for one in fields(built.facts)}
    many = type("Many", (_Threads,), {"count": threads})(**given)
    run = decide(many, built.pack, built.rulebook, built.values, out)
    run.write_by_clause(out / "clauses")
    return _hashes(run.folder) | _hashes(out / "clauses")


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    """Two lakes, two folders, other thread counts: every file of the run is the same, to the byte."""
    one, two = (mini.build(tmp_path / name) for name in ("one", "two's"))
    assert one.run.id == two.run.id
    assert _hashes(one.run.folder) == _hashes(two.run.folder)
    found = _decided_with(1, one, tmp_path / "a")
    assert found == _decided_with(8, two, tmp_path / "b")
    assert found.items() >= _hashes(one.run.folder).items()
    assert {"worker.parquet", "study.parquet", "grant.parquet", "points.parquet"} <= found.keys()
    assert found["grant.parquet"] == one.run.hash_of("grant")


def test_equal_bytes_for_many_rows(tmp_path: Path) -> None:
    """Enough workers for several threads and several groups of rows."""
    count = 140_000
    born = "1990-01-01,白杨,2015-01-01"
    months = "".join(f"P{i:06},2022-12\n" for i in range(0, count, 3))
    source = mini.edited(
        mini.DISTRICT,
        tmp_path / "files",
        {
            "person.csv": "编号,出生日期,街道,登记日期\n"
            + "".join(f"P{i:06},{born}\n" for i in range(count)),
            "contribution.csv": f"编号,月份\n{months}",
            "membership.csv": "编号,入会日期\nP000001,2020-01-01\n",
            "enrolment.csv": "学号,编号,层次,学费,入学日期,毕业日期\nE1,P000001,专科,1.00,2021-09-01,\n",
        },
    )
    built = mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),))
    assert _decided_with(1, built, tmp_path / "a") == _decided_with(4, built, tmp_path / "b")


def test_another_date_is_another_run(district: mini.Built) -> None:
    """In 2024 the age limit is 50, but by then the data is stale; in November 2022 there was a month less."""
    november = district.on(date(2022, 11, 1))
    assert november.run.id != district.run.id
    assert district.column("allowance", "verdict")["P2"] == "yes"
    assert november.column("allowance", "verdict")["P2"] == "no"


def test_older_knowledge_gives_the_older_verdicts(corrected: mini.Built) -> None:
    """In February E6's tuition became known; who knows only what was known at New Year still does not know it."""
    newer, older = corrected.on(mini.NEW_YEAR), corrected.on(mini.NEW_YEAR, known_on=mini.NEW_YEAR)
    assert newer.column("grant", "amount")["E6"] == 3000
    assert older.column("grant", "amount")["E6"] is None
    assert (newer.run.known_on, older.run.known_on) == (mini.FEBRUARY, mini.NEW_YEAR)
    assert newer.run.id != older.run.id


def test_a_clause_not_yet_in_force_needs_no_parameters(district: mini.Built, pack_with: PackWith) -> None:
    edits: dict[str, Any] = {
        "clauses/trip/clause.yaml": ("from: 2022-05-01", "from: 2030-01-01"),
        "parameters/trip.yaml": ("from: 2022-05-01", "from: 2030-01-01"),
    }
    built = district.under(pack_with(edits))
    assert [total.clause for total in built.run.totals] == ["grant", "allowance"]


def test_equal_ranks_with_different_amounts_stop_the_run(district: mini.Built, pack_with: PackWith) -> None:
    folder = pack_with(
        {
            CLAUSE: (
                "  - {id: full,",
                "  - {id: other, rank: 0, when: degree = 'bachelor', amount: '1', zh: 另, en: Other}\n  - {id: full, rank: 0,",
            )
        }
    )
    with pytest.raises(JigongError) as caught:
        district.under(folder).run  # noqa: B018
    (problem,) = caught.value.problems
    assert "study E4 gets both other and full" in problem.what.en
    assert problem.place is not None
    assert problem.place.file.endswith(CLAUSE)
    assert not [path for path in (district.folder / "runs").iterdir() if path.name.endswith(".tmp")]


def _verified(built: mini.Built) -> int:
    return disagreements(built.run, built.facts, built.pack, built.rulebook, built.values)


def test_the_reference_engine_agrees_on_everybody(district: mini.Built) -> None:
    assert _verified(district) == 7 + 8 + 8


@pytest.mark.parametrize("fault", ["potential + 1", None])
def test_verify_finds_a_wrong_and_an_absent_verdict(fault: str | None, tmp_path: Path) -> None:
    built = mini.build(tmp_path)
    file = built.run.folder / "study.parquet"
    kept = column("grant", "potential")
    columns = f"* REPLACE (CAST({kept} + 1 AS DECIMAL(14,2)) AS {kept})" if fault else "*"
    where = "" if fault else "WHERE study <> 'E3'"
    table = duckdb.sql(
        f"SELECT {columns} FROM read_parquet($file) {where}", params={"file": str(file)}
    ).to_arrow_table()
    pq.write_table(table, file)
    with pytest.raises(JigongError, match="the engines differ on E"):
        _verified(built)


def test_a_topic_that_loses_rows_is_refused_with_its_place(district: mini.Built, pack_with: PackWith) -> None:
    folder = pack_with(
        {
            "facts/study.sql": (
                "FROM asked LEFT JOIN enrolment e ON e.enrolment_no = asked.study",
                "FROM asked JOIN enrolment e ON e.enrolment_no = asked.study WHERE e.tuition > 0",
            )
        }
    )
    with pytest.raises(JigongError) as caught:
        district.under(folder).facts  # noqa: B018
    (problem,) = caught.value.problems
    assert "must give one row for each of 7" in problem.what.en
    assert problem.place is not None
    assert problem.place.file.endswith("study.sql")


def test_a_change_of_latency_makes_facts_anew(district: mini.Built, pack_with: PackWith) -> None:
    """The allowed delay stands in the contract only; facts of the longer one must not be taken for the shorter."""
    folder = pack_with({"contracts/contribution.yaml": ("latency, value: 62", "latency, value: 5")})
    later = district.on(date(2023, 1, 20))
    assert later.column("allowance", "verdict")["P8"] == "no"
    assert later.under(folder).column("allowance", "verdict")["P8"] == "undecided"
