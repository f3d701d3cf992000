"""Facts that rise: a record that is there counts, and a row that could only add one lowers nothing (ADR 21)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from lake_made import PERSON_HEADER, Deliver, citizen, column
from lineage_bench import pack as qiantang

from jigong.lake import FileSource, Lake, take_in
from jigong.lake.claims import Claim
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.ghosts import attach_ghosts
from jigong.lake.snapshot import Snapshot
from jigong.packs.contract import Covers
from jigong.packs.pack import Pack

JANUARY, FEBRUARY, MARCH = date(2022, 1, 10), date(2022, 2, 10), date(2022, 3, 10)
FIRM, SHOP = "91350100M000100Y43", "91330114MA0000100B"
ONE, TWO, THREE = citizen(1), citizen(2), citizen(3)

_USUAL: Mapping[str, Mapping[str, str]] = {
    "person": {"name": "示例甲", "sex": "男", "birth_date": "1990-03-07", "household_place": "330114", "registered_on": "2018-01-01"},
    "enterprise": {"name": "示例厂", "industry": "新材料", "scale": "规上", "town_code": "330114001", "registered_on": "2010-01-01", "employees": "6"},
    "accreditation": {"enterprise_id": FIRM, "occupation_code": "6-18-01-07", "top_level": "技师", "valid_from": "2021-01-01"},
    "labour_contract": {"person_id": ONE, "enterprise_id": FIRM, "occupation_code": "6-18-01-07", "valid_from": "2021-01-01", "monthly_wage": "6000"},
    "honour": {"person_id": ONE, "title": "工匠", "level": "市", "awarded_on": "2021-05-01"},
    "frontline_service": {"person_id": ONE, "duty": "示例任务", "valid_from": "2021-05-01", "valid_to": "2021-06-01"},
    "pension_contribution": {"person_id": ONE, "enterprise_id": FIRM, "base": "无", "amount": "560", "paid_on": "2021-12-20"},
    "union_membership": {"person_id": ONE, "union_name": "示例工会", "district_code": "330114", "joined_on": "2020-01-01"},
}  # fmt: skip


@dataclass
class Place:
    """A lake with a few records of a few classes, and the facts of them."""

    folder: Path
    pack: Pack = field(default_factory=qiantang)
    count: int = 0

    def covered_by(self, name: str, covers: Covers) -> "Place":
        """The same where a class comes in another way."""
        contracts = {**self.pack.contracts, name: replace(self.pack.contracts[name], covers=covers)}
        return Place(self.folder, replace(self.pack, contracts=contracts))

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.folder / "lake", self.pack.contracts)

    def deliver(self, day: date, scope: str | None = None, **rows: list[dict[str, str]]) -> None:
        """Take in rows of some classes, given by the cells that matter."""
        self.count += 1
        sources = []
        for name, those in rows.items():
            columns = [column.name for column in self.pack.contracts[name].columns]
            lines = [[{**_USUAL[name], **row}.get(c, "") for c in columns] for row in those]
            file = self.folder / f"delivery-{self.count}" / f"{name}.csv"
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"{','.join(line)}\n" for line in [columns, *lines]), encoding="utf-8")
            sources.append(FileSource(file, name))
        report = take_in(self.lake, sources, known_on=day, claim=Claim(scope=scope, whole=True))
        assert not report.refused

    def settle(self) -> None:
        """Three people and two firms."""
        people = [{"person_id": one} for one in (ONE, TWO, THREE)]
        self.deliver(JANUARY, person=people, enterprise=[{"enterprise_id": one} for one in (FIRM, SHOP)])

    def facts(self, day: date = MARCH, snapshot: Snapshot | None = None, **more: Any) -> FactTables:
        topics = ("contract", "enterprise", "honours", "membership", "service")
        pack = replace(
            self.pack,
            topics={name: self.pack.topics[name] for name in topics},
            subjects={name: self.pack.subjects[name] for name in ("worker", "enterprise")},
        )
        law = {name: placed.value.values[-1].value for name, placed in pack.parameters.items()}
        return build_facts(snapshot or self.lake.snapshot(), pack, law, day, self.folder / "facts", **more)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(facts: FactTables, fact: str, kind: str = "worker") -> dict[str, Any]:
    """A fact of everybody; where it may be known within bounds, these."""
    columns = ", ".join(f'"{column}"' for column in facts.columns_of(fact))
    rows = facts.connect().execute(f'SELECT "{kind}", {columns} FROM "{kind}"').fetchall()
    return {key: found[0] if len(found) == 1 else tuple(found[1:]) for key, *found in rows}


def open_for(facts: FactTables, fact: str) -> set[str]:
    """Of whom something that waits keeps a fact open."""
    rows = facts.connect().execute("SELECT subject FROM waiting WHERE fact = ?", [fact]).fetchall()
    return {subject for (subject,) in rows}


# Waiting rows


def test_a_yes_stays_whatever_a_row_without_a_number_says(place: Place) -> None:
    place.settle()
    rows = [{"accreditation_no": f"A{n}"} for n in range(3)] + [{}, {"enterprise_id": SHOP}]
    place.deliver(JANUARY, accreditation=rows, labour_contract=[{"contract_no": "C1"}])
    facts = place.facts()
    assert told(facts, "accredited", "enterprise") == {FIRM: True, SHOP: None}
    assert told(facts, "employer_accredited") == {ONE: True, TWO: False, THREE: False}
    # It is a reason for what is open, not for what is known.
    assert open_for(facts, "accredited") == {SHOP}
    assert open_for(facts, "employer_accredited") == set()


def test_a_row_that_keeps_nothing_open_is_somebodys_all_the_same(place: Place) -> None:
    place.settle()
    place.deliver(JANUARY, frontline_service=[{"record_no": "F1"}, {"record_no": "F2", "valid_from": "前天"}])
    facts = place.facts()
    assert told(facts, "frontline_service") == {ONE: True, TWO: False, THREE: False}
    assert open_for(facts, "frontline_service") == set()
    assert facts.nobody == {}


def test_a_row_that_names_an_employer_and_not_the_person_is_somebodys(place: Place) -> None:
    """It keeps the employer's facts open, and each no about a person says that there is such a row."""
    place.settle()
    place.deliver(
        JANUARY, pension_contribution=[{"month": "2021-11", "base": "7000", "person_id": "3.8E+17"}]
    )
    facts = place.facts()
    assert open_for(facts, "enterprise_insured") == {FIRM}
    assert facts.nobody == {"pension_contribution": 1}


def test_a_row_that_would_replace_a_record_leaves_nothing_settled(place: Place) -> None:
    place.settle()
    place.deliver(JANUARY, accreditation=[{"accreditation_no": "A1"}, {"accreditation_no": "A2"}])
    place.deliver(FEBRUARY, accreditation=[{"accreditation_no": "A1", "top_level": "大师"}])
    assert told(place.facts(), "accredited", "enterprise") == {FIRM: None, SHOP: False}


def test_a_row_without_a_number_may_be_a_record_that_came_before(place: Place) -> None:
    place.settle()
    place.deliver(JANUARY, accreditation=[{"accreditation_no": "A1"}])
    place.deliver(FEBRUARY, accreditation=[{}, {"accreditation_no": "A2", "enterprise_id": SHOP}])
    assert told(place.facts(), "accredited", "enterprise") == {FIRM: None, SHOP: True}


def test_a_row_with_a_new_number_adds_a_record(place: Place) -> None:
    place.settle()
    place.deliver(JANUARY, accreditation=[{"accreditation_no": "A1"}])
    again = [{"accreditation_no": f"B{n}", "enterprise_id": SHOP, "valid_to": "2021-12-31"} for n in range(9)]
    place.deliver(
        FEBRUARY,
        accreditation=[{"accreditation_no": "A1"}, {"accreditation_no": "A2", "top_level": "大师"}, *again],
    )
    assert told(place.facts(), "accredited", "enterprise") == {FIRM: True, SHOP: False}


def test_a_row_that_names_nobody_may_be_any_record(place: Place) -> None:
    """Whom it is about, nobody can tell; so nobody can say that the lake does not have it yet."""
    place.settle()
    place.deliver(JANUARY, accreditation=[{"accreditation_no": "A1"}])
    place.deliver(FEBRUARY, accreditation=[{"enterprise_id": "", "valid_from": "2021-02-30"}])
    with place.lake.snapshot().connect() as con:
        assert attach_ghosts(con, place.lake.snapshot())["accreditation"].adding == frozenset()


def test_rows_that_contradict_each_other_add_nothing(place: Place) -> None:
    place.settle()
    rows = [{"accreditation_no": "A1"}, {"accreditation_no": "A2"}]
    rows.append({"accreditation_no": "A2", "top_level": "高级工"})
    place.deliver(JANUARY, accreditation=rows)
    assert told(place.facts(), "accredited", "enterprise") == {FIRM: None, SHOP: False}


def test_a_row_that_may_be_a_refund_adds_nothing(place: Place) -> None:
    """It takes back what another one paid, so what is recorded is no lower bound."""
    place.settle()
    amounts = ("560", "-560", "多", "")
    rows = [{"month": f"2021-{n:02}", "amount": amount} for n, amount in enumerate(amounts, 1)]
    place.deliver(JANUARY, pension_contribution=rows)
    snapshot = place.lake.snapshot()
    with snapshot.connect() as con:
        added = attach_ghosts(con, snapshot)["pension_contribution"].adding
    assert len(snapshot.waiting.rows) == 4
    assert [row.line for row in snapshot.waiting.rows if row.number in added] == [2]


def test_a_lost_cell_leaves_nothing_settled(place: Place) -> None:
    place.settle()
    rows = [{"accreditation_no": "A1", "valid_to": "2022-02-30"}, {"accreditation_no": "A2"}]
    place.deliver(JANUARY, accreditation=rows)
    assert told(place.facts(), "accredited", "enterprise") == {FIRM: None, SHOP: False}


def test_a_new_row_on_the_way_to_a_fact_leaves_it_open(place: Place) -> None:
    """A contract that waits could make another firm the employer."""
    place.settle()
    place.deliver(JANUARY, accreditation=[{"accreditation_no": "A1"}])
    place.deliver(
        JANUARY, labour_contract=[{"contract_no": "C1"}, {"contract_no": "C2", "monthly_wage": "面议"}]
    )
    facts = place.facts()
    assert told(facts, "employer_accredited") == {ONE: None, TWO: False, THREE: False}
    assert told(facts, "contract_active")[ONE] is None


def test_a_number_is_at_least_what_is_recorded(place: Place) -> None:
    place.settle()
    wrong = {"awarded_on": "去年"}
    rows = [{"honour_no": "H1"}, {"honour_no": "H2", **wrong}, {"honour_no": "H3", "person_id": TWO, **wrong}]
    place.deliver(JANUARY, honour=rows)
    facts = place.facts()
    assert told(facts, "honour_level") == {ONE: (3, None), TWO: (0, None), THREE: (0, 0)}
    assert told(facts, "gold_worker") == {ONE: None, TWO: None, THREE: False}
    # What may be any number is not said to rise.
    assert told(facts, "honours") == {ONE: None, TWO: None, THREE: 0}
    assert open_for(facts, "honour_level") == {ONE, TWO}


def test_a_row_that_breaks_a_rule_about_its_key_may_have_the_wrong_one(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": PERSON_HEADER + f"{ONE},甲,男,1990-03-08,\n{TWO},乙,未知,1990-03-07,\n"})
    snapshot = lake.snapshot()
    with snapshot.connect() as con:
        added = attach_ghosts(con, snapshot)["person"].adding
    assert [row.line for row in snapshot.waiting.rows if row.number in added] == [3]


# Scopes

_BY_TITLE = Covers("register", "title", ("工匠", "金牌工人"))


def test_a_record_counts_while_a_scope_is_missing_and_no_record_means_nothing(place: Place) -> None:
    place = place.covered_by("honour", _BY_TITLE)
    place.settle()
    place.deliver(FEBRUARY, "工匠", honour=[{"honour_no": "H1"}])
    facts = place.facts()
    assert told(facts, "craftsman_level") == {ONE: (3, None), TWO: (0, None), THREE: (0, None)}
    assert set(told(facts, "gold_worker").values()) == {None}
    assert set(told(facts, "honours").values()) == {None}

    place.deliver(FEBRUARY, "金牌工人", honour=[{"honour_no": "H2", "person_id": TWO, "title": "金牌工人"}])
    facts = place.facts()
    assert told(facts, "craftsman_level") == {ONE: (3, 3), TWO: (0, 0), THREE: (0, 0)}
    assert told(facts, "gold_worker") == {ONE: False, TWO: True, THREE: False}
    assert told(facts, "honours") == {ONE: 1, TWO: 1, THREE: 0}


def test_a_scope_that_is_missing_may_take_something_back(place: Place) -> None:
    place = place.covered_by("honour", _BY_TITLE)
    honour = place.pack.contracts["honour"]
    prize = column("prize", "decimal", required=False)
    signed = replace(honour, columns=(*honour.columns, prize))
    place = Place(place.folder, replace(place.pack, contracts={**place.pack.contracts, "honour": signed}))
    place.settle()
    place.deliver(FEBRUARY, "工匠", honour=[{"honour_no": "H1"}])
    assert set(told(place.facts(), "craftsman_level").values()) == {(None, None)}


def test_a_yes_does_not_wait_for_the_other_scopes(place: Place) -> None:
    place = place.covered_by("union_membership", Covers("register", "district_code", ("330114", "330110")))
    place.settle()
    place.deliver(FEBRUARY, "330114", union_membership=[{"membership_no": "M1"}])
    assert told(place.facts(), "union_member") == {ONE: True, TWO: None, THREE: None}
    assert told(place.facts(), "union_months")[ONE] is None


def test_a_fact_that_is_not_said_to_rise_waits_for_every_scope(place: Place) -> None:
    """The firm whose contracts never came may have the one that ended this one."""
    place = place.covered_by("labour_contract", Covers("register", "enterprise_id", (FIRM, SHOP)))
    place.settle()
    place.deliver(FEBRUARY, FIRM, labour_contract=[{"contract_no": "C1"}])
    assert set(told(place.facts(), "contract_active").values()) == {None}


def test_records_of_a_scope_that_is_stale_do_not_count(place: Place) -> None:
    place = place.covered_by("honour", _BY_TITLE)
    place.settle()
    place.deliver(JANUARY, "工匠", honour=[{"honour_no": "H1"}])
    coverage = place.lake.snapshot().coverage.classes["honour"]
    assert coverage.relied_until is None
    assert coverage.partly_until is not None
    stale = coverage.partly_until + timedelta(1)
    for day, level in ((coverage.partly_until, (3, None)), (stale, (None, None))):
        assert told(place.facts(day), "craftsman_level")[ONE] == level


def test_what_was_known_of_some_scopes_is_known_when_looked_at_again(place: Place) -> None:
    """With what is known now, but reckoned to where the decision was: the record was there then, too."""
    place = place.covered_by("honour", _BY_TITLE)
    place.settle()
    place.deliver(JANUARY, "工匠", honour=[{"honour_no": "H1"}])
    then = place.facts()
    place.deliver(FEBRUARY, "金牌工人", honour=[{"honour_no": "H2", "title": "金牌工人", "person_id": TWO}])
    again = place.facts(reckoning=then.reckoning)
    assert told(again, "craftsman_level") == told(then, "craftsman_level")
    assert told(again, "gold_worker") == {ONE: None, TWO: True, THREE: None}
