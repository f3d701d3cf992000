"""Which rows and cells of the quarantine still wait in a snapshot, and what could be read of them.

A row waits until a later delivery brings its record (found by its key, or by everything else in it where the key is
what was wrong), until a later delivery of the owner covers what it was to be part of, or until its office and a
second person set it aside. A lost cell waits in the same way. What waits makes facts unknown (ADR 20).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.coverage import Covered
from jigong.lake.ghosts import read_waiting
from jigong.lake.parts import QUARANTINE
from jigong.lake.waiting_ended import READABLE, ended

if TYPE_CHECKING:
    from jigong.lake.quarantine import QuarantinedRow
    from jigong.lake.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: the columns it is about, the reason, and the reason in words."""

    columns: tuple[str, ...]
    reason: str
    message: Text


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits; or, where ``cells`` names some, a record that was accepted without them.

    ``row`` is the row as sent; None where it could not be cut, and then ``text`` is what stood there. ``known_on``
    is when it came. ``number`` names it within its snapshot.
    """

    number: int
    class_name: str
    batch: str
    file: str
    line: int
    known_on: date
    faults: tuple[Fault, ...]
    row: Mapping[str, str | None] | None
    text: str | None
    cells: tuple[str, ...] = ()

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The columns of which nothing can be said, because their own cell is at fault."""
        return tuple(
            column
            for fault in self.faults
            if fault.reason not in READABLE and not fault.reason.startswith("rule:")
            for column in fault.columns
        )


class Waiting:
    """Everything that waits in one snapshot."""

    def __init__(self, snapshot: "Snapshot") -> None:
        self._snapshot = snapshot
        self._keys: dict[str, pa.Table | None] = {}

    @cached_property
    def rows(self) -> tuple[WaitingRow, ...]:
        """The rows and lost cells that wait, in the order they came."""
        came = self._came()
        by_class: dict[str, list[WaitingRow]] = {}
        for row in came:
            by_class.setdefault(row.class_name, []).append(row)
        over: set[int] = set()
        if came:
            covered = self._covered()
            with sql.scratch() as con:
                for name, rows in by_class.items():
                    contract = self._snapshot.contracts[name]
                    newest = self._newest(name)
                    said = self._snapshot.batches.stated(name)
                    # What came last waits whatever it says, unless it is the word of an earlier day.
                    rows = [row for row in rows if row.batch < newest or (row.batch, row.file) in said]
                    if not rows:
                        continue
                    read_waiting(con, self._snapshot, contract, rows)
                    over |= ended(con, self._snapshot, contract, rows, covered.get(name, ()), said)
        return tuple(row for row in came if row.number not in over)

    def of(self, class_name: str) -> tuple[WaitingRow, ...]:
        """What waits of one class."""
        return tuple(row for row in self.rows if row.class_name == class_name)

    def references(self) -> dict[str, list[WaitingRow]]:
        """By class the rows that wait for a record they refer to."""
        found: dict[str, list[WaitingRow]] = {}
        for row in self.rows:
            waits = any(fault.reason == "reference" for fault in row.faults)
            if waits and row.row is not None and not row.cells:
                found.setdefault(row.class_name, []).append(row)
        return found

    def keys(self, class_name: str) -> pa.Table | None:
        """The keys, as far as they could be read, of what waits of a class; None where nothing does."""
        if class_name not in self._keys:
            rows = self.of(class_name)
            contract = self._snapshot.contracts.get(class_name)
            if not rows or contract is None:
                self._keys[class_name] = None
            else:
                with sql.scratch() as con:
                    read_waiting(con, self._snapshot, contract, rows)
                    names = sql.names(contract.key)
                    some = " AND ".join(f"{sql.name(c)} IS NOT NULL" for c in contract.key)
                    keys: pa.Table = con.sql(f"SELECT {names} FROM read WHERE {some}").to_arrow_table()
                    self._keys[class_name] = keys if keys.num_rows else None
        return self._keys[class_name]

    def _newest(self, class_name: str) -> str:
        """The last batch with a file of the class: what came with it waits whatever it says."""
        classes = self._snapshot.batches.classes
        return classes[class_name].batch if class_name in classes else ""

    def _came(self) -> list[WaitingRow]:
        """Every row and lost cell that ever came, less those that were set aside."""
        snapshot = self._snapshot
        stored = snapshot.stored(QUARANTINE)
        if not stored:
            return []
        with sql.scratch() as con:
            rows = con.execute(
                "SELECT _batch, class, file, line, cell, any_value(_known_on), list(columns ORDER BY columns, reason),"
                " list(reason ORDER BY columns, reason), list(zh ORDER BY columns, reason),"
                " list(en ORDER BY columns, reason), any_value(row), any_value(value)"
                f" FROM ({stored}) GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        aside = {(a.batch, a.class_name, a.file, a.line) for a in snapshot.batches.aside}
        found: list[WaitingRow] = []
        for batch, name, file, line, cell, known_on, columns, reasons, zh, en, row, value in rows:
            if (batch, name, file, line) in aside or name not in snapshot.contracts:
                continue
            faults = tuple(
                Fault(tuple((c or "").split(",")) if c else (), reason, Text(z, e))
                for c, reason, z, e in zip(columns, reasons, zh, en, strict=True)
            )
            found.append(
                WaitingRow(
                    len(found),
                    name,
                    batch,
                    file,
                    line,
                    known_on,
                    faults,
                    json.loads(row) if row else None,
                    None if row else value,
                    tuple(c for fault in faults for c in fault.columns) if cell else (),
                )
            )
        return found

    def _covered(self) -> dict[str, list[tuple[str, Covered]]]:
        """By class what each batch covered, with the batch's name."""
        found: dict[str, list[tuple[str, Covered]]] = {}
        for batch, _, row in self._snapshot.covered:
            found.setdefault(row.class_name, []).append((batch, row))
        return found


def still_waiting(snapshot: "Snapshot", rows: Sequence["QuarantinedRow"]) -> list["QuarantinedRow"]:
    """Those faults whose row or cell still waits in the snapshot."""
    places = {(row.batch, row.class_name, row.file, row.line) for row in snapshot.waiting.rows}
    return [row for row in rows if (row.batch, row.class_name, row.file, row.line) in places]
