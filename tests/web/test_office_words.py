"""What the office's and the worker's pages say, without a database: rows that wait, a fair score, ranges, a tier nobody knows."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import mini
from jigong.credentials import code
from jigong.credentials.code import shown
from jigong.credentials.token import NO_TIER, UNKNOWN_LEVEL, UNKNOWN_TIER
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.explain import FactValue
from jigong.insight.law import Law, law_on
from jigong.insight.missing import MissingClass
from jigong.kernel.text import Text
from jigong.lake.quality import ClassQuality, quality
from jigong.packs.contract import PEOPLE, Contract
from jigong.packs.reader import read_pack
from jigong.portals.kit.lawbook import book_of
from jigong.portals.office.cases import correctable
from jigong.portals.office.quarantined import WrongRow, most_urgent
from jigong.portals.office.standing import ClassStanding, department_of
from jigong.portals.office.templatetags.office import score
from jigong.services.setting_aside.queries import STEP

NUMBER = "330114199001011234"


@pytest.fixture(scope="module")
def law(district: mini.Built) -> Law:
    return law_on(district.pack, mini.NEW_YEAR)


@pytest.fixture(scope="module")
def contract() -> Contract:
    """A class whose records are about people."""
    contracts = read_pack(Path(__file__).parents[2] / "packs" / "qiantang").contracts.values()
    return next(one for one in contracts if any(c.identifier in PEOPLE for c in one.columns))


def row(contract: Contract, day: date, line: int = 1) -> WrongRow:
    values = {c.name: NUMBER if c.identifier in PEOPLE else c.name for c in contract.columns}
    return WrongRow("b", "f.csv", line, values, (), False, day)


def test_a_row_that_waits_says_whose_it_is_and_to_others_nothing(contract: Contract) -> None:
    told = row(contract, mini.NEW_YEAR).key(contract, True)
    assert told.count("1234") == 1
    assert NUMBER not in told
    assert "1234" not in row(contract, mini.NEW_YEAR).key(contract, False)


def test_a_correction_changes_neither_the_key_nor_whose_it_is(contract: Contract) -> None:
    names = {column.name for column in correctable(contract)}
    whose = {column.name for column in contract.columns if column.identifier in PEOPLE}
    assert names == {column.name for column in contract.columns} - set(contract.key) - whose


@pytest.mark.parametrize(("value", "shown"), [(99.97, "99.9"), (100, "100.0"), (76.66, "76.7"), (0, "0.0")])
def test_what_falls_short_of_a_hundred_is_not_rounded_to_it(value: float, shown: str) -> None:
    assert score(value) == shown


@dataclass
class OfDays:
    """A pack of which only the days matter."""

    days: int

    def days_for(self, step: str) -> int:
        assert step == STEP
        return self.days


def test_the_oldest_deadline_comes_first(contract: Contract) -> None:
    first = mini.NEW_YEAR
    rows = [row(contract, first + timedelta(2)), row(contract, first, 9), row(contract, first, 2)]
    found = most_urgent(rows, OfDays(15))  # type: ignore[arg-type]
    assert [(one.due, one.line) for one in found] == [
        (first + timedelta(15), 2),
        (first + timedelta(15), 9),
        (first + timedelta(17), 1),
    ]


class TestScore:
    @pytest.fixture
    def classes(self, district: mini.Built) -> list[ClassQuality]:
        return quality(district.snapshot, district.pack.contracts)

    def standing(self, district: mini.Built, found: ClassQuality, late: int | None = 0) -> ClassStanding:
        contract = district.pack.contracts[found.class_name]
        return ClassStanding(contract, found, late, MissingClass(found.class_name, 0, 0, Decimal(0)), 0)

    def test_a_class_that_never_came_has_no_errors(
        self, district: mini.Built, classes: list[ClassQuality]
    ) -> None:
        came, other = classes[:2]
        never = replace(other, rows=0, rows_in=0, quarantined=0, share_accepted=None, stale_after=None)
        alone = department_of(Text("甲", "A"), [self.standing(district, came)])
        beside = department_of(
            Text("甲", "A"), [self.standing(district, came), self.standing(district, never, None)]
        )
        assert beside.score == alone.score
        assert (alone.never, beside.never) == (0, 1)

    def test_a_department_of_which_nothing_came_has_no_score(
        self, district: mini.Built, classes: list[ClassQuality]
    ) -> None:
        never = replace(classes[0], rows=0, rows_in=0, quarantined=0, share_accepted=None, stale_after=None)
        found = department_of(Text("乙", "B"), [self.standing(district, never, None)])
        assert (found.score, found.accepted, found.on_time, found.never) == (None, None, None, 1)


def test_a_fact_known_within_bounds_is_not_called_unknown(law: Law) -> None:
    name = next(name for name, entry in law.pack.facts.items() if entry.type == "integer")
    fact = FactValue(name, law.pack.facts[name].label, None, law.pack.facts[name].unit, (), least=3)
    assert book_of(law).read(fact, "zh").startswith("至少 3")
    assert book_of(law).read(replace(fact, least=None), "zh") == "未知"


def test_a_tier_that_cannot_be_told_is_not_called_none(law: Law) -> None:
    assert shown(law, NO_TIER, UNKNOWN_LEVEL).tier is None
    open_ = shown(law, UNKNOWN_TIER, UNKNOWN_LEVEL).tier
    assert open_ is not None
    assert open_.zh == "档次待定"


@pytest.mark.parametrize(("points", "place"), [(None, UNKNOWN_TIER), (0, NO_TIER)])
def test_a_code_of_somebody_whose_points_are_not_known_leaves_the_tier_open(
    law: Law, monkeypatch: pytest.MonkeyPatch, points: int | None, place: int
) -> None:
    assert law.pack.tiers
    monkeypatch.setattr(code, "law_of_run", lambda run: law)
    assert code._places(Dossier(run=LoadedRun(), points=points, tier=""))[0] == place
