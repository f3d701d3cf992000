"""What departments and the platform say of single records, for tests: delivered to the site's own lake."""

import csv
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.lake import Lake
from jigong.lake.patience import take_in_now
from jigong.lake.report import IntakeReport
from jigong.lake.sources import FileSource
from jigong.portals.office.quarantined import lake_of

Row = dict[str, str]


def lake() -> Lake:
    return lake_of(law_of_run(current_run()).pack)


def records(name: str, where: str = "TRUE") -> list[Row]:
    """The current records of a class, as a department would send them."""
    with lake().snapshot().connect() as duck:
        found = duck.execute(
            f'SELECT * EXCLUDE (_file, _line, _batch, _known_on) FROM "{name}" WHERE {where} ORDER BY ALL'
        )
        names = [column[0] for column in found.description or ()]
        return [
            {n: "" if v is None else str(v) for n, v in zip(names, row, strict=True)}
            for row in found.fetchall()
        ]


def said(
    name: str,
    *rows: Row,
    origin: str = DEPARTMENT,
    file: str = "",
    day: date | None = None,
    claim: Claim | None = None,
) -> IntakeReport:
    """Somebody delivers these rows of a class, as the command line does: the database hears nothing of it."""
    known = lake()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}{file}.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        known_on = day or known.snapshot().known_on
        claim = claim or Claim(records_only=True)
        return take_in_now(known, [FileSource(path, name)], day=known_on, origin=origin, claim=claim)


def value(name: str, key: str, column: str) -> Any:
    contract = lake().contracts[name]
    (row,) = records(name, f"{contract.key[0]} = '{key}'")
    return row[column]
