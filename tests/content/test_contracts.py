"""The 48 contracts of the Qiantang pack are complete and consistent, and good ODCS."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from jigong.packs.contract import Contract, read_contracts
from jigong.packs.contract_types import AHEAD_MONTHS

FOLDER = Path(__file__).parents[2] / "packs" / "qiantang" / "contracts"
GROUPS = {
    "公安民政教育卫生": (
        "person",
        "residence_registration",
        "household_member",
        "vehicle",
        "child_schooling",
        "childcare_enrolment",
        "academic_credential",
        "degree_enrolment",
    ),
    "就业与薪酬": (
        "labour_contract",
        "employment_registration",
        "wage_payment",
        "household_income",
        "skill_allowance",
        "collective_agreement",
        "labour_dispute",
        "wage_arrears",
        "flexible_work",
    ),
    "保险与公积金": (
        "pension_contribution",
        "medical_contribution",
        "injury_contribution",
        "unemployment_contribution",
        "housing_fund_deposit",
        "injury_case",
    ),
    "技能": (
        "skill_certificate",
        "professional_title",
        "appointed_post",
        "accreditation",
        "exam_registration",
        "training_record",
        "competition_result",
        "mentorship",
    ),
    "贡献与认可": (
        "honour",
        "innovation_result",
        "patent",
        "innovation_studio",
        "operation_method",
        "enterprise_visit",
        "party_membership",
        "union_membership",
        "volunteering",
        "frontline_service",
    ),
    "住房与关爱": (
        "public_rental_lease",
        "shared_ownership_home",
        "recuperation",
        "hardship_case",
        "station",
    ),
    "企业与市场": ("enterprise", "vacancy"),
}
CLASSES = [name for names in GROUPS.values() for name in names]
GROUP_SIZES = [8, 9, 6, 8, 10, 5, 2]


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return read_contracts(FOLDER)


def test_the_48_classes_are_there_in_the_order_of_their_numbers(contracts: dict[str, Contract]) -> None:
    assert list(contracts) == CLASSES
    assert [contract.number for contract in contracts.values()] == list(range(1, 49))


def test_the_classes_stand_in_their_groups(contracts: dict[str, Contract]) -> None:
    found: dict[str, tuple[str, ...]] = {}
    for contract in contracts.values():
        found[contract.group.zh] = (*found.get(contract.group.zh, ()), contract.name)
    assert found == GROUPS
    assert [len(names) for names in found.values()] == GROUP_SIZES
    assert len({contract.group for contract in contracts.values()}) == len(GROUPS)


def test_every_reference_points_at_the_key_of_its_class(contracts: dict[str, Contract]) -> None:
    references = {c.reference for contract in contracts.values() for c in contract.columns if c.reference}
    assert references == {
        ("person", "person_id"),
        ("enterprise", "enterprise_id"),
        ("station", "station_no"),
    }
    for name, column in references:
        assert contracts[name].key == (column,)


def test_citizen_numbers_pay_health_and_hardship_are_sensitive(contracts: dict[str, Contract]) -> None:
    for contract in contracts.values():
        for column in contract.columns:
            if column.identifier == "person":
                assert column.classification == "sensitive", (contract.name, column.name)
    for name, column_name in (
        ("wage_payment", "net"),
        ("household_income", "disposable_income"),
        ("injury_case", "grade"),
        ("hardship_case", "kind"),
    ):
        assert contracts[name].column(column_name).classification == "sensitive"


def test_no_period_may_end_before_it_begins(contracts: dict[str, Contract]) -> None:
    periods = [contract for contract in contracts.values() if contract.valid_time.kind == "period"]
    assert periods
    for contract in periods:
        time_ = contract.valid_time
        assert f"{time_.end} >= {time_.start}" in [rule.sql for rule in contract.row_rules], contract.name


@pytest.fixture(scope="module")
def lint() -> Iterator[Callable[[Path], list[Any]]]:
    """``datacontract lint`` in this process: the checks of a file that did not pass."""
    from datacontract.data_contract import DataContract  # slow to import, and only needed here

    def run(file: Path) -> list[Any]:
        checks = DataContract(data_contract_file=str(file)).lint().checks
        assert checks
        return [check for check in checks if check.result != "passed"]

    run(FOLDER / "person.yaml")
    with pytest.MonkeyPatch.context() as patch:
        # The linter checks the standard's own schema anew for every file, nine tenths of its time; once is enough.
        patch.setattr(Draft201909Validator, "check_schema", lambda *_, **__: None)
        yield run


@pytest.mark.parametrize("name", CLASSES)
def test_the_standards_own_linter_accepts_the_contract(name: str, lint: Callable[[Path], list[Any]]) -> None:
    assert lint(FOLDER / f"{name}.yaml") == []


def test_the_standards_own_linter_would_refuse_a_wrong_one(
    tmp_path: Path, lint: Callable[[Path], list[Any]]
) -> None:
    file = tmp_path / "person.yaml"
    text = (FOLDER / "person.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("logicalType: string", "logicalType: text"), encoding="utf-8")
    assert lint(file)


def test_a_composite_key_follows_its_positions(contracts: dict[str, Contract]) -> None:
    assert contracts["wage_payment"].key == ("person_id", "enterprise_id", "month", "paid_on")


def test_every_contract_says_what_its_deliveries_cover_and_who_owns_it(
    contracts: dict[str, Contract],
) -> None:
    for contract in contracts.values():
        text = contract.file.read_text(encoding="utf-8")
        assert text.count("{property: coverage, ") == 1, contract.name
        assert text.count("{property: owner, value: department}") == 1, contract.name


def test_only_the_platform_knows_who_won_its_draw_and_what_a_car_is_to_its_owner(
    contracts: dict[str, Contract],
) -> None:
    owned = [(c.name, column.name) for c in contracts.values() for column in c.columns if column.owner]
    car = [("vehicle", name) for name in ("price", "made_in_qiantang", "first_car")]
    assert owned == [*car, ("degree_enrolment", "lottery_won")]
    assert contracts["degree_enrolment"].column("lottery_won").owner == "platform"


def test_every_day_has_happened_or_has_a_bound_of_its_own(contracts: dict[str, Contract]) -> None:
    """The bounds that hold where nothing is said are so wide that they only stop nonsense."""
    for contract in contracts.values():
        kinds = {column.name: column.kind for column in contract.columns if column.kind in AHEAD_MONTHS}
        assert set(contract.happened) | set(contract.ahead) == set(kinds), contract.name
        for name, months in contract.ahead.items():
            assert months < AHEAD_MONTHS[kinds[name]], (contract.name, name)


def test_the_end_of_a_period_may_be_announced(contracts: dict[str, Contract]) -> None:
    """But for a household: that somebody has left it is known afterwards."""
    for contract in contracts.values():
        assert contract.name == "household_member" or contract.valid_time.end not in contract.happened, (
            contract.name
        )
