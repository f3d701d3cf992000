"""A made district with planted errors: each is caught at its line for its reason, and nothing else is."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jigong.lake import FolderSource, IntakeReport, Lake, take_in
from jigong.lake.quarantine import quarantined_rows
from jigong.packs.contract import read_contracts
from jigong.synthetic.district import make_district

PACK = Path(__file__).parents[2] / "packs" / "qiantang"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, IntakeReport, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("district")
    contracts = read_contracts(PACK / "contracts")
    make_district(PACK, contracts, folder / "in", workers=300, seed=11)
    lake = Lake(folder / "lake", contracts)
    report = take_in(lake, [FolderSource(folder / "in")], known_on=date(2023, 1, 1))
    return lake, report, json.loads((folder / "in" / "manifest.json").read_text(encoding="utf-8"))


def test_every_planted_error_is_caught_and_nothing_else(
    made: tuple[Lake, IntakeReport, dict[str, Any]],
) -> None:
    lake, _, manifest = made
    planted: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for error in manifest["errors"]:
        if not error["kind"].startswith("file:"):
            planted[error["class"], error["file"], error["line"]].add(error["kind"])
    found: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for row in quarantined_rows(lake):
        found[row.class_name, row.file, row.line].add(row.reason)
    assert dict(found) == dict(planted)


def test_every_broken_file_is_refused_and_no_other(made: tuple[Lake, IntakeReport, dict[str, Any]]) -> None:
    _, report, manifest = made
    planted = {(e["file"], e["kind"]) for e in manifest["errors"] if e["kind"].startswith("file:")}
    assert {(refused.name, refused.reason) for refused in report.refused} == planted


def test_the_counts_of_every_class(made: tuple[Lake, IntakeReport, dict[str, Any]]) -> None:
    _, report, manifest = made
    # A wrong cell in a column that may be empty costs the cell: its row is in.
    counts = {
        c.class_name: (
            c.rows_in, c.accepted - c.lost_cells, c.quarantined_rows + c.lost_cells, c.duplicates
        )
        for c in report.classes()
    }  # fmt: skip
    assert counts == {
        name: (c["rows"], c["good"], c["wrong"], c["duplicates"]) for name, c in manifest["classes"].items()
    }
