"""The pack's facts where they are easiest to get wrong: birthdays, revoked honours, moments, missing records."""

from datetime import date
from pathlib import Path

import pytest
from handmade import District, Facts

from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

AS_OF = date(2022, 12, 16)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(Path(__file__).parents[2] / "packs" / "qiantang")


@pytest.fixture(scope="module")
def facts(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """One district for all tests of this module: each test has people of its own."""
    district = District(pack.contracts)
    for fill in (_ages, _honours, _registers, _skills, _homes_and_pay, _households, _children):
        fill(district)
    return district.facts(pack, AS_OF, tmp_path_factory.mktemp("facts"))


def _ages(district: District) -> None:
    district.person("birthday", date(1976, 12, 16))
    district.person("day-before", date(1976, 12, 17))
    for id_, graduated in (("leap-28", date(2022, 2, 28)), ("leap-1", date(2022, 3, 1))):
        district.person(id_, date(2004, 2, 29))
        district.studies(id_, graduated)


def test_age_is_completed_on_the_birthday(facts: Facts) -> None:
    assert facts("worker", "day-before", "age") == 45
    assert facts("worker", "birthday", "age") == 46


def test_a_child_of_29_february_comes_of_age_on_1_march(facts: Facts) -> None:
    assert facts("degree_enrolment", "E-leap-28", "age") == 17
    assert facts("degree_enrolment", "E-leap-1", "age") == 18


def _honours(district: District) -> None:
    def honour(
        id_: str, title: str, level: str | None, awarded: date, revoked: date | None = None, no: str = ""
    ) -> None:
        number = {"honour_no": no} if no else {}
        district.add("honour", **number, person_id=id_, title=title, level=level, awarded_on=awarded, revoked_on=revoked)  # fmt: skip

    for id_ in (
        "plain",
        "revoked",
        "revoked-later",
        "no-level",
        "moot",
        "after",
        "pair",
        "doubt",
        "nominee",
        "deputy",
    ):
        district.person(id_)
    day = date(2022, 3, 1)
    honour("revoked", "工匠", "省", day, AS_OF)
    honour("revoked", "工匠", "单位", day)
    honour("revoked-later", "工匠", "市", day, date(2022, 12, 17))
    honour("no-level", "工匠", "区", day)
    honour("no-level", "工匠", None, day)
    honour("no-level", "劳动模范", "市", day)
    honour("moot", "五一劳动奖章", "国家", day)
    honour("moot", "五一劳动奖章", None, day)
    honour("after", "工匠", "区", date(2022, 7, 2))
    district.studies("after", date(2022, 7, 1))
    honour("pair", "工匠", "区", day, no="P-1")
    honour("pair", "工匠", "市", day, no="P-2")
    honour("pair", "工匠", "市", date(2021, 3, 1), no="P-3")
    honour("doubt", "工匠", "区", day, no="D-1")
    district.add("honour", honour_no="D-2", person_id="doubt", talent="高层次人才", awarded_on=day)
    honour("deputy", "工匠", "区", day, no="B-1")
    district.add("honour", honour_no="A-1", person_id="deputy", deputy="人大代表", level="市", awarded_on=day)
    honour("nominee", "钱塘工匠提名奖", None, day)


def test_a_revoked_honour_no_longer_counts_from_the_day_it_is_revoked(facts: Facts) -> None:
    assert facts("worker", "revoked", "craftsman_level", "honours") == (1, 1)
    assert facts("worker", "revoked-later", "craftsman_level", "honours") == (3, 1)


def test_no_honour_is_level_zero(facts: Facts) -> None:
    assert facts("worker", "plain", "craftsman_level", "honour_level", "gold_worker") == (0, 0, False)


def test_a_missing_level_makes_only_its_own_title_unknown(facts: Facts) -> None:
    assert facts("worker", "no-level", "craftsman_level", "model_worker_level") == (None, 3)
    assert facts("worker", "no-level", "honour_level", "honours") == (None, 3)


def test_a_missing_level_beside_the_highest_of_all_is_moot(facts: Facts) -> None:
    assert facts("worker", "moot", "may1_medal_level", "honour_level") == (5, 5)


def test_a_title_awarded_without_level_leaves_the_highest_level_known(facts: Facts) -> None:
    assert facts("worker", "doubt", "honour_level", "high_level_talent") == (2, True)
    assert facts("worker", "nominee", "honour_level", "nominated_craftsman") == (2, True)


def test_an_honour_after_graduation_does_not_count_before_it(facts: Facts) -> None:
    assert facts("degree_enrolment", "E-after", "craftsman_level") == 0
    assert facts("worker", "after", "craftsman_level") == 2


def test_only_the_highest_honour_of_a_year_is_the_highest(facts: Facts) -> None:
    assert [facts("honour", key, "honour_is_highest") for key in ("P-1", "P-2", "P-3")] == [False, True, True]
    assert facts("honour", "D-1", "honour_is_highest"), "a category of talent is no honour"


def test_a_deputys_seat_is_no_honour_and_takes_none_away(facts: Facts) -> None:
    assert facts("honour", "B-1", "honour_is_highest")
    assert facts("worker", "deputy", "honours", "honour_level", "representative") == (1, 2, True)


def _registers(district: District) -> None:
    for id_ in (
        "member",
        "other-district",
        "leaves-today",
        "left",
        "moved",
        "stayed",
        "contract-today",
        "contract-past",
    ):
        district.person(id_)
    union = {"union_name": "工会", "joined_on": date(2022, 1, 16)}
    district.add("union_membership", person_id="member", district_code="330114", **union)
    district.add("union_membership", person_id="other-district", district_code="330105", **union)
    district.add("union_membership", person_id="leaves-today", district_code="330114", left_on=AS_OF, **union)
    district.add(
        "union_membership", person_id="left", district_code="330114", left_on=date(2022, 12, 15), **union
    )
    for id_, second in (("stayed", date(2022, 1, 1)), ("moved", date(2022, 1, 2))):
        for first, last in ((date(2021, 1, 1), date(2021, 12, 31)), (second, date(2023, 1, 1))):
            district.add("residence_registration", person_id=id_, town_code="330114002", valid_from=first, valid_to=last)  # fmt: skip
    for id_, last in (("contract-today", AS_OF), ("contract-past", date(2022, 12, 15))):
        district.add("labour_contract", person_id=id_, enterprise_id="F", occupation_code="6-31-01-03", valid_from=date(2020, 12, 31), valid_to=last)  # fmt: skip
    district.person("clerk", place="330114")
    district.add("labour_contract", person_id="clerk", enterprise_id="F", occupation_code="4-07-01-01", valid_from=date(2022, 12, 1))  # fmt: skip


def test_union_members_belong_to_the_district_until_their_last_day(facts: Facts) -> None:
    found = {id_: facts("worker", id_, "union_member") for id_ in ("member", "other-district", "leaves-today", "left", "moved")}  # fmt: skip
    assert found == {
        "member": True,
        "other-district": False,
        "leaves-today": True,
        "left": False,
        "moved": False,
    }
    assert facts("worker", "member", "union_months") == 11


def test_residence_is_unbroken_when_one_registration_follows_the_other(facts: Facts) -> None:
    assert facts("worker", "stayed", "resident", "resident_months", "residence_years") == (True, 23, 1)
    assert facts("worker", "moved", "resident", "resident_months", "town") == (True, 11, "330114002")
    assert facts("worker", "left", "resident", "resident_months", "town") == (False, 0, None)
    assert facts("worker", "clerk", "resident", "local_hukou", "resident_months") == (True, True, 131)


def test_a_contract_holds_on_its_last_day_and_names_the_occupation(facts: Facts) -> None:
    names = ("contract_active", "industrial_worker", "employed", "employed_year_ago")
    assert facts("worker", "contract-today", *names) == (True, True, True, True)
    assert facts("worker", "contract-past", *names) == (False, False, False, True)
    assert facts("worker", "clerk", *names) == (True, False, True, False)


def test_months_count_completed_months_only(facts: Facts) -> None:
    assert facts("worker", "contract-today", "contract_months", "contract_remaining_months") == (23, 0)
    assert facts("worker", "clerk", "contract_remaining_months") == 9999


def _skills(district: District) -> None:
    def certificate(id_: str, level: str, issued: date, occupation: str = "6-31-01-03", no: str = "") -> None:
        district.add("skill_certificate", certificate_no=no or f"C-{id_}-{level}-{issued}", person_id=id_, occupation_code=occupation, level=level, issued_on=issued, issuer_kind="院校")  # fmt: skip

    for id_ in ("climber", "twice", "winner"):
        district.person(id_)
    certificate("climber", "技师", date(2022, 7, 1))
    certificate("climber", "高级技师", date(2022, 7, 2))
    district.studies("climber", date(2022, 7, 1))
    certificate("twice", "中级工", date(2021, 5, 1), no="T-1")
    certificate("twice", "中级工", date(2022, 5, 1), no="T-2")
    certificate("twice", "中级工", date(2022, 6, 1), "6-29-03-05", no="T-3")
    for place, held_on, no in (
        (2, date(2022, 5, 1), "R-1"),
        (1, date(2022, 9, 1), "R-2"),
        (1, date(2021, 9, 1), "R-3"),
    ):
        district.add("competition_result", result_no=no, person_id="winner", contest="钳工", level="区", place=place, held_on=held_on)  # fmt: skip
    district.add("competition_result", result_no="R-4", person_id="winner", contest="焊工", level="国家", place=11, held_on=date(2022, 9, 1))  # fmt: skip


def test_the_rank_is_the_highest_issued_by_the_day(facts: Facts) -> None:
    assert facts("degree_enrolment", "E-climber", "certificate_rank") == 4
    assert facts("worker", "climber", "certificate_rank", "certificate_months") == (5, 5)
    assert facts("worker", "birthday", "certificate_rank", "certificate_occupation") == (0, None)


def test_a_certificate_is_new_once_per_occupation_and_level(facts: Facts) -> None:
    names = ("certificate_first", "certificate_place_in_year", "certificate_since")
    assert facts("skill_certificate", "T-1", *names) == (True, 1, 20), "a month begun counts"
    assert facts("skill_certificate", "T-2", *names) == (False, 1, 8)
    assert facts("skill_certificate", "T-3", *names) == (True, 2, 7)


def test_contests_count_the_best_result_of_a_year_and_places_that_earn_points(facts: Facts) -> None:
    best = [facts("competition_result", key, "contest_is_best") for key in ("R-1", "R-2", "R-3", "R-4")]
    assert best == [False, True, True, True]
    assert facts("worker", "winner", "contest_level", "contest_best_place", "contests_last_year") == (2, 1, 3)


def _homes_and_pay(district: District) -> None:
    for id_, paid in (("paid-6", 6), ("paid-5", 5)):
        district.person(id_)
        for month in range(paid):
            district.add("wage_payment", person_id=id_, enterprise_id="F", month=date(2022, 11 - month, 1), gross=8000, net=7000)  # fmt: skip
        district.add(
            "wage_payment", person_id=id_, enterprise_id="F", month=date(2022, 12, 1), gross=99000, net=9000
        )
        district.add(
            "wage_payment", person_id=id_, enterprise_id="F", month=date(2021, 11, 1), gross=99000, net=9000
        )
    district.person("tenant")
    district.add("public_rental_lease", person_id="tenant", kind="专项租赁", monthly_rent=700, valid_from=date(2022, 1, 1))  # fmt: skip


def test_pay_is_scaled_to_a_year_from_six_months_on(facts: Facts) -> None:
    assert facts("worker", "paid-6", "annual_pay", "paid_months") == (96000, 6)
    assert facts("worker", "paid-5", "annual_pay", "paid_months") == (None, 5)
    assert facts("worker", "tenant", "annual_pay", "paid_months") == (None, 0)


def test_a_lease_without_market_rent_is_not_a_market_rent_of_zero(facts: Facts) -> None:
    assert facts("worker", "tenant", "lease_kind", "lease_market_rent") == ("专项租赁", None)
    assert facts("worker", "paid-6", "lease_kind", "lease_market_rent") == ("无", 0)


def _households(district: District) -> None:
    for household, head in (("H-1", "head"), ("H-2", "silent"), ("H-3", "old-news")):
        district.person(head)
        district.add("household_member", household_id=household, member_id=head, relation="户主", birth_date=date(1985, 1, 1), since=date(2015, 1, 1))  # fmt: skip
    district.add("household_member", household_id="H-1", member_id="kid", relation="子女", birth_date=date(2019, 12, 17), since=date(2020, 1, 1))  # fmt: skip
    district.add("skill_certificate", certificate_no="C-head", person_id="head", occupation_code="6-31-01-03", level="初级工", issued_on=date(2020, 1, 1), issuer_kind="院校")  # fmt: skip
    for household, year, income, reported in (
        ("H-1", 2020, 900000, date(2021, 3, 1)),
        ("H-1", 2021, 100000, date(2022, 3, 1)),
        ("H-1", 2022, 700000, date(2022, 12, 17)),
        ("H-3", 2019, 300000, date(2020, 3, 1)),
    ):
        district.add("household_income", household_id=household, year=year, disposable_income=income, reported_on=reported)  # fmt: skip


def test_household_income_is_the_newest_reported_by_the_day(facts: Facts) -> None:
    assert facts("household", "H-1", "household_disposable_income", "household_skilled", "household_members") == (100000, True, 2)  # fmt: skip
    assert facts("worker", "head", "household", "household_income", "household_income_per_head") == ("H-1", 100000, 50000)  # fmt: skip


def test_a_household_that_did_not_report_is_not_known_rather_than_poor(facts: Facts) -> None:
    assert facts("household", "H-2", "household_disposable_income", "household_skilled") == (None, False)
    assert facts("household", "H-3", "household_disposable_income") is None
    assert facts("worker", "silent", "household_income") is None
    assert facts("worker", "birthday", "household", "household_size", "minor_children") == (None, None, None)


def _children(district: District) -> None:
    district.person("guardian")
    pupil = "33019920150901" + "1234"
    district.add("child_schooling", child_id=pupil, guardian_id="guardian", school_kind="公办", enrolled_on=date(2021, 9, 1))  # fmt: skip


def test_a_child_is_found_in_the_household_or_at_school(facts: Facts) -> None:
    names = ("child_age", "child_age_months", "child_in_public_school")
    assert facts("child", "kid", *names) == (2, 35, False)
    assert facts("child", "330199201509011234", *names) == (7, 87, True)
    assert facts("worker", "head", "minor_children", "children_under_3", "family_here") == (1, 1, True)
    assert facts("worker", "guardian", "family_here") is True
