"""What the pack says to the enterprise portal fits its own contracts."""

from pathlib import Path

import duckdb
import pytest

from jigong.packs.contract import PEOPLE
from jigong.packs.reader import read_pack
from jigong.services.invitations.enums import Purpose

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
COLUMNS = ["worker", "enterprise", "number", "title", "since", "until"]


@pytest.fixture(scope="module")
def pack():
    return read_pack(PACK)


def test_reports_name_classes_and_columns_there_are(pack):
    assert pack.reports
    for name, placed in pack.reports.items():
        contract, entry = pack.contracts[name], placed.value
        assert contract.column(entry.worker).identifier in PEOPLE
        assert entry.enterprise is None or contract.column(entry.enterprise).identifier == "credit_code"
        known = {column.name for column in contract.columns}
        assert set(entry.example) <= known - {entry.worker, entry.enterprise}


def test_papers_are_selects_over_classes_there_are(pack):
    con = duckdb.connect()
    for contract in pack.contracts.values():
        columns = ", ".join(f'"{column.name}" {column.duckdb_type}' for column in contract.columns)
        con.execute(f'CREATE TABLE "{contract.name}" ({columns})')
    for placed in pack.papers.values():
        given = con.execute(f"DESCRIBE {placed.value.sql}").fetchall()
        assert [row[0] for row in given] == COLUMNS, placed.value.id
        assert [row[1] for row in given[-2:]] == ["DATE", "DATE"]
        assert placed.value.consent is None or placed.value.consent in Purpose.values
