"""A contract is read into plain objects; a broken one is explained, every fault with its line and a remedy."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.packs.contract_made import GOOD, broken, check_faults

from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.contract import ValidTime, read_contract, read_contracts


def test_a_contract_is_read_into_plain_objects(tmp_path: Path) -> None:
    file = tmp_path / "lease.yaml"
    file.write_text(GOOD, encoding="utf-8")
    contract = read_contract(file)
    assert (contract.name, contract.label, contract.number) == ("lease", Text("租约", "Leases"), 1)
    assert contract.key == ("lease_no",)
    assert contract.valid_time == ValidTime("period", "valid_from", "valid_to")
    assert contract.no_overlap == ("kind",)
    assert (contract.frequency, contract.latency_days) == ("monthly", 95)
    assert (contract.delivery.format, contract.delivery.encoding) == ("csv", "gb18030")
    assert contract.row_rules[0].message == Text("到期早于起租", "It ends before it starts")
    number, kind, rent, *_ = contract.columns
    assert number.headers == ("租约编号", "合同编号", "lease_no")
    assert number.required
    assert (number.max_length, number.pattern) == (40, r"^\d+$")
    assert [(value.value, value.label) for value in kind.values] == [
        ("公租房", "public"),
        ("保租房", "subsidised"),
    ]
    assert (rent.kind, rent.precision, rent.scale, rent.duckdb_type) == ("decimal", 12, 2, "DECIMAL(12,2)")
    assert (rent.minimum, rent.exclusive_maximum) == (Decimal("0.10"), Decimal(9000))
    assert contract.column("rent") is rent
    with pytest.raises(KeyError, match="no column rant"):
        contract.column("rant")


@pytest.mark.parametrize(
    ("big", "stored"), [(2**31 - 1, "INTEGER"), (2**31, "BIGINT")], ids=["fits 32 bits", "does not"]
)
def test_a_large_maximum_widens_an_integer(tmp_path: Path, big: int, stored: str) -> None:
    file = tmp_path / "lease.yaml"
    text = GOOD.replace("logicalType: number\n        physicalType: DECIMAL(12,2)", "logicalType: integer")
    text = text.replace("{minimum: 0.10, exclusiveMaximum: 9000}", f"{{maximum: {big}}}")
    file.write_text(text, encoding="utf-8")
    assert read_contract(file).column("rent").duckdb_type == stored


WRONG = {
    "misspelt field": ("required: true", "requierd: true", "did you mean “required”"),
    "value of another type": ("version: 1.0.0", "version: 1.0", "put quotes around the value"),
    "other version of the standard": ("v3.2.0", "v3.0.0", "write apiVersion: v3.2.0"),
    "no id": ("id: lease\n", "", "add id"),
    "file of another name": ("- name: lease\n", "- name: leases\n", "write name: lease"),
    "no Chinese header": ("        businessName: 租金\n", "", "add businessName"),
    "no English label": ("description: Rent", "description: ''", "add description"),
    "no Chinese message": ("description: 到期早于起租", "description: ''", "add description"),
    "no English department": (", en: Housing Bureau", "", "add en"),
    "unknown type": ("logicalType: number", "logicalType: numbre", "did you mean “number”"),
    "no type": ("        logicalType: number\n", "", "use one of: string"),
    "number without digits": ("DECIMAL(12,2)", "DECIMAL", "write physicalType: DECIMAL(12,2)"),
    "scale above precision": ("DECIMAL(12,2)", "DECIMAL(2,12)", "write physicalType: DECIMAL(12,2)"),
    "unknown type of date": (
        "description: Ends on\n        logicalType: date",
        "description: Ends on\n        logicalType: date\n        physicalType: mnoth",
        "did you mean “month”",
    ),
    "a word for nothing outside the key": (
        "description: Kind\n        logicalType: string",
        "description: Kind\n        logicalType: string\n        customProperties: [{property: none, value: [无]}]",
        "write none: [个人]",
    ),
    "duplicate header": ("synonym: 合同编号", "synonym: 类型", "keep one of them"),
    "header like another's name": ("synonym: 合同编号", "synonym: KIND", "keep one of them"),
    "duplicate value": ("value: 保租房", "value: 公租房", "keep one of them"),
    "value without label": (", label: public", "", "write {value: 男, label: male}"),
    "value that is no text": ("value: 公租房", "value: 1", "quote digits"),
    "limit of another type": ("minimum: 0.10", "maxLength: 3", "use one of: minimum"),
    "limit that is no number": ("minimum: 0.10", "minimum: much", "write a number without quotes"),
    "limits crossed": ("exclusiveMaximum: 9000", "maximum: 0.05", "correct one of them"),
    "broken pattern": (r"^\d+$", r"^(\d+$", "RE2 has no lookaround"),
    "pattern with lookahead": (r"^\d+$", r"^(?=1)\d+$", "RE2 has no lookaround"),
    "no key": ("        primaryKey: true\n", "", "add primaryKey: true"),
    "two keys without order": (
        "        required: true\n        enum",
        "        primaryKey: true\n        enum",
        "write primaryKeyPosition",
    ),
    "unknown identifier": (
        "description: Kind",
        "description: Kind\n        customProperties: [{property: identifier, value: citizens}]",
        "did you mean “citizen”",
    ),
    "unreadable reference": (
        "description: Kind",
        "description: Kind\n        relationships: [{type: foreignKey, to: person}]",
        "to: person.person_id",
    ),
    "rule that is no SQL": ("valid_to >= valid_from", "valid_to >=", "check parentheses"),
    "rule that asks a query": ("valid_to >= valid_from", "EXISTS (SELECT 1)", "no queries"),
    "rule over an unknown column": ("valid_to >= valid_from", "valid_to >= valid_form", "“valid_from”"),
    "rule over two types": ("valid_to >= valid_from", "valid_to >= rent", "compare columns of one type"),
    "rule that is no condition": ("valid_to >= valid_from", "rent + 1", "true or false"),
    "rule of another engine": ("engine: jigong", "engine: soda", "make it such a rule"),
    "unknown property": ("property: noOverlap", "property: noOverlapp", "did you mean “noOverlap”"),
    "no number": ("  - {property: number, value: 1}\n", "", "write a whole number"),
    "no valid time column": ("from: valid_from", "from: valid_form", "did you mean “valid_from”"),
    "valid time of wrong kind": ("to: valid_to}", "to: rent}", "use logicalType: date"),
    "valid time that may be empty": (
        "from: valid_from, to: valid_to",
        "from: valid_to, to: valid_from",
        "add required: true",
    ),
    "valid time without end": (", to: valid_to}", "}", "write {kind: date, from: column}"),
    "overlap of an unknown column": ("value: [kind]", "value: [kinds]", "did you mean “kind”"),
    "overlap of dates": (
        "{kind: period, from: valid_from, to: valid_to}",
        "{kind: date, from: valid_from}",
        "delete noOverlap",
    ),
    "unknown delivery": ("encoding: gb18030", "encoding: gbk", "write {format: csv"),
    "unknown frequency": ("value: monthly", "value: montly", "did you mean “monthly”"),
    "latency in months": ("value: 95, unit: d", "value: 3, unit: m", "unit: d"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_is_shown_with_its_line_and_a_remedy(tmp_path: Path, fault: str) -> None:
    old, new, remedy = WRONG[fault]
    found = broken(tmp_path, old, new)
    check_faults(found, remedy)


def test_the_caret_stands_under_the_unknown_column_of_a_rule(tmp_path: Path) -> None:
    found = broken(tmp_path, "valid_to >= valid_from", "valid_to >= valid_form")
    (problem,) = found.problems
    assert problem.place is not None
    assert problem.place.line == GOOD[: GOOD.index("valid_to >= valid_from")].count("\n") + 1
    lines = problem.render("en").splitlines()
    caret = next(line for line in lines if set(line.strip()) == {"^"})
    source = lines[lines.index(caret) - 1]
    assert source[caret.index("^") : caret.rindex("^") + 1] == "valid_form"


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    text = GOOD.replace("minimum: 0.10", "minimum: much").replace("value: monthly", "value: montly")
    file = tmp_path / "lease.yaml"
    file.write_text(text.replace("engine: jigong", "engine: soda"), encoding="utf-8")
    with pytest.raises(JigongError) as caught:
        read_contract(file)
    assert len(caught.value.problems) == 3


def write_pair(folder: Path, reference: str, number: int = 2) -> None:
    """The good contract, and a copy ``visit`` whose ``kind`` refers to ``reference``."""
    (folder / "lease.yaml").write_text(GOOD, encoding="utf-8")
    text = GOOD.replace("- name: lease\n", "- name: visit\n").replace("value: 1}", f"value: {number}}}")
    link = f"description: Kind\n        relationships: [{{to: {reference}}}]"
    (folder / "visit.yaml").write_text(text.replace("description: Kind", link), encoding="utf-8")


def test_contracts_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write_pair(tmp_path, "lease.lease_no")
    contracts = read_contracts(tmp_path)
    assert list(contracts) == ["lease", "visit"]
    assert contracts["visit"].column("kind").reference == ("lease", "lease_no")


@pytest.mark.parametrize(
    ("reference", "number", "remedy"),
    [
        ("leese.lease_no", 2, "did you mean “lease”"),
        ("lease.lease_nr", 2, "did you mean “lease_no”"),
        ("lease.rent", 2, "the same type"),
        ("lease.lease_no", 1, "its own number"),
    ],
    ids=["unknown class", "unknown column", "other type", "number given twice"],
)
def test_contracts_must_fit_each_other(tmp_path: Path, reference: str, number: int, remedy: str) -> None:
    write_pair(tmp_path, reference, number)
    with pytest.raises(JigongError) as caught:
        read_contracts(tmp_path)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.file.endswith("visit.yaml")
    assert problem.place.line is not None
    assert problem.remedy is not None
    assert remedy in problem.remedy.en


def test_a_faulty_contract_is_not_held_against_those_that_refer_to_it(tmp_path: Path) -> None:
    write_pair(tmp_path, "lease.lease_no")
    (tmp_path / "lease.yaml").write_text(GOOD.replace("DECIMAL(12,2)", "DECIMAL"), encoding="utf-8")
    (tmp_path / "other.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(JigongError) as caught:
        read_contracts(tmp_path)
    files = [Path(problem.place.file).name for problem in caught.value.problems if problem.place]
    assert sorted(files) == ["lease.yaml", "other.yaml"]


def test_a_folder_without_contracts_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(JigongError, match=r"add <class>\.yaml"):
        read_contracts(tmp_path)
