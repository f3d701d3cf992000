"""Facts and points known only within bounds: in the tables, by both engines, for one worker as for everybody."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

import mini
from jigong.decisions.decide import decide
from jigong.decisions.verify import disagreements
from jigong.insight.explain import explain_clause
from jigong.insight.held import hold
from jigong.insight.law import law_of
from jigong.insight.ways import all_ways
from jigong.lake.facts import build_facts

PackWith = Callable[[mini.Edits], Path]

STALE = date(2023, 3, 4)
_ONE = "count(*) FILTER (back = place) AS insured_months\n"
# Of P5 only the last four months are known; of P8, in whom nobody is interested, nothing.
_BOUNDS = (
    "CASE worker WHEN 'P5' THEN 4 WHEN 'P8' THEN NULL ELSE n END AS \"insured_months least\","
    " CASE WHEN worker NOT IN ('P5', 'P8') THEN n END AS \"insured_months most\""
)
_SQL = (mini.PACK / "facts" / "insurance.sql").read_text(encoding="utf-8")
_RANGED = (
    _SQL.replace("type: integer,", "type: integer, range: true,")
    .replace(_ONE, "count(*) FILTER (back = place) AS n\n")
    .replace("SELECT asked.worker, asked.as_of, count", f"SELECT worker, as_of, {_BOUNDS} FROM (\nSELECT asked.worker, asked.as_of, count")
    .rstrip()
    + ")\n"
)  # fmt: skip
_MEMBER = "  - {id: member, when: union_member, zh: 是会员, en: A member, change: join_union}\n"
_POINTS = "  - {id: points, when: points_total >= %d, zh: 积分够, en: Enough points}\n"


def with_ranges(district: mini.Built, pack_with: PackWith, points: int = 12) -> mini.Built:
    edits: mini.Edits = {
        "facts/insurance.sql": _RANGED,
        "clauses/trip/clause.yaml": (_MEMBER, _MEMBER + _POINTS % points),
    }
    return district.under(pack_with(edits))


def points(built: mini.Built, worker: str) -> dict[str, Any]:
    cursor = duckdb.execute(f"SELECT * FROM {built.run.points} WHERE worker = ?", [worker])
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_an_item_counts_from_its_least_to_its_most_or_its_cap(
    district: mini.Built, pack_with: PackWith
) -> None:
    found = points(with_ranges(district, pack_with), "P5")
    assert (found["growth.insured"], found["growth.insured least"], found["growth.insured most"]) == (
        None,
        4,
        None,
    )
    assert (found["points_growth"], found["points_growth most"]) == (9, 13)
    assert (found["points_total"], found["points_total most"], found["tier"]) == (9, 13, "silver")


@pytest.mark.parametrize(
    ("least", "verdict", "missing"), [(9, "yes", []), (12, "undecided", ["points_total"]), (14, "no", [])]
)
def test_points_decide_what_their_bounds_settle(
    district: mini.Built, pack_with: PackWith, least: int, verdict: str, missing: list[str]
) -> None:
    built = with_ranges(district, pack_with, least)
    assert (built.column("trip", "verdict")["P5"], built.column("trip", "missing")["P5"]) == (
        verdict,
        missing,
    )
    assert built.column("grant", "verdict")["E5"] == "undecided"


def test_a_queue_goes_by_the_points_that_are_shown(district: mini.Built, pack_with: PackWith) -> None:
    """P5 has 9 to 13 points and stands behind those with 13, beside P2 and P3 with 9."""
    ranks = with_ranges(district, pack_with, 1).column("trip", "rank")
    assert {ranks[worker] for worker in ("P1", "P6", "P7")} == {1, 2, 3}
    assert 4 <= ranks["P5"] <= 6


def test_the_engines_agree_on_everybody(district: mini.Built, pack_with: PackWith) -> None:
    for built in (with_ranges(district, pack_with), district.on(STALE)):
        assert disagreements(built.run, built.facts, built.pack, built.rulebook, built.values) > 20


@pytest.mark.parametrize("with_run", [True, False])
def test_one_worker_is_judged_as_in_the_run(
    district: mini.Built, pack_with: PackWith, with_run: bool
) -> None:
    built = with_ranges(district, pack_with)
    law = law_of(built.facts, built.pack, built.rulebook, built.values)
    for worker in ("P1", "P5", "P8"):
        held = hold(worker, built.facts, law, built.run if with_run else None)
        (found,) = explain_clause(held, law, "trip")
        assert (found.verdict, list(found.missing)) == (
            built.column("trip", "verdict")[worker],
            built.column("trip", "missing")[worker],
        )
        assert held.points["points_total"] == points(built, worker)["points_total"]


def test_no_way_is_claimed_from_somewhere_within_bounds(district: mini.Built, pack_with: PackWith) -> None:
    built = with_ranges(district, pack_with)
    ways = list(all_ways(built.facts, built.pack, built.rulebook, built.values, built.run))
    assert ways
    assert not any(
        step.fact == "insured_months" for found in ways if found.worker == "P5" for step in found.way.steps
    )


def test_an_item_nobody_has_counts_for_nobody(district: mini.Built, pack_with: PackWith) -> None:
    """By March no months are known of anybody: the points are exact without them, also for one worker alone."""
    built = with_ranges(district, pack_with, 5).on(STALE)
    assert built.run.absent == ("growth.insured",)
    found = points(built, "P1")
    assert (found["growth.insured"], found["points_total"], found["points_total most"]) == (None, 5, 5)
    law = law_of(built.facts, built.pack, built.rulebook, built.values)
    for run in (built.run, None):
        (one,) = explain_clause(hold("P1", built.facts, law, run), law, "trip")
        assert one.verdict == built.column("trip", "verdict")["P1"] == "yes"


def test_what_nobody_has_is_known_from_everybody(
    district: mini.Built, pack_with: PackWith, tmp_path: Path
) -> None:
    """P8 alone has no months: decided alone, they are still what P8 lacks, as in the run of everybody."""
    built = with_ranges(district, pack_with)
    facts = build_facts(
        built.snapshot, built.pack, built.values, built.as_of, tmp_path / "facts", only=["P8"]
    )
    part = decide(facts, built.pack, built.rulebook, built.values, tmp_path / "runs", part_of=built.run)
    assert part.absent == built.run.absent == ()
    alone = duckdb.execute(f"SELECT verdict, missing, rank FROM {part.rows('trip')}")
    assert alone.fetchall() == [
        (built.column("trip", "verdict")["P8"], built.column("trip", "missing")["P8"], None)
    ]


def queue(built: mini.Built) -> dict[str, dict[str, Any]]:
    """What the trip's verdicts say of the queue, by worker."""
    cursor = duckdb.execute(f"SELECT * FROM {built.run.rows('trip')}")
    names = [column[0] for column in cursor.description or []]
    return {
        row["subject"]: row for row in (dict(zip(names, found, strict=True)) for found in cursor.fetchall())
    }


def test_a_place_says_from_where_to_where_it_can_still_lie(district: mini.Built, pack_with: PackWith) -> None:
    """P5 has 9 to 13 points and 4 or more months: certainly behind P1, P6 and P7 only if the draw of lots says so."""
    found = queue(with_ranges(district, pack_with, 1))
    p5 = found["P5"]
    assert (p5["score0"], p5["score0_best"], p5["score1"], p5["score1_best"]) == (9, 13, None, 4)
    assert (p5["rank_best"], p5["rank_worst"]) == (1, 6)
    assert (p5["order_best"], p5["rank"]) == (1, 6)
    for worker in ("P1", "P6", "P7"):
        row = found[worker]
        assert (row["rank_best"], row["rank_worst"]) == (row["rank"], row["rank"] + 1)
        assert p5["order_best"] < row["order_sure"] == row["order_best"]
    assert all(found["P4"][name] is None for name in ("rank", "rank_best", "order_best"))


def test_somebody_undecided_may_still_come_before(district: mini.Built, pack_with: PackWith) -> None:
    """Twelve points are asked: P5 with 9 to 13 is undecided and has no place, but could have the first."""
    found = queue(with_ranges(district, pack_with, 12))
    p5 = found["P5"]
    assert (p5["verdict"], p5["rank"], p5["rank_best"], p5["rank_worst"]) == ("undecided", None, 1, 4)
    assert {row["rank"] for row in found.values() if row["verdict"] == "yes"} == {1, 2, 3}
