"""The published figures come back out of the finished pipeline: files, lake, facts, indicators.

Tolerances are about three standard errors at the size of the district made here; at 100,000 workers the figures lie
within half a percentage point (docs/synthetic.md).
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pytest

from jigong.decisions.decide import decide
from jigong.decisions.run import Run
from jigong.decisions.verify import disagreements
from jigong.insight.portrait import portrait
from jigong.lake import FolderSource, Lake, take_in
from jigong.lake.facts import FactTables, build_facts
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import read_rulebook, values_on
from jigong.synthetic.district import make_district

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
DAY = date(2023, 1, 1)
WORKERS = 4_000

Figures: TypeAlias = Mapping[tuple[str, str | None], Decimal | None]


class Pipeline:
    """The whole main job, once."""

    def __init__(self, folder: Path) -> None:
        self.pack: Pack = read_pack(PACK)
        self.rulebook = read_rulebook(self.pack)
        self.values = values_on(self.pack, DAY)
        make_district(PACK, self.pack.contracts, folder / "files", workers=WORKERS, seed=11)
        lake = Lake(folder / "lake", self.pack.contracts)
        take_in(lake, [FolderSource(folder / "files")], known_on=DAY)
        self.facts: FactTables = build_facts(lake.snapshot(), self.pack, self.values, DAY, folder / "facts")
        self.run: Run = decide(self.facts, self.pack, self.rulebook, self.values, folder / "runs")

    def figures(self, by: str | None = None) -> Figures:
        """Every indicator by (id, group)."""
        found = portrait(self.facts, self.pack, self.rulebook, self.values, by)
        return {(value.indicator, value.group): value.value for value in found}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(tmp_path_factory.mktemp("pipeline"))


@pytest.mark.parametrize(
    ("indicator", "published", "tolerance"),
    [
        ("skilled_workers", Decimal(WORKERS), Decimal("0.03") * WORKERS),  # ≈100,000 at full size (S0)
        ("high_skilled_share", Decimal(48), Decimal("2.5")),  # 48,000 of 100,000 (S0)
        ("migrant_children_public", Decimal("96.45"), Decimal(3)),  # S0
        ("households_100k_500k", Decimal(85), Decimal("2.5")),  # target of S0
        ("households_200k_600k", Decimal(50), Decimal("3.5")),  # target of S0
        ("skilled_share", Decimal("33.3"), Decimal(5)),  # 100,000 of 300,000 industrial workers (S0)
    ],
)
def test_a_published_figure_comes_back(
    pipeline: Pipeline, indicator: str, published: Decimal, tolerance: Decimal
) -> None:
    value = pipeline.figures()[indicator, None]
    assert value is not None
    assert abs(value - published) <= tolerance


def test_all_seven_towns_and_five_industries_are_there(pipeline: Pipeline) -> None:
    towns = {group for _, group in pipeline.figures("town")}
    assert towns == {f"33011400{number}" for number in range(1, 8)}
    industries = {group for _, group in pipeline.figures("industry")}
    assert {"半导体", "生命健康", "智能汽车及智能装备", "航空航天", "新材料"} <= industries


def test_both_engines_agree_on_everybody(pipeline: Pipeline) -> None:
    compared = disagreements(pipeline.run, pipeline.facts, pipeline.pack, pipeline.rulebook, pipeline.values)
    assert compared > 10 * WORKERS


def test_every_worker_has_a_verdict_on_every_clause_about_workers(pipeline: Pipeline) -> None:
    # A stranger whose row only lost a cell is in the register as well.
    with pipeline.facts.connect() as connection:
        (workers,) = connection.execute("SELECT count(*) FROM worker").fetchall()[0]
    assert pipeline.run.workers == workers >= WORKERS
    assert len(pipeline.run.totals) == len(pipeline.pack.clauses)
    for total in pipeline.run.totals:
        if total.per == "worker":
            assert total.yes + total.no + total.undecided == workers
