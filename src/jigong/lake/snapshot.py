"""A snapshot: what the district knew on a day, as tables. Read-only, and the same forever."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from jigong.lake import sql
from jigong.lake.batches import TakenFile
from jigong.lake.coverage import Coverage, Covered, coverage_of, read_coverage
from jigong.lake.deliveries import Deliveries, SnapshotInfo
from jigong.lake.ghosts import links_table
from jigong.lake.parts import (
    CONFIRMED,
    CORRECTED,
    COVERAGE,
    QUARANTINE,
    SEGMENTS,
    SUPERSEDED,
    WAITING,
    WITHDRAWN,
    Part,
)
from jigong.lake.store import Store
from jigong.lake.stored import accepted, files, with_batches
from jigong.lake.waiting import Waiting
from jigong.packs.contract import Contract

__all__ = ["PROVENANCE", "Snapshot", "SnapshotInfo"]

PROVENANCE = (("_file", "VARCHAR"), ("_line", "BIGINT"), ("_batch", "VARCHAR"), ("_known_on", "DATE"))
"""Columns every class has beside its own: where a record came from, and when it became known."""

_KINDS = (SEGMENTS, SUPERSEDED, CORRECTED, CONFIRMED, WITHDRAWN, QUARANTINE, WAITING, COVERAGE)
"""Kinds of files that say what is known."""

_WITHDRAWN = (
    ("key", "VARCHAR[]"),
    ("source", "INTEGER"),
    ("line", "BIGINT"),
    ("left_out", "BOOLEAN"),
    ("reason", "VARCHAR"),
    ("day", "DATE"),
    *PROVENANCE,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The current records as known on ``known_on``; ``batches`` are the deliveries it rests on, oldest first."""

    id: str
    known_on: date
    batches: Deliveries
    store: Store
    contracts: Mapping[str, Contract]
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def connect(self, writes: Iterable[Path] = ()) -> duckdb.DuckDBPyConnection:
        """A fresh in-memory connection with a view for each class. It can read this snapshot's files, and write
        ``writes``; no other file, and no setting, is within its reach.

        A view has the class's typed columns, and ``_file``, ``_line``, ``_batch``, ``_known_on``. It holds
        current records only: superseded ones are left out. A class that never came is an empty view. Where records are
        only other numbers of one record (see :class:`Contract`), they are left out, and whatever names such a number
        names the record's own.
        """
        con = duckdb.connect()
        self.attach(con, "main")
        for contract in self.contracts.values():
            if contract.main is not None:
                self._follow(con, contract, contract.main)
        own = (self.store.root / part.path for kind in _KINDS for part in self.batches.parts(kind))
        sql.close_to_the_rest(con, (*own, *writes))
        return con

    def _follow(self, con: duckdb.DuckDBPyConnection, contract: Contract, main: str) -> None:
        """Lead other numbers to the record they are of, in every view."""
        (key,), links = contract.key, links_table(contract.name)
        con.execute(
            f"CREATE TABLE {links} AS SELECT {sql.name(key)} AS number, {sql.name(main)} AS main"
            f" FROM {sql.name(contract.name)} WHERE {sql.name(main)} IS NOT NULL"
        )
        if con.execute(f"SELECT 1 FROM {links} LIMIT 1").fetchone() is None:
            return
        for other in self.contracts.values():
            names, own = other.naming(contract), other.name == contract.name
            if not names:
                continue
            joins = " ".join(
                f"LEFT JOIN {links} l{at} ON l{at}.number = t.{sql.name(name)}"
                for at, name in enumerate(names)
            )
            replaced = ", ".join(
                f"coalesce(l{at}.main, t.{sql.name(name)}) AS {sql.name(name)}"
                for at, name in enumerate(names)
            )
            only = f" WHERE t.{sql.name(main)} IS NULL" if own else ""
            con.execute(
                f"CREATE OR REPLACE VIEW {sql.name(other.name)} AS SELECT t.* REPLACE ({replaced})"
                f" FROM ({self._select(other, False)}) t {joins}{only}"
            )

    def attach(self, con: duckdb.DuckDBPyConnection, schema: str, *, numbered: bool = False) -> None:
        """Create the views in ``schema`` of an existing connection; ``numbered`` ones have ``_source`` as well."""
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.name(schema)}")
        for contract in self.contracts.values():
            view = f"{sql.name(schema)}.{sql.name(contract.name)}"
            con.execute(f"CREATE VIEW {view} AS {self._select(contract, numbered)}")

    def has(self, class_name: str) -> bool:
        """Whether any record of the class was ever accepted."""
        return bool(self._rows(class_name, SEGMENTS, SUPERSEDED))

    def files_of(self, class_name: str) -> int:
        """How many files of the class were taken in."""
        return self.batches.files_of(class_name)

    def known(self, class_name: str) -> date | None:
        """The day the class was last delivered, or None."""
        return self.batches.classes[class_name].known_on if class_name in self.batches.classes else None

    def file(self, class_name: str, batch: str, name: str) -> TakenFile:
        """A file of the class that was taken in.

        Raises:
            KeyError: there is none of that name in the batch.
        """
        return self.batches.file(class_name, batch, name)

    @property
    def coverage(self) -> Coverage:
        """What is covered of each class."""
        if "coverage" not in self._kept:
            said = [(known_on, [row]) for _, known_on, row in self.covered]
            self._kept["coverage"] = coverage_of(said, self.contracts)
        coverage: Coverage = self._kept["coverage"]
        return coverage

    @property
    def covered(self) -> Sequence[tuple[str, date, Covered]]:
        """Everything that deliveries covered, with their name and day, oldest first."""
        if "covered" not in self._kept:
            last = self.batches.cut_at
            self._kept["covered"] = [
                said
                for part in self.batches.parts(COVERAGE)
                for said in read_coverage(self.store.root, part)
                if last is None or said[0] <= last
            ]
        covered: Sequence[tuple[str, date, Covered]] = self._kept["covered"]
        return covered

    def covered_of(self, class_name: str) -> list[Covered]:
        """Everything that deliveries of one class covered, oldest first."""
        return [row for _, _, row in self.covered if row.class_name == class_name]

    @property
    def waiting(self) -> Waiting:
        """The rows and cells that wait."""
        if "waiting" not in self._kept:
            self._kept["waiting"] = Waiting(self)
        waiting: Waiting = self._kept["waiting"]
        return waiting

    def stored(self, kind: str, class_name: str | None = None) -> str:
        """SQL for the rows of a kind that all have the same columns, with ``_batch`` and ``_known_on``; empty where
        none came."""
        parts = self.batches.parts(kind, class_name)
        return f"SELECT * FROM ({with_batches(self.store.root, parts)}){self._until()}" if parts else ""

    def withdrawn(self, class_name: str) -> str:
        """SQL for every withdrawal of the class, also of records that came back since.

        Columns: ``key`` (the record's, as texts), ``source`` and ``line`` (where the record stood in
        :meth:`history`; NULL where it was only waiting), ``left_out`` (a whole delivery left it out; else it was named),
        ``reason`` (NULL where it was left out), ``day`` (whose word it is), ``_file``, ``_line`` (of the file that
        withdrew it; NULL where it was left out), ``_batch`` and ``_known_on``.
        """
        stored = self.stored(WITHDRAWN, class_name)
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _WITHDRAWN)
        names = ", ".join(name for name, _ in _WITHDRAWN)
        return f"SELECT {names} FROM ({stored})" if stored else f"SELECT {nothing} WHERE FALSE"

    def history(self, class_name: str) -> str:
        """SQL for every record of the class that was ever accepted, also those superseded since.

        Columns: the contract's, ``_source``, ``_line``, ``_file``, ``_batch`` and ``_known_on``.
        """
        contract = self.contracts[class_name]
        return self._accepted(contract, self._rows(class_name, SEGMENTS, SUPERSEDED)) or _nothing(
            contract, numbered=True
        )

    def _until(self) -> str:
        cut = self.batches.cut_at
        return f" WHERE _batch <= {sql.text(cut)}" if cut else ""

    def _rows(self, class_name: str, *kinds: str) -> list[Part]:
        """The files with accepted rows of a class."""
        came = self.batches.files_of(class_name)
        return [part for kind in kinds for part in self.batches.parts(kind, class_name) if part.first <= came]

    def _accepted(self, contract: Contract, parts: Sequence[Part]) -> str:
        upto = self.batches.files_of(contract.name) if self.batches.cut_at else None
        return accepted(self.store.root, parts, lambda written: _cast(contract, written), upto)

    def _select(self, contract: Contract, numbered: bool) -> str:
        """The current records of a class: a plain union, less what later deliveries corrected."""
        came = self.batches.files_of(contract.name)
        rows = self._rows(contract.name, SEGMENTS)
        # What a merging took out counts for a snapshot of before.
        rows += [part for part in self._rows(contract.name, SUPERSEDED) if part.applied > came]
        if not rows:
            return _nothing(contract, numbered)
        corrections = [part for part in self.batches.parts(CORRECTED, contract.name) if part.first < came]
        own = sql.names([column.name for column in contract.columns] + ["_source"] * numbered)
        wanted = f"{own}, {sql.names(name for name, _ in PROVENANCE)}"
        # Most rows are settled: nothing that came later has corrected any of them since they were merged.
        open_to = {part: [c for c in corrections if _may_correct(c, part)] for part in rows}
        settled = [part for part, later in open_to.items() if not later]
        unsettled = [part for part, later in open_to.items() if later]
        selects = [f"SELECT {wanted} FROM ({self._accepted(contract, settled)})"] if settled else []
        if unsettled:
            later = [part for part in corrections if any(part in those for those in open_to.values())]
            before = f" WHERE _before < {came}" if self.batches.cut_at else ""
            gone = (
                f"SELECT _source AS _gone, _line AS _gone_line FROM {files(self.store.root, later)}{before}"
            )
            selects.append(
                f"SELECT {wanted} FROM ({self._accepted(contract, unsettled)})"
                f" ANTI JOIN ({gone}) ON _source = _gone AND _line = _gone_line"
            )
        return " UNION ALL ".join(selects)


def _may_correct(correction: Part, part: Part) -> bool:
    """Whether a file of corrections may hold one of a row in ``part`` that was not taken out of it."""
    applied = 0 if part.kind == SUPERSEDED else part.applied
    return correction.last >= max(part.first, applied)


def _nothing(contract: Contract, numbered: bool) -> str:
    """SQL for no rows, with the columns of a class."""
    kinds = [(column.name, column.duckdb_type) for column in contract.columns]
    kinds += [("_source", "INTEGER")] * numbered + list(PROVENANCE)
    return "SELECT " + ", ".join(f"CAST(NULL AS {k}) AS {sql.name(n)}" for n, k in kinds) + " WHERE FALSE"


def _cast(contract: Contract, written: Mapping[str, str]) -> str:
    """The contract's columns out of a segment that may have been written under an older contract."""
    columns = []
    for column in contract.columns:
        name, kind = sql.name(column.name), column.duckdb_type
        if column.name not in written:
            columns.append(f"CAST(NULL AS {kind}) AS {name}")
        else:
            columns.append(name if written[column.name] == kind else f"CAST({name} AS {kind}) AS {name}")
    return ", ".join(columns)
