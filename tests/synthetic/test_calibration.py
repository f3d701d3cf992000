"""The figures of the district come back from its good rows. Tolerances are about three standard errors."""

from collections import Counter
from datetime import date
from math import sqrt

import pytest

from jigong.synthetic.calibration import read_calibration

from .conftest import PACK, District

_HIGH = {"高级工", "技师", "高级技师"}
_RANKS = ["初级工", "中级工", "高级工", "技师", "高级技师"]


def _share(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_nearly_all_workers_hold_a_certificate_and_48_percent_a_high_one(clean: District) -> None:
    highest: dict[str, int] = {}
    for row in clean.rows("skill_certificate"):
        highest[row["person_id"]] = max(highest.get(row["person_id"], 0), _RANKS.index(row["level"]))
    assert len(highest) / len(clean.rows("person")) == pytest.approx(0.985, abs=0.01)
    assert _share([_RANKS[rank] in _HIGH for rank in highest.values()]) == pytest.approx(0.48, abs=0.03)


def test_new_certificates_of_the_last_year(clean: District) -> None:
    new = [row for row in clean.rows("skill_certificate") if row["issued_on"] >= date(2022, 1, 1)]
    assert len({row["person_id"] for row in new}) / len(clean.rows("person")) == pytest.approx(
        0.07845, abs=0.016
    )


def test_household_incomes_lie_in_the_two_bands(clean: District) -> None:
    incomes = [row["disposable_income"] for row in clean.rows("household_income") if row["year"] == 2022]
    assert _share([100_000 <= income <= 500_000 for income in incomes]) == pytest.approx(0.85, abs=0.025)
    assert _share([200_000 <= income <= 600_000 for income in incomes]) == pytest.approx(0.50, abs=0.035)


def test_migrant_children_in_public_schools(clean: District) -> None:
    def public(day: date) -> float:
        return _share(
            [
                row["school_kind"] == "公办"
                for row in clean.rows("child_schooling")
                if row["enrolled_on"] <= day and (row["left_on"] is None or row["left_on"] >= day)
            ]
        )

    assert public(date(2022, 12, 31)) == pytest.approx(0.9645, abs=0.04)
    assert public(date(2022, 6, 1)) == pytest.approx(0.7675, abs=0.09)


def test_enterprises_and_their_people(clean: District) -> None:
    enterprises = clean.rows("enterprise")
    assert len(enterprises) == 17
    assert _share([row["scale"] == "规上" for row in enterprises]) == pytest.approx(682 / 840, abs=0.03)
    assert sum(row["employees"] for row in enterprises) == pytest.approx(6_000, rel=0.15)
    assert len({row["industry"] for row in enterprises}) == 6


def test_seven_childcare_stations_in_one_town(clean: District) -> None:
    linjiang = [row for row in clean.rows("station") if row["town_code"] == "330114006"]
    assert sum(row["kind"] == "婴幼儿成长驿站" for row in linjiang) >= 7


def test_people_live_in_seven_towns(clean: District) -> None:
    towns = Counter(
        row["town_code"] for row in clean.rows("residence_registration") if row["valid_to"] is None
    )
    assert sorted(towns) == [f"33011400{n}" for n in range(1, 8)]
    assert towns["330114006"] / sum(towns.values()) == pytest.approx(0.187, abs=0.03)


def test_members_students_and_trainings(clean: District) -> None:
    workers = len(clean.rows("person"))
    assert len(clean.rows("union_membership")) / workers == pytest.approx(0.72, abs=0.03)
    assert len(clean.rows("degree_enrolment")) / workers == pytest.approx(0.04, abs=0.012)
    trained = [row for row in clean.rows("training_record") if row["completed_on"].year == 2022]
    assert len(trained) / workers == pytest.approx(0.30, abs=0.03)


def test_ages(clean: District) -> None:
    ages = [(date(2023, 1, 1) - row["birth_date"]).days / 365.2425 for row in clean.rows("person")]
    assert min(ages) >= 18
    assert max(ages) < 60


def test_the_occupation_mix_is_the_census_mix() -> None:
    table = read_calibration(PACK / "synthetic").tables["occupation"]
    groups: Counter[str] = Counter()
    for code, weight in zip(table.column("code"), table.column("weight"), strict=True):
        groups[str(code)[:4]] += int(str(weight))
    assert groups["6-29"] == 304_929
    assert groups["6-31"] == 220_241
    assert {"6-31-01-03", "6-11-01-04", "6-29-03-05"} <= set(table.column("code"))
    assert 60 <= len(table.rows) <= 90


def test_an_enterprise_that_certifies_levels_has_agreed_and_pays_what_they_are_worth(large: District) -> None:
    agreed = {row["enterprise_id"] for row in large.rows("collective_agreement")}
    paying = {row["enterprise_id"] for row in large.rows("skill_allowance")}
    certifying = {row["enterprise_id"] for row in large.rows("accreditation")}
    assert certifying < agreed
    assert agreed <= paying
    enterprises = len(large.rows("enterprise"))
    calibration = read_calibration(PACK / "synthetic")
    for name, those in (("agreement", agreed), ("accredited", certifying), ("allowance", paying)):
        share = calibration.number(f"{name}_share")
        bound = 3 * sqrt(share * (1 - share) / enterprises)
        assert len(those) / enterprises == pytest.approx(share, abs=bound), name


def test_even_a_small_district_has_a_start_up_of_skilled_people(clean: District, small: District) -> None:
    for district in (clean, small):
        founded = [row for row in district.rows("enterprise") if "技能人才创业" in (row["tags"] or "")]
        assert founded
        assert all(row["scale"] == "规下" and row["registered_on"].year >= 2021 for row in founded)
