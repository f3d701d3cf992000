"""Insured months: what makes a streak, what breaks it, and what is not known."""

from datetime import date
from pathlib import Path

import pytest
from handmade import FOUR, District, Facts

from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

AS_OF = date(2022, 12, 16)
JAN, JUN, NOV = date(2022, 1, 1), date(2022, 6, 1), date(2022, 11, 1)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(Path(__file__).parents[2] / "packs" / "qiantang")


@pytest.fixture(scope="module")
def facts(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    district = District(pack.contracts)
    _insurance(district)
    return district.facts(pack, AS_OF, tmp_path_factory.mktemp("facts"))


def _insurance(district: District) -> None:
    people = [
        "two-firms",
        "refunded",
        "partly",
        "six",
        "gap",
        "one-short",
        "stopped",
        "december",
        "late-ok",
        "late-bad",
        "none",
        "graduate",
    ]
    for id_ in [*people, "ancient", "total", "long"]:
        district.person(id_)
    district.insured("long", date(2015, 1, 1), NOV)
    district.insured("six", JUN, NOV)
    for id_ in ("two-firms", "refunded", "partly"):
        district.insured(id_, JUN, NOV)
    for kind in FOUR:
        # Another employer for October; and money given back for August, all of it and some.
        for place, (id_, month, amount) in enumerate(
            [
                ("two-firms", 10, 500),
                ("refunded", 8, 500),
                ("refunded", 8, -500),
                ("partly", 8, 500),
                ("partly", 8, -100),
            ]
        ):
            district.contribution(
                kind, id_, date(2022, month, 1), amount=amount, paid_on=date(2022, month, 20 + place)
            )
    district.insured("gap", JAN, NOV, but=[date(2022, 8, 1)])
    district.insured("one-short", JAN, NOV, but=[date(2022, 9, 1)])
    for kind in ("pension", "medical", "unemployment"):
        district.contribution(kind, "one-short", date(2022, 9, 1))
    district.insured("stopped", JAN, date(2022, 10, 1))
    district.insured("december", JUN, date(2022, 12, 1))
    for id_, paid_on in (("late-ok", date(2022, 11, 30)), ("late-bad", date(2022, 12, 1))):
        district.insured(id_, JUN, NOV, but=[date(2022, 8, 1)])
        for kind in FOUR:
            district.contribution(kind, id_, date(2022, 8, 1), paid_on)
    district.insured("graduate", JAN, JUN)
    district.studies("graduate", date(2022, 7, 1))
    district.studies("ancient", date(2014, 12, 31))
    for month, cumulative in ((9, 38), (10, 39), (11, 40)):
        district.contribution("unemployment", "total", date(2022, month, 1), cumulative_months=cumulative)
    district.studies("total", date(2022, 10, 20))


@pytest.mark.parametrize(
    ("worker", "streak"),
    [
        ("six", 6),
        ("two-firms", 6),
        ("refunded", 3),
        ("partly", 6),
        ("gap", 3),
        ("one-short", 2),
        ("stopped", 0),
        ("december", 6),
        ("late-ok", 6),
        ("late-bad", 3),
        ("none", 0),
    ],
)
def test_the_streak_ends_in_the_month_before_and_counts_all_four_insurances_paid_in_time(
    facts: Facts, worker: str, streak: int
) -> None:
    assert facts("worker", worker, "insured_streak_months") == streak
    assert facts("worker", worker, "insured_last_month") is (streak > 0)


def test_a_streak_that_reaches_the_first_month_is_at_least_so_long(facts: Facts) -> None:
    names = [f"insured_streak_months{end}" for end in ("", " least", " most")]
    assert facts("worker", "long", *names) == (None, 95, None)


def test_a_streak_that_broke_since_still_holds_on_the_day_of_graduation(facts: Facts) -> None:
    assert facts("worker", "graduate", "insured_streak_months") == 0
    assert facts("degree_enrolment", "E-graduate", "insured_streak_months", "graduated") == (6, True)


def test_before_the_first_month_ever_delivered_nothing_is_known(facts: Facts) -> None:
    assert facts("degree_enrolment", "E-ancient", "insured_streak_months", "unemployment_months") == (
        None,
        None,
    )
    assert facts("worker", "ancient", "insured_streak_months") == 0


def test_months_in_all_follow_the_reported_total_and_count_late_payments(facts: Facts) -> None:
    assert facts("worker", "total", "unemployment_months") == 40
    assert facts("degree_enrolment", "E-total", "unemployment_months") == 38
    # Without a total nobody knows what was paid before the first month that is in.
    names = [f"unemployment_months{end}" for end in ("", " least", " most")]
    assert facts("worker", "late-bad", *names) == (None, 6, None)
    assert facts("worker", "none", *names) == (None, 0, None)


def test_data_that_never_came_or_is_stale_is_missing_not_no(pack: Pack, tmp_path: Path) -> None:
    district = District(pack.contracts)
    _insurance(district)
    found = district.facts(
        pack, AS_OF, tmp_path, coverage={"union_membership": None, "medical_contribution": date(2022, 8, 31)}
    )
    assert found("worker", "six", "union_member", "insured_streak_months") == (None, None)
    assert found("worker", "six", "unemployment_months least", "party_member") == (6, False)
    assert found("degree_enrolment", "E-graduate", "insured_streak_months") == 6
