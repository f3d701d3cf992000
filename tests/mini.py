"""A pack one can read in a minute, a district of eight workers, and what the platform makes of them."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from jigong.decisions.check import check_pack
from jigong.decisions.decide import decide
from jigong.decisions.parameters import parameters_on
from jigong.decisions.run import Run
from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import JigongError, Problem
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.lake.sources import FolderSource
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on

DATA = Path(__file__).parent / "data"
PACK = DATA / "pack-mini"
DISTRICT = DATA / "district-mini"
LATER = DATA / "district-mini-later"
NEW_YEAR = date(2023, 1, 1)
FEBRUARY = date(2023, 2, 1)
Edits = Mapping[str, tuple[str, str] | str | None]


def edited(source: Path, target: Path, edits: Edits) -> Path:
    """A copy of a folder in which one text of a file is replaced, a file is written anew, or (None) removed."""
    shutil.copytree(source, target)
    for name, edit in edits.items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if edit is None:
            file.unlink()
        elif isinstance(edit, str):
            file.write_text(edit, encoding="utf-8")
        else:
            text = file.read_text(encoding="utf-8")
            assert text.count(edit[0]) == 1, f"{name} has {text.count(edit[0])} times {edit[0]!r}"
            file.write_text(text.replace(*edit), encoding="utf-8")
    return target


def found(folder: Path, day: date = NEW_YEAR) -> list[Problem]:
    """What `jigong pack check` finds."""
    try:
        return check_pack(read_pack(folder), day)
    except JigongError as bad:
        return list(bad.problems)


@dataclass(frozen=True)
class Built:
    """A pack and a lake, and what follows from them on a date; each computed when it is asked for."""

    folder: Path
    pack: Pack
    as_of: date
    known_on: date | None = None

    @cached_property
    def snapshot(self) -> Snapshot:
        return Lake(self.folder / "lake", self.pack.contracts).snapshot(known_on=self.known_on)

    @cached_property
    def rulebook(self) -> Rulebook:
        return read_rulebook(self.pack)

    @cached_property
    def values(self) -> dict[str, Any]:
        return values_on(self.pack, self.as_of, parameters_on(self.pack, self.rulebook, self.as_of))

    @cached_property
    def facts(self) -> FactTables:
        return build_facts(self.snapshot, self.pack, self.values, self.as_of, self.folder / "facts")

    @cached_property
    def run(self) -> Run:
        return decide(self.facts, self.pack, self.rulebook, self.values, self.folder / "runs")

    def on(self, as_of: date, known_on: date | None = None) -> "Built":
        """The same lake on another date, or with what was known then."""
        return Built(self.folder, self.pack, as_of, known_on)

    def under(self, pack: Path) -> "Built":
        """The same lake under another pack."""
        return Built(self.folder, read_pack(pack), self.as_of, self.known_on)

    def column(self, clause: str, column: str) -> dict[str, Any]:
        """One column of a clause's verdicts, by subject (or, without one, by worker)."""
        rows = duckdb.execute(
            f"SELECT coalesce(subject, worker), {column} FROM {self.run.rows(clause)}"
        ).fetchall()
        return dict(rows)


@dataclass(frozen=True)
class Saying(Run):
    """A run that says of some clauses what a file of its rows says."""

    files: Mapping[str, Path] = field(default_factory=dict)

    def rows(self, clause: str) -> str:
        file = self.files.get(clause)
        return super().rows(clause) if file is None else f"(SELECT * FROM read_parquet('{file}'))"

    def hash_of(self, clause: str) -> str:
        file = self.files.get(clause)
        return super().hash_of(clause) if file is None else file_hash(file)


def saying(run: Run, files: Mapping[str, Path]) -> Saying:
    """``run``, but that of some clauses it says what these files say."""
    return Saying(**{one.name: getattr(run, one.name) for one in fields(Run)}, files=files)


def build(
    folder: Path, pack: Path = PACK, deliveries: Sequence[tuple[Path, date]] = ((DISTRICT, NEW_YEAR),)
) -> Built:
    """A lake in ``folder`` with the deliveries taken in, on the day of the last one."""
    read = read_pack(pack)
    lake = Lake(folder / "lake", read.contracts)
    for source, day in deliveries:
        report = take_in(lake, [FolderSource(source)], known_on=day)
        assert not report.refused
        assert report.rows_in == report.accepted
    return Built(folder, read, deliveries[-1][1])
