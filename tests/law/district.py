"""A made-up district whose classes can each be delivered anew, with less in them."""

import csv
import io
import json
import os
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from jigong.decisions.decide import decide
from jigong.decisions.parameters import parameters_on
from jigong.decisions.run import Run
from jigong.lake import FileSource, IntakeReport, Lake, take_in
from jigong.lake.claims import Claim
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.intake import by_reference
from jigong.lake.withdrawing import told_contract
from jigong.packs.contract import Contract
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import read_rulebook, values_on
from jigong.synthetic.district import make_district

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
_FOLDERS = ("segments", "quarantine", "waiting", "coverage", "batches")
WITHDRAWN = ("union_membership", "labour_contract", "skill_certificate", "honour", "household_member")
"""Classes of which some records are withdrawn."""
REASON_COLUMN = told_contract(next(iter(read_pack(PACK).contracts.values()))).columns[-1]
_LOOSE = 1_000
"""Nothing is merged here: a lake does without a class by doing without its batch."""


@dataclass
class Rows:
    """A class as it is delivered: the header and its rows as text; for a monthly class file by file."""

    contract: Contract
    files: dict[str, list[list[str]]]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.contract.columns]

    def copy(self) -> "Rows":
        """The same rows, to be changed."""
        return Rows(self.contract, {n: [list(r) for r in rows] for n, rows in self.files.items()})

    def write(self, folder: Path) -> Iterator[FileSource]:
        """Write the files. A row with one cell too many stays so."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.files.items():
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(self.header)
            writer.writerows(rows)
            path = folder / name
            path.write_text(text.getvalue(), encoding="utf-8")
            yield FileSource(path, self.contract.name)


@dataclass
class District:
    """One made-up district: every class as delivered, and a lake with a batch for each class, or two where some of its
    records are withdrawn."""

    folder: Path
    day: date
    classes: dict[str, Rows]
    batches_of: dict[str, tuple[str, ...]]
    withdrawn: dict[str, list[list[str]]]
    """By class the keys of records that are withdrawn after everything came."""
    pack: Any = field(default_factory=lambda: read_pack(PACK))

    def __post_init__(self) -> None:
        self.rulebook = read_rulebook(self.pack)

    @property
    def lake(self) -> Lake:
        """The lake with everything."""
        return Lake(self.folder / "lake", self.pack.contracts, _LOOSE)

    def without(self, names: Sequence[str], root: Path) -> Lake:
        """A lake in ``root`` that has everything but these classes."""
        gone = {batch for name in names for batch in self.batches_of[name]}
        source = self.folder / "lake"
        for part in _FOLDERS:
            (root / part).mkdir(parents=True)
            for entry in (source / part).iterdir() if (source / part).exists() else ():
                if entry.stem not in gone and entry.name not in gone:
                    (root / part / entry.name).symlink_to(entry)
        (root / "archive").mkdir()
        kept = [name for name in self.lake.store.current().batches if name not in gone]
        lake = Lake(root, self.pack.contracts, _LOOSE)
        (root / "CURRENT").write_text(json.dumps({"batches": kept}), encoding="utf-8")
        return lake

    def deliver(self, lake: Lake, changed: Mapping[str, Rows], folder: Path) -> None:
        """Deliver classes as they are now, in one delivery; then withdraw of them what is withdrawn."""
        sources = [source for name, rows in changed.items() for source in rows.write(folder / name)]
        if sources:
            take_in(lake, sources, known_on=self.day)
        for name in changed:
            withdraw(lake, name, self.withdrawn.get(name, []), folder / "withdrawn", self.day)

    def facts(
        self, lake: Lake, as_of: date, folder: Path, reckoning: Mapping[str, date] | None = None
    ) -> FactTables:
        """Facts of everybody."""
        values = values_on(self.pack, as_of, parameters_on(self.pack, self.rulebook, as_of))
        return build_facts(lake.snapshot(), self.pack, values, as_of, folder / "facts", reckoning=reckoning)

    def decide(
        self, lake: Lake, as_of: date, folder: Path, reckoning: Mapping[str, date] | None = None
    ) -> tuple[FactTables, Run]:
        """Facts and verdicts of everybody."""
        values = values_on(self.pack, as_of, parameters_on(self.pack, self.rulebook, as_of))
        facts = self.facts(lake, as_of, folder, reckoning)
        return facts, decide(facts, self.pack, self.rulebook, values, folder / "runs")


def withdraw(
    lake: Lake, class_name: str, keys: Sequence[Sequence[str]], folder: Path, day: date
) -> IntakeReport | None:
    """Withdraw the records of a class with these keys."""
    if not keys:
        return None
    contract = lake.contracts[class_name]
    told = replace(contract, columns=(*(contract.column(name) for name in contract.key), REASON_COLUMN))
    rows = Rows(told, {f"{class_name}-withdraw.csv": [[*key, "报错了"] for key in keys]})
    return take_in(lake, list(rows.write(folder)), known_on=day)


def make(folder: Path, workers: int, seed: int, months: int = 9) -> District:
    """A district without errors, delivered class by class; monthly classes in one file a month, of the last months."""
    pack = read_pack(PACK)
    manifest = make_district(PACK, pack.contracts, folder / "files", workers=workers, seed=seed, errors=False)
    raw = Lake(folder / "raw", pack.contracts)
    day = manifest.as_of
    files = [FileSource(file) for file in sorted((folder / "files").iterdir()) if _is_data(file)]
    take_in(raw, files, known_on=day, claim=Claim(whole=True))
    classes = {}
    with raw.snapshot().connect() as con:
        for name, contract in pack.contracts.items():
            classes[name] = _rows(con, contract, months, day)
    shutil.rmtree(folder / "files")
    shutil.rmtree(folder / "raw")
    lake = Lake(folder / "lake", pack.contracts, _LOOSE)
    batches_of: dict[str, tuple[str, ...]] = {}
    withdrawn: dict[str, list[list[str]]] = {}
    for name in by_reference(pack.contracts):
        sources = list(classes[name].write(folder / "sent" / name))
        # A class is one batch, so that a lake can do without it; its files' names say their months.
        report = take_in(lake, sources, known_on=day)
        assert report.batch is not None, name
        assert not report.quarantined, (name, report.classes())
        batches_of[name] = (report.batch,)
    chance = random.Random(seed)
    for name in WITHDRAWN:
        rows = classes[name]
        places = [rows.header.index(column) for column in rows.contract.key]
        every = [[row[place] for place in places] for lines in rows.files.values() for row in lines]
        withdrawn[name] = chance.sample(every, -(-len(every) // 8))
        report_ = withdraw(lake, name, withdrawn[name], folder / "withdrawn", day)
        assert report_ is not None, name
        assert report_.withdrawn == len(withdrawn[name]), name
        assert report_.batch is not None
        batches_of[name] += (report_.batch,)
    return District(folder, day, classes, batches_of, withdrawn, pack)


def _is_data(file: Path) -> bool:
    return file.suffix in (".csv", ".xlsx", ".parquet")


def _rows(con: duckdb.DuckDBPyConnection, contract: Contract, months: int, day: date) -> Rows:
    columns = ", ".join(f'CAST("{c.name}" AS VARCHAR)' for c in contract.columns)
    order = ", ".join(f'"{c}"' for c in contract.key)
    found = con.execute(f'SELECT {columns} FROM "{contract.name}" ORDER BY {order}').fetchall()
    rows = [["" if cell is None else str(cell) for cell in row] for row in found]
    if contract.covers.kind != "months":
        return Rows(contract, {f"{contract.name}.csv": rows})
    place = [c.name for c in contract.columns].index(contract.valid_time.start)
    files: dict[str, list[list[str]]] = {}
    for row in rows:
        row[place] = row[place][:7]
        files.setdefault(f"{contract.name}-{row[place]}.csv", []).append(row)
    newest = sorted(files)[-months:]
    return Rows(contract, {name: files[name] for name in newest})


def scratch(folder: Path) -> Path:
    """An empty folder for one round."""
    path = folder / f"round-{os.getpid()}-{random.randrange(10**9):09d}"
    path.mkdir(parents=True)
    return path
