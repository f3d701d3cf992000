"""Every wrong row is where the manifest says, for the reason it says, and no other row is wrong."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest

from jigong.packs.contract import Contract
from jigong.synthetic.faults import faults_of

from .conftest import District
from .plain_intake import Place, Read, judge_together, read_class

_FIRST = ("person", "enterprise", "station")


@pytest.fixture(scope="module")
def judged(contracts: Mapping[str, Contract], small: District) -> dict[str, tuple[list[Read], set[Place]]]:
    """Every row of the small district with its reasons, and the places of duplicates, class by class."""
    referred = {column.reference for contract in contracts.values() for column in contract.columns}
    known: dict[tuple[str, str], set[Any]] = defaultdict(set)
    result = {}
    for name in (*_FIRST, *(name for name in contracts if name not in _FIRST)):
        rows = read_class(contracts[name], small.files(name))
        duplicates = judge_together(contracts[name], rows, known)
        for row in rows:
            for column, value in row.values.items():
                if not row.reasons and (name, column) in referred:
                    known[name, column].add(value)
        result[name] = rows, duplicates
    return result


def test_the_wrong_rows_are_those_of_the_manifest(
    small: District, judged: dict[str, tuple[list[Read], set[Place]]]
) -> None:
    stated = {
        (error.cls, error.file, error.line): {error.kind} for error in small.manifest.errors if error.line
    }
    found = {
        (name, row.file, row.line): row.reasons
        for name, (rows, _) in judged.items()
        for row in rows
        if row.reasons
    }
    assert found == stated


def test_duplicates_are_those_of_the_manifest(
    small: District, judged: dict[str, tuple[list[Read], set[Place]]]
) -> None:
    stated = {(twice.cls, twice.file, twice.line) for twice in small.manifest.duplicates}
    assert {(name, *place) for name, (_, places) in judged.items() for place in places} == stated
    assert stated


def test_rows_are_good_wrong_or_duplicates(
    small: District, judged: dict[str, tuple[list[Read], set[Place]]]
) -> None:
    for name, (rows, duplicates) in judged.items():
        count = small.manifest.classes[name]
        wrong = sum(bool(row.reasons) for row in rows)
        assert (len(rows), wrong, len(duplicates)) == (count.rows, count.wrong, count.duplicates), name


def test_every_kind_of_fault_is_there(contracts: Mapping[str, Contract], small: District) -> None:
    made = {error.kind for error in small.manifest.errors}
    assert made >= {
        *("required", "type", "range", "pattern", "enum", "identifier", "reference", "conflict", "overlap"),
        *("columns", "encoding", "file:encoding", "file:columns", "file:format", "file:class"),
    }
    for name in ("person", "labour_contract", "degree_enrolment", "pension_contribution"):
        possible = {
            fault.kind for fault in faults_of(contracts[name], csv=small.files(name)[0].suffix == ".csv")
        }
        assert possible <= {error.kind for error in small.manifest.errors if error.cls == name}


def test_the_value_stated_is_the_value_sent(
    small: District, judged: dict[str, tuple[list[Read], set[Place]]]
) -> None:
    errors = [
        error for error in small.manifest.errors if error.cls == "person" and error.value and error.line
    ]
    lines = small.files("person")[0].read_bytes().split(b"\n")
    assert errors
    assert all((error.value or "").encode("gb18030") in lines[(error.line or 0) - 1] for error in errors)


def test_the_last_line_of_a_csv_breaks_off(small: District) -> None:
    whole = small.files("vehicle")[0].read_bytes()
    last = max(error.line or 0 for error in small.manifest.errors if error.file == "vehicle.csv")
    assert not whole.endswith(b"\n")
    assert whole.count(b"\n") == last - 1


def test_files_refused_as_a_whole_cannot_be_read(small: District) -> None:
    whole = {error.kind: small.folder / error.file for error in small.manifest.errors if error.line is None}
    assert b"\x00" in whole["file:encoding"].read_bytes(), "zero bytes are no text"
    assert whole["file:class"].stem not in small.manifest.classes
    broken = small.folder / "honour-bad-format.xlsx"
    with pytest.raises(Exception, match="zip"):
        openpyxl.load_workbook(broken)
