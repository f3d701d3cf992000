"""Papers of people: which numbers there can be, and one person with several."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from lake_made import (
    IDS,
    PENSION,
    PERSON,
    Deliver,
    citizen,
    column,
    contract,
    faults,
    pension,
    people,
    records,
)

from jigong.kernel.text import Text
from jigong.lake import Lake
from jigong.lake.ghosts import attach_ghosts
from jigong.lake.identifiers import valid
from jigong.packs.contract import RowRule

HMT = citizen(1).replace("100000", "810000")


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("810000199408230021", True),
        ("810000199408230022", False),
        ("911124198108030024", True),
        ("USA110081080301", True),
        ("H12345678", True),
        ("M1234567890", True),
        ("12345678", True),
        ("1234567890B", True),
        ("E12345678", True),
        ("EA1234567", True),
        ("330114900307123", False),
        ("33011419900307123", False),
        ("未知", False),
    ],
)
def test_numbers_of_papers(number: str, right: bool) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"SELECT {valid('person', '$1')}", [number]).fetchall() == [(right,)]


@pytest.fixture
def linked(tmp_path: Path) -> Lake:
    """A lake in which a person may have several numbers."""
    number = [replace(c, identifier="person") if c.name == "person_id" else c for c in PERSON.columns]
    main = column("main_id", zh="主证件号码", required=False, identifier="person")
    person = replace(PERSON, columns=(*number, main), main="main_id", row_rules=())
    paid = [replace(c, identifier="person") if c.name == "person_id" else c for c in PENSION.columns]
    family = contract(
        "family", "家庭", [column("member", identifier="person"), column("since", "date")],
        key=("member",), time=("date", "since"),
    )  # fmt: skip
    contracts = {c.name: c for c in (person, replace(PENSION, columns=tuple(paid)), family)}
    return Lake(tmp_path / "linked", contracts)


def test_what_names_another_number_of_somebody_names_the_person(linked: Lake, deliver: Deliver) -> None:
    header = "公民身份号码,姓名,性别,出生日期,手机号,主证件号码\n"
    both = f"{IDS[0]},示例甲,男,1990-03-07,,\nE12345678,SHILI JIA,男,1990-03-07,,{IDS[0]}\n"
    paid = "公民身份号码,所属月份,缴费基数,缴费金额,到账日期,累计缴费月数\n"
    report = deliver(
        {
            "person.csv": header + both,
            "pension_contribution.csv": paid + pension("E12345678") + pension(IDS[0], "2023-02"),
            "family.csv": "member,since\nE12345678,2023-01-01\n",
        },
        into=linked,
    )
    assert (report.accepted, report.quarantined) == (5, 0)
    assert records(linked, "SELECT person_id FROM person") == [(IDS[0],)]
    assert records(linked, "SELECT DISTINCT person_id FROM pension_contribution") == [(IDS[0],)]
    assert records(linked, "SELECT member FROM family") == [(IDS[0],)]


def test_a_link_that_comes_later_leads_what_came_before(linked: Lake, deliver: Deliver) -> None:
    header = "公民身份号码,姓名,性别,出生日期,手机号,主证件号码\n"
    one = f"{IDS[0]},示例甲,男,1990-03-07,,\n"
    deliver({"person.csv": header + one + "E12345678,SHILI JIA,男,1990-03-07,,\n",
             "family.csv": "member,since\nE12345678,2023-01-01\n"}, into=linked)  # fmt: skip
    assert records(linked, "SELECT member FROM family") == [("E12345678",)]
    later = header + f"E12345678,SHILI JIA,男,1990-03-07,,{IDS[0]}\n"
    deliver({"person.csv": later}, known_on=date(2024, 1, 2), into=linked)
    assert records(linked, "SELECT member FROM family") == [(IDS[0],)]
    assert records(linked, "SELECT member FROM family", known_on=date(2024, 1, 1)) == [("E12345678",)]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_row_that_waits_under_another_number_is_the_persons(
    linked: Lake, deliver: Deliver, recorded: bool
) -> None:
    """Also while the link itself waits, since it may come in."""
    header = "公民身份号码,姓名,性别,出生日期,手机号,主证件号码\n"
    link = f"E12345678,SHILI JIA,{'男' if recorded else '未知'},1990-03-07,,{IDS[0]}\n"
    paid = "公民身份号码,所属月份,缴费基数,缴费金额,到账日期,累计缴费月数\n"
    deliver(
        {
            "person.csv": header + f"{IDS[0]},示例甲,男,1990-03-07,,\n" + link,
            "pension_contribution.csv": paid + pension("E12345678", amount="很多"),
        },
        into=linked,
    )
    snapshot = linked.snapshot()
    with snapshot.connect() as con:
        ghosts = attach_ghosts(con, snapshot)["pension_contribution"]
        found = con.execute('SELECT person_id FROM "ghost pension_contribution"').fetchall()
        assert (len(ghosts.cells), ghosts.nameless) == (1, frozenset())
    assert {person for (person,) in found} == ({IDS[0]} if recorded else {IDS[0], "E12345678"})


def test_a_row_that_breaks_a_rule_which_only_warns_is_in(tmp_path: Path, deliver: Deliver) -> None:
    rule = RowRule(
        "sex_agrees", "(substr(person_id, 17, 1)::INTEGER % 2 = 1) = (sex = '男')", Text("性别", "sex"), True
    )
    lake = Lake(tmp_path / "warned", {"person": replace(PERSON, row_rules=(rule,))})
    report = deliver({"person.csv": people(IDS[0], IDS[1])}, into=lake)
    assert (report.accepted, faults(lake)) == (2, [])
    assert [(one.name, one.rule, one.rows, one.lines) for one in report.doubtful] == [
        ("person.csv", "sex_agrees", 1, (2,))
    ]
