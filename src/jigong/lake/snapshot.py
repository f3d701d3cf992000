"""A snapshot: what the district knew on a day, as tables. Read-only, and the same forever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from jigong.kernel.hashing import content_hash
from jigong.lake import sql
from jigong.lake.batches import Batch, Segment, TakenFile
from jigong.lake.claims import PLATFORM
from jigong.lake.coverage import Coverage, coverage_of, read_coverage
from jigong.lake.store import Store
from jigong.lake.waiting import Waiting
from jigong.packs.contract import Contract

PROVENANCE = (("_file", "VARCHAR"), ("_line", "BIGINT"), ("_batch", "VARCHAR"), ("_known_on", "DATE"))
"""Columns every class has beside its own: where a record came from, and when it became known."""


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot in a list: its id, the day it was known, its last batch, and the classes that batch brought."""

    id: str
    known_on: date
    batch: str
    classes: tuple[str, ...]


def snapshot_id(batches: Sequence[Batch]) -> str:
    """SHA-256, in hex, of the deliveries in order: equal deliveries under equal contracts give an equal id."""
    return content_hash([batch.identity for batch in batches])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The current records as known on ``known_on``; ``batches`` are the deliveries it rests on, oldest first."""

    id: str
    known_on: date
    batches: tuple[Batch, ...]
    store: Store
    contracts: Mapping[str, Contract]
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A fresh in-memory connection with a view for each class.

        A view has the class's typed columns, and ``_file``, ``_line``, ``_batch``, ``_known_on``. It holds
        current records only: superseded ones are left out. A class that never came is an empty view.
        """
        con = duckdb.connect()
        self.attach(con, "main")
        return con

    def attach(self, con: duckdb.DuckDBPyConnection, schema: str) -> None:
        """Create the views in ``schema`` of an existing connection."""
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.name(schema)}")
        for contract in self.contracts.values():
            view = f"{sql.name(schema)}.{sql.name(contract.name)}"
            con.execute(f"CREATE VIEW {view} AS {self._select(contract)}")

    def has(self, class_name: str) -> bool:
        """Whether any record of the class was ever accepted."""
        return any(True for _ in self._segments(class_name))

    def files_of(self, class_name: str) -> int:
        """How many files of the class were taken in."""
        return sum(file.class_name == class_name for batch in self.batches for file in batch.files)

    def known(self, class_name: str) -> date | None:
        """The day the class was last delivered, or None."""
        return max(
            (b.known_on for b in self.batches for file in b.files if file.class_name == class_name),
            default=None,
        )

    def file(self, class_name: str, batch: str, name: str) -> TakenFile:
        """A file of the class that was taken in.

        Raises:
            KeyError: there is none of that name in the batch.
        """
        for one in self.batches:
            if one.name == batch:
                for file in one.files:
                    if file.class_name == class_name and file.name == name:
                        return file
        raise KeyError((class_name, batch, name))

    def batches_of_platform(self, class_name: str) -> list[str]:
        """The batches by which the platform itself wrote to the class."""
        return [
            batch.name
            for batch in self.batches
            if any(f.class_name == class_name and f.origin.startswith(f"{PLATFORM}:") for f in batch.files)
        ]

    def files_stated_after(self, class_name: str, day: date) -> list[tuple[str, str]]:
        """The (batch, file) of the class whose word is of a later day than ``day``."""
        return [
            (batch.name, file.name)
            for batch in self.batches
            for file in batch.files
            if file.class_name == class_name and (file.stated_on or batch.known_on) > day
        ]

    @property
    def coverage(self) -> Coverage:
        """What is covered of each class."""
        if "coverage" not in self._kept:
            said = [(b.known_on, read_coverage(self.coverage_file(b.name))) for b in self.batches]
            self._kept["coverage"] = coverage_of(said, self.contracts)
        coverage: Coverage = self._kept["coverage"]
        return coverage

    @property
    def waiting(self) -> Waiting:
        """The rows and cells that wait."""
        if "waiting" not in self._kept:
            self._kept["waiting"] = Waiting(self)
        waiting: Waiting = self._kept["waiting"]
        return waiting

    def coverage_file(self, batch: str) -> Path:
        """Where a batch says what it covers."""
        return self.store.root / "coverage" / batch / "covered.parquet"

    def history(self, class_name: str) -> str:
        """SQL for every record of the class that was ever accepted, also those superseded since.

        Columns: the contract's, ``_source``, ``_line`` and ``_batch``.
        """
        contract = self.contracts[class_name]
        parts = [
            f"SELECT {_cast(contract, dict(s.columns))}, {sql.text(b.name)} AS _batch"
            f" FROM read_parquet({sql.text(self._segment_file(b, s))})"
            for b, s in self._segments(class_name)
        ]
        if parts:
            return " UNION ALL ".join(parts)
        kinds = [(column.name, column.duckdb_type) for column in contract.columns]
        kinds += [("_source", "INTEGER"), ("_line", "BIGINT"), ("_batch", "VARCHAR")]
        return f"SELECT {', '.join(f'CAST(NULL AS {k}) AS {sql.name(n)}' for n, k in kinds)} WHERE FALSE"

    def _segments(self, class_name: str) -> list[tuple[Batch, Segment]]:
        return [(b, s) for b in self.batches for s in b.segments if s.class_name == class_name]

    def _select(self, contract: Contract) -> str:
        """The current records of a class: a plain union, less what later deliveries corrected."""
        segments = self._segments(contract.name)
        if not segments:
            return _nothing(contract)
        parts = []
        for columns, group in groupby(segments, key=lambda pair: pair[1].columns):
            files = [self._segment_file(b, s) for b, s in group]
            parts.append(f"SELECT {_cast(contract, dict(columns))} FROM read_parquet([{sql.texts(files)}])")
        own = sql.names((column.name for column in contract.columns), "record.")
        select = f"SELECT {own}, {self._provenance(contract)} FROM ({' UNION ALL '.join(parts)}) record"
        corrections = [pair for pair in segments if pair[1].corrected]
        tests = []
        for place, (key, group) in enumerate(groupby(corrections, key=lambda pair: pair[1].key)):
            later = f"later_{place}"
            select += _joined(key, [self._segment_file(b, s, ".corrected") for b, s in group], later)
            tests.append(f"({later}._before IS NULL OR record._source > {later}._before)")
        return select + (f" WHERE {' AND '.join(tests)}" if tests else "")

    def _provenance(self, contract: Contract) -> str:
        """:data:`PROVENANCE` of a stored row: it only carries the number of its file among the class's files."""
        files = [(f.name, b) for b in self.batches for f in b.files if f.class_name == contract.name]
        names = sql.texts(name for name, _ in files)
        batches = sql.texts(batch.name for _, batch in files)
        days = ", ".join(f"DATE '{batch.known_on}'" for _, batch in files)
        return f"[{names}][_source] AS _file, _line, [{batches}][_source] AS _batch, [{days}][_source] AS _known_on"

    def _segment_file(self, batch: Batch, segment: Segment, kind: str = "") -> Path:
        return self.store.root / "segments" / batch.name / f"{segment.class_name}{kind}.parquet"


def _nothing(contract: Contract) -> str:
    """SQL for no rows, with the columns of a class."""
    kinds = [(column.name, column.duckdb_type) for column in contract.columns] + list(PROVENANCE)
    return "SELECT " + ", ".join(f"CAST(NULL AS {k}) AS {sql.name(n)}" for n, k in kinds) + " WHERE FALSE"


def _joined(key: Sequence[str], files: Sequence[Path], later: str) -> str:
    """SQL that joins each ``record`` with how many files of its class had come before it was last corrected.

    A left join with so few keys costs next to nothing, and lets conditions on a record reach its file;
    NOT EXISTS reads every record first.
    """
    columns = sql.names(key)
    same = " AND ".join(f"{later}.{sql.name(column)} = record.{sql.name(column)}" for column in key)
    return (
        f" LEFT JOIN (SELECT {columns}, max(_before) AS _before FROM read_parquet([{sql.texts(files)}])"
        f" GROUP BY {columns}) {later} ON {same}"
    )


def _cast(contract: Contract, written: Mapping[str, str]) -> str:
    """The contract's columns out of a segment that may have been written under an older contract."""
    columns = []
    for column in contract.columns:
        name, kind = sql.name(column.name), column.duckdb_type
        if column.name not in written:
            columns.append(f"CAST(NULL AS {kind}) AS {name}")
        else:
            columns.append(name if written[column.name] == kind else f"CAST({name} AS {kind}) AS {name}")
    return ", ".join([*columns, "_source", "_line"])
