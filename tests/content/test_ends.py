"""What has ended: lives, stays in the district, households, firms. And who follows whom."""

from datetime import date
from pathlib import Path

import pytest
from handmade import District, Facts

from jigong.packs.reader import read_pack

AS_OF = date(2022, 12, 16)
BEFORE = date(2022, 12, 15)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    pack = read_pack(Path(__file__).parents[2] / "packs" / "qiantang")
    district = District(pack.contracts)
    for fill in (_people, _households, _firms):
        fill(district)
    return district.facts(pack, AS_OF, tmp_path_factory.mktemp("facts"))


def _people(district: District) -> None:
    born = {"birth_date": date(1990, 1, 1), "registered_on": date(2012, 1, 1), "household_place": "330114"}
    for id_, ends in (
        ("here", {}),
        ("dies-today", {"died_on": AS_OF}),
        ("dies-tomorrow", {"died_on": date(2022, 12, 17)}),
        ("left", {"departed_on": BEFORE}),
    ):
        district.add("person", person_id=id_, sex="男", **born, **ends)


def test_death_and_departure_hold_from_their_day(facts: Facts) -> None:
    found = {
        id_: facts("worker", id_, "deceased", "departed")
        for id_ in ("here", "dies-today", "dies-tomorrow", "left")
    }
    assert found == {
        "here": (False, False),
        "dies-today": (True, False),
        "dies-tomorrow": (False, False),
        "left": (False, True),
    }


def _households(district: District) -> None:
    for id_ in ("stays", "goes"):
        district.person(id_)
    since, child = date(2015, 5, 1), date(2016, 6, 1)

    def member(household: str, id_: str, relation: str, since: date, until: date | None = None) -> None:
        born = child if relation == "子女" else date(1990, 1, 1)
        district.add("household_member", household_id=household, member_id=id_, relation=relation,
                     birth_date=born, since=since, until=until)  # fmt: skip

    # They divorce: she and the child move into a household of their own.
    member("H-1", "stays", "户主", since)
    member("H-1", "goes", "配偶", since, BEFORE)
    member("H-1", "child", "子女", child, BEFORE)
    member("H-2", "goes", "户主", AS_OF)
    member("H-2", "child", "子女", AS_OF)


def test_after_a_divorce_one_household_counts_one_and_the_other_two(facts: Facts) -> None:
    assert [facts("household", h, "household_members") for h in ("H-1", "H-2")] == [1, 2]
    assert facts("worker", "stays", "household", "household_size", "minor_children") == ("H-1", 1, 0)
    assert facts("worker", "goes", "household", "household_size", "minor_children") == ("H-2", 2, 1)
    assert facts("child", "child", "sex") == "男"


def _firms(district: District) -> None:
    def firm(id_: str, closed: date | None = None, successor: str | None = None) -> None:
        district.add("enterprise", enterprise_id=id_, name=id_, industry="新材料", scale="规上", town_code="330114001",
                     registered_on=date(2010, 1, 1), closed_on=closed, successor_id=successor)  # fmt: skip

    firm("OLD", date(2020, 6, 30), "MIDDLE")
    firm("MIDDLE", date(2022, 11, 15), "NEW")
    firm("NEW")
    firm("OTHER")

    def contract(id_: str, firm: str, begins: date, ends: date | None = None) -> None:
        district.add("labour_contract", person_id=id_, enterprise_id=firm, occupation_code="6-31-01-03",
                     valid_from=begins, valid_to=ends, monthly_wage=8000)  # fmt: skip

    for id_ in ("taken-over", "twice", "returned", "changed"):
        district.person(id_)
    handed_over, follows = date(2022, 11, 15), date(2022, 11, 16)
    contract("taken-over", "MIDDLE", date(2020, 5, 16), handed_over)
    contract("taken-over", "NEW", follows)
    contract("twice", "OLD", date(2018, 12, 16), date(2020, 6, 30))
    contract("twice", "MIDDLE", date(2020, 7, 1), handed_over)
    contract("twice", "NEW", follows)
    # He had left before it was taken over.
    contract("returned", "MIDDLE", date(2019, 1, 1), date(2021, 3, 1))
    contract("returned", "NEW", follows)
    contract("changed", "OTHER", date(2019, 1, 1), handed_over)
    contract("changed", "NEW", follows)
    terms = {"grade": "中级工", "valid_from": date(2021, 1, 1), "valid_to": date(2023, 12, 31)}
    district.add(
        "collective_agreement", enterprise_id="MIDDLE", minimum_wage=6000, skill_allowance=300, **terms
    )
    district.add("accreditation", enterprise_id="OLD", occupation_code="6-31-01-03", top_level="高级工",
                 valid_from=date(2019, 1, 1), valid_to=None)  # fmt: skip
    district.add("skill_certificate", certificate_no="C-1", person_id="twice", occupation_code="6-31-01-03", level="中级工",
                 issued_on=date(2020, 1, 5), issuer_kind="企业", enterprise_id="OLD")  # fmt: skip


def test_the_months_of_a_contract_follow_the_firm(facts: Facts) -> None:
    months = {
        id_: facts("worker", id_, "contract_months") for id_ in ("taken-over", "twice", "returned", "changed")
    }
    assert months == {"taken-over": 31, "twice": 48, "returned": 1, "changed": 1}


def test_certifications_and_agreements_follow_the_firm(facts: Facts) -> None:
    assert facts("worker", "twice", "employer_accredited", "enterprise_certified_rank") == (True, 2)
    assert facts("worker", "twice", "collective_covered", "grade_wage_covered") == (True, True)
    assert facts("skill_certificate", "C-1", "certificate_by_own_enterprise")
    assert facts("enterprise", "NEW", "accredited", "has_grade_wage_agreement", "enterprise_open") == (
        True,
        True,
        True,
    )
    assert not facts("enterprise", "MIDDLE", "enterprise_open")
    assert facts("enterprise", "OTHER", "accredited", "has_grade_wage_agreement") == (False, False)
