"""A contract says what a delivery covers, who owns the class, and which days have happened; or a default holds."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.packs.contract_made import GOOD, broken, check_faults

from jigong.packs.contract import Contract, Covers, read_contract

END = "  - {property: delivery, value: {format: csv, encoding: gb18030}}\n"
PERIOD = "{kind: period, from: valid_from, to: valid_to}"
RENT = "description: Rent\n        logicalType: number\n        physicalType: DECIMAL(12,2)\n"
RENT += "        logicalTypeOptions: {minimum: 0.10, exclusiveMaximum: 9000}"


def read(folder: Path, more: str = "", *changes: tuple[str, str]) -> Contract:
    """The good contract with further properties, and with changes."""
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "lease.yaml"
    file.write_text(text + more, encoding="utf-8")
    return read_contract(file)


MONTHLY = (
    (
        RENT,
        "description: Month\n        logicalType: date\n        physicalType: month\n        required: true",
    ),
    (PERIOD, "{kind: month, from: rent}"),
    ("  - {property: noOverlap, value: [kind]}\n", ""),
)


def test_a_contract_that_says_nothing_is_a_departments_register(tmp_path: Path) -> None:
    contract = read(tmp_path)
    assert contract.covers == Covers(kind="register", by=None, scopes=(), dense=Decimal("0.5"))
    assert contract.owner == "department"
    assert contract.happened == ()
    assert contract.ahead == {"valid_from": 1200, "valid_to": 1200}
    assert {column.owner for column in contract.columns} == {None}


def test_a_class_of_months_covers_months_and_its_months_lie_two_years_ahead_at_most(tmp_path: Path) -> None:
    contract = read(tmp_path, "", *MONTHLY)
    assert contract.covers == Covers("months")
    assert contract.ahead == {"rent": 24, "valid_from": 1200, "valid_to": 1200}


def test_a_share_of_the_fullest_month_can_be_given(tmp_path: Path) -> None:
    more = "  - {property: coverage, value: {kind: months, dense: 0.2}}\n"
    assert read(tmp_path, more, *MONTHLY).covers == Covers("months", dense=Decimal("0.2"))
    more = "  - {property: coverage, value: {kind: months, dense: 1}}\n"
    assert read(tmp_path, more, *MONTHLY).covers.dense == 1


@pytest.mark.parametrize(
    ("value", "scopes"),
    [
        ("{kind: changes, by: kind}", ("公租房", "保租房")),
        ("{kind: changes, by: kind, scopes: [保租房]}", ("保租房",)),
    ],
    ids=["those of the enum", "fewer"],
)
def test_scopes_are_the_values_of_the_column_unless_listed(
    tmp_path: Path, value: str, scopes: tuple[str, ...]
) -> None:
    contract = read(tmp_path, f"  - {{property: coverage, value: {value}}}\n")
    assert contract.covers == Covers("changes", "kind", scopes)


def test_scopes_of_a_column_without_an_enum_are_listed(tmp_path: Path) -> None:
    more = "  - {property: coverage, value: {kind: register, by: lease_no, scopes: ['1', '2']}}\n"
    assert read(tmp_path, more).covers == Covers("register", "lease_no", ("1", "2"))


def test_what_has_happened_has_no_bound_and_every_other_day_has_one(tmp_path: Path) -> None:
    more = "  - {property: happened, value: [valid_from]}\n  - {property: ahead, value: {valid_to: 0}}\n"
    contract = read(tmp_path, more)
    assert contract.happened == ("valid_from",)
    assert contract.ahead == {"valid_to": 0}


def test_a_class_and_a_column_may_have_different_owners(tmp_path: Path) -> None:
    column = "description: Rent\n        customProperties: [{property: owner, value: platform}]"
    contract = read(tmp_path, "  - {property: owner, value: enterprise}\n", ("description: Rent", column))
    assert contract.owner == "enterprise"
    assert contract.column("rent").owner == "platform"
    assert contract.column("kind").owner is None


def test_contracts_can_still_be_told_apart_by_hash(tmp_path: Path) -> None:
    assert len({read(tmp_path), read(tmp_path)}) == 1


WRONG = {
    "coverage that is no mapping": ("coverage", "register", "write {kind: register}"),
    "coverage without kind": ("coverage", "{by: kind}", "write {kind: register}"),
    "unknown kind of coverage": ("coverage", "{kind: registre}", "write {kind: register}"),
    "unknown part of coverage": ("coverage", "{kind: register, bye: kind}", "did you mean “by”"),
    "months of a class of periods": ("coverage", "{kind: months}", "write kind: register or kind: changes"),
    "dense of a register": ("coverage", "{kind: register, dense: 0.5}", "delete dense"),
    "unknown column of scopes": ("coverage", "{kind: register, by: kindd}", "did you mean “kind”"),
    "column of scopes that is no text": (
        "coverage",
        "{kind: register, by: valid_from, scopes: [a]}",
        "or take another column",
    ),
    "scopes not listed": ("coverage", "{kind: register, by: lease_no}", "write scopes: [a, b]"),
    "no scope listed": ("coverage", "{kind: register, by: lease_no, scopes: []}", "write scopes: [a, b]"),
    "scopes that are no texts": ("coverage", "{kind: register, by: lease_no, scopes: [1]}", "quote digits"),
    "scope twice": ("coverage", "{kind: register, by: lease_no, scopes: [a, a]}", "keep one of them"),
    "scope that is no value": (
        "coverage",
        "{kind: register, by: kind, scopes: [公祖房, 保租房]}",
        "did you mean “公租房”",
    ),
    "scopes without a column": ("coverage", "{kind: register, scopes: [a]}", "add by: column"),
    "unknown owner": ("owner", "bureau", "write department, enterprise or platform"),
    "happened that is no list": ("happened", "valid_from", "write a list of columns of days"),
    "nothing happened": ("happened", "[]", "delete it if there is none"),
    "happened of an unknown column": ("happened", "[valid_form]", "did you mean “valid_from”"),
    "happened of a column that is no day": ("happened", "[rent]", "name only columns of dates and months"),
    "happened twice": ("happened", "[valid_from, valid_from]", "keep one of them"),
    "ahead that is no mapping": ("ahead", "[valid_to]", "write {column: months}"),
    "ahead of an unknown column": ("ahead", "{valid_too: 12}", "did you mean “valid_to”"),
    "ahead of a column that is no day": ("ahead", "{kind: 12}", "name only columns of dates and months"),
    "ahead below 0": ("ahead", "{valid_to: -1}", "such as valid_to: 12"),
    "ahead that is not whole": ("ahead", "{valid_to: 1.5}", "such as valid_to: 12"),
    "ahead that is true": ("ahead", "{valid_to: true}", "such as valid_to: 12"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_property_is_shown_with_its_line_and_a_remedy(tmp_path: Path, fault: str) -> None:
    name, value, remedy = WRONG[fault]
    check_faults(broken(tmp_path, END, f"{END}  - {{property: {name}, value: {value}}}\n"), remedy)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("{kind: register}", "write kind: months"),
        ("{kind: changes}", "write kind: months"),
        ("{kind: months, dense: 0}", "write a share"),
        ("{kind: months, dense: 1.01}", "write a share"),
        ("{kind: months, dense: many}", "write a share"),
    ],
)
def test_a_class_of_months_covers_nothing_but_months(tmp_path: Path, value: str, remedy: str) -> None:
    text = GOOD
    for old, new in MONTHLY:
        text = text.replace(old, new, 1)
    changed = f"{text}  - {{property: coverage, value: {value}}}\n"
    check_faults(broken(tmp_path, GOOD, changed), remedy)


def test_a_column_of_scopes_must_be_filled_in(tmp_path: Path) -> None:
    more = "  - {property: coverage, value: {kind: register, by: kind}}\n"
    text = GOOD.replace("        required: true\n        enum", "        enum", 1) + more
    check_faults(broken(tmp_path, GOOD, text), "or take another column")


def test_what_has_happened_cannot_lie_ahead(tmp_path: Path) -> None:
    more = "  - {property: happened, value: [valid_to]}\n  - {property: ahead, value: {valid_to: 12}}\n"
    check_faults(broken(tmp_path, END, END + more), "keep it in one of happened and ahead")


@pytest.mark.parametrize(
    ("custom", "remedy"),
    [
        ("[{property: owner, value: platfrom}]", "did you mean “platform”"),
        ("[{property: ownner, value: platform}]", "did you mean “owner”"),
        ("[{property: owner, value: platform}, {property: owner, value: platform}]", "keep one of them"),
        ("[{property: owner, value: platform}]", "or the column's owner"),
    ],
    ids=["unknown owner", "unknown property", "said twice", "a column that must be filled in"],
)
def test_the_owner_of_a_column_is_checked(tmp_path: Path, custom: str, remedy: str) -> None:
    found = broken(tmp_path, "description: Kind", f"description: Kind\n        customProperties: {custom}")
    check_faults(found, remedy)


def test_a_column_may_name_the_owner_of_its_class_and_be_required(tmp_path: Path) -> None:
    column = "description: Kind\n        customProperties: [{property: owner, value: department}]"
    assert read(tmp_path, "", ("description: Kind", column)).column("kind").owner == "department"
