"""Which rows and cells of the quarantine still wait in a snapshot, and what could be read of them.

A row waits until a later delivery brings its record (found by its key, or by everything else in it where the key is
what was wrong), until a later delivery of the owner covers what it was to be part of, or until its office and a
second person set it aside. A lost cell waits in the same way. What waits makes facts unknown (ADR 20).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.additions import additions
from jigong.lake.claims import ENTERPRISE, PLATFORM
from jigong.lake.coverage import Covered
from jigong.lake.identifiers import valid
from jigong.lake.parts import QUARANTINE, WAITING, Part
from jigong.lake.stored import columns_of, with_batches
from jigong.packs.contract import Column, Contract, Identifier

if TYPE_CHECKING:
    from jigong.lake.quarantine import QuarantinedRow
    from jigong.lake.snapshot import Snapshot

NUMBERS: Mapping[Identifier, str] = {
    "citizen": "[0-9]{17}[0-9Xx]",
    "person": "[0-9]{17}[0-9Xx]",
    "credit_code": "[0-9A-HJ-NPQRTUWXY]{18}",
}
"""How a number is found again in a row whose cells have slipped."""

_READABLE = ("reference", "conflict", "overlap", "circle", "left_out", "withdrawal")
"""Faults of rows whose cells can be read all the same."""


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
            if fault.reason not in _READABLE and not fault.reason.startswith("rule:")
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
        ended: set[int] = set()
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
                    self._read(con, contract, rows)
                    ended |= self._accepted_later(con, contract, rows, said)
                    ended |= self._withdrawn_later(con, contract)
                    ended |= self._covered_later(con, contract, rows, covered, said)
        return tuple(row for row in came if row.number not in ended)

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
                    self._read(con, contract, rows)
                    names = sql.names(contract.key)
                    some = " AND ".join(f"{sql.name(c)} IS NOT NULL" for c in contract.key)
                    keys: pa.Table = con.sql(f"SELECT {names} FROM read WHERE {some}").to_arrow_table()
                    self._keys[class_name] = keys if keys.num_rows else None
        return self._keys[class_name]

    def attach(self, con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        """Make, for each class of which anything waits, a table of ghosts in ``con``; the names of those classes.

        The table ``ghost <class>`` has the class's columns (NULL where a cell could not be read), ``_ghost`` (the
        number of the row that waits) and ``_cells`` (the cells that were lost; NULL where the whole row waits). A
        row may stand there several times: as sent, as the record it was to replace, and once for each number
        found in it where the cell for that number could not be read. The table ``named`` (``class_name``,
        ``ghost``, ``number``) has the people and enterprises named in rows of which a key or another number could
        not be read: what such a row is about, only they can tell. The table ``additions`` (``class_name``,
        ``ghost``) has the rows that could only add a record.
        """
        con.execute("CREATE OR REPLACE TABLE named (class_name VARCHAR, ghost BIGINT, number VARCHAR)")
        con.execute("CREATE OR REPLACE TABLE additions (class_name VARCHAR, ghost BIGINT)")
        made = []
        for name in dict.fromkeys(row.class_name for row in self.rows):
            contract = self._snapshot.contracts[name]
            self._read(con, contract, self.of(name))
            own = sql.names(c.name for c in contract.columns)
            on = " AND ".join(f"w.{sql.name(c)} = r.{sql.name(c)}" for c in contract.key)
            parts = [f"SELECT {own}, _ghost, _cells FROM read"]
            recorded = sql.names((c.name for c in contract.columns), "r.")
            parts.append(
                f"SELECT {recorded}, w._ghost, w._cells FROM read w JOIN {sql.name(name)} r ON {on}"
                " WHERE w._cells IS NULL"
            )
            numbers = [c for c in contract.columns if c.identifier in NUMBERS]
            lacking = "".join(f", bool_or({sql.name(c.name)} IS NULL)" for c in numbers)
            found = con.execute(f"SELECT count(*){lacking} FROM read").fetchall()[0]
            for column, lacks in zip(numbers, found[1:], strict=True):
                if lacks:
                    parts.append(_found_in_text(contract, column))
            con.execute(f"CREATE OR REPLACE TABLE {ghost_table(name)} AS {' UNION '.join(parts)}")
            needed = [
                c.name for c in contract.columns if c.name in contract.key or (c.identifier and c.required)
            ]
            blind = " OR ".join(f"{sql.name(column)} IS NULL" for column in needed)
            for column in numbers:
                con.execute(
                    f"INSERT INTO named SELECT DISTINCT {sql.text(name)}, _ghost, {sql.name(column.name)} FROM read"
                    f" WHERE _cells IS NULL AND ({blind}) AND {sql.name(column.name)} IS NOT NULL"
                )
            adding = additions(con, contract, self.of(name), ghost_table(name), [c.name for c in numbers])
            con.execute("INSERT INTO additions SELECT ?, unnest(?::BIGINT[])", [name, adding])
            con.execute("DROP TABLE read")
            made.append(name)
        return tuple(made)

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

    def _read(self, con: duckdb.DuckDBPyConnection, contract: Contract, rows: Sequence[WaitingRow]) -> None:
        """Make the table ``read``: what could be read of the rows, with number, batch and text."""
        con.register(
            "marks",
            pa.table(
                {
                    "_ghost": pa.array([row.number for row in rows], pa.int64()),
                    "_batch": pa.array([row.batch for row in rows], pa.string()),
                    "_came": pa.array([row.known_on for row in rows], pa.date32()),
                    "_file": pa.array([row.file for row in rows], pa.string()),
                    "_line": pa.array([row.line for row in rows], pa.int64()),
                    "_whole": pa.array([not row.cells for row in rows], pa.bool_()),
                }
            ),
        )
        root, wanted = self._snapshot.store.root, {row.batch for row in rows}
        parts = [
            part
            for part in self._snapshot.batches.parts(WAITING, contract.name)
            if part.told or part.batches[0] in wanted
        ]
        # Files of an older contract lack a column, or have it of another kind.
        alike: dict[tuple[tuple[str, str], ...], list[Part]] = {}
        for part in parts:
            alike.setdefault(part.columns or columns_of(root, part), []).append(part)
        selects = []
        for columns, those in alike.items():
            written = dict(columns)
            cells = ", ".join(
                f"CAST({sql.name(c.name) if c.name in written else 'NULL'} AS {c.duckdb_type}) AS {sql.name(c.name)}"
                for c in contract.columns
            )
            selects.append(
                f"SELECT {cells}, _batch, _file, _line, _whole, _cells, _text FROM ({with_batches(root, those)})"
            )
        own = sql.names(column.name for column in contract.columns)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE read AS SELECT {own}, _ghost, _batch, _came, _file,"
            " CASE WHEN NOT _whole THEN _cells END AS _cells, _text"
            f" FROM ({' UNION ALL '.join(selects)}) JOIN marks USING (_batch, _file, _line, _whole)"
        )
        con.unregister("marks")

    def _accepted_later(
        self,
        con: duckdb.DuckDBPyConnection,
        contract: Contract,
        rows: Sequence[WaitingRow],
        said: Mapping[tuple[str, str], date],
    ) -> set[int]:
        """Those whose record the owner, or whom they came from, brought later, in a later batch or as the word of a later day.

        An export of an earlier day knows nothing of what came since. The platform's word ends of a lost cell only what it
        corrected, and of a row that waits nothing: the rest of it is still the owner's to say.
        """
        history = self._snapshot.history(contract.name)
        newer = "r._batch > w._batch"
        if said:
            days = ", ".join(f"({sql.texts(file)}, DATE '{day}')" for file, day in said.items())
            each = f"(VALUES {days}) s(batch, name, day)"
            known = (
                f"coalesce((SELECT day FROM {each} WHERE batch = r._batch AND name = r._file), r._known_on)"
            )
            came = f"coalesce((SELECT day FROM {each} WHERE batch = w._batch AND name = w._file), w._came)"
            newer = f"({newer} AND {known} >= {came} OR {known} > {came})"
        newer += f" AND {self._may_end(contract)}"
        ended: set[int] = set()
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in rows:
            for columns in _known_by(contract, row):
                groups.setdefault(columns, []).append(row.number)
        for columns, numbers in groups.items():
            same = " AND ".join(f"r.{sql.name(c)} IS NOT DISTINCT FROM w.{sql.name(c)}" for c in columns)
            found = con.execute(
                f"SELECT DISTINCT w._ghost FROM read w JOIN ({history}) r ON {same}"
                f" WHERE {newer} AND w._ghost IN (SELECT unnest(?))",
                [numbers],
            ).fetchall()
            ended |= {number for (number,) in found}
        return ended

    def _may_end(self, contract: Contract) -> str:
        """SQL over a record ``r`` and a row ``w`` that waits: whether the one is a word on all that the other says."""
        origins = self._snapshot.batches.origins(contract.name)

        def of(table: str) -> str:
            return (
                f"(SELECT any_value(origin) FROM ({origins}) o"
                f" WHERE o.batch = {table}._batch AND o.name = {table}._file)"
            )

        others = f"{of('r')} = {of('w')}"
        if contract.owner != ENTERPRISE:
            others = f"(split_part({of('r')}, ':', 1) = {sql.text(contract.owner)} OR {others})"
        cells = [c.name for c in contract.columns if c.name not in contract.key]
        filled = ", ".join(f"CASE WHEN r.{sql.name(c)} IS NOT NULL THEN {sql.text(c)} END" for c in cells)
        corrected = (
            f"split_part({of('r')}, ':', 1) = {sql.text(PLATFORM)} AND list_has_all([{filled}], w._cells)"
        )
        return f"({others} OR coalesce({corrected}, FALSE))"

    def _withdrawn_later(self, con: duckdb.DuckDBPyConnection, contract: Contract) -> set[int]:
        """Those whose record was withdrawn since: whatever the row says, or the cell, it is of no record any more."""
        key = ", ".join(f"CAST(w.{sql.name(c)} AS VARCHAR)" for c in contract.key)
        found = con.execute(
            f"SELECT DISTINCT w._ghost FROM read w JOIN ({self._snapshot.withdrawn(contract.name)}) d ON d.key = [{key}]"
            " WHERE d._batch > w._batch AND d.day >= w._came"
        ).fetchall()
        return {number for (number,) in found}

    def _covered_later(
        self,
        con: duckdb.DuckDBPyConnection,
        contract: Contract,
        rows: Sequence[WaitingRow],
        covered: Mapping[str, Sequence[tuple[str, Covered]]],
        said: Mapping[tuple[str, str], date],
    ) -> set[int]:
        """Those that belong to what a later delivery of the owner covers: it said the whole anew, without them."""
        mine = covered.get(contract.name, ())
        if not mine:
            return set()
        by = contract.covers.by
        month = contract.valid_time.start if contract.valid_time.kind == "month" else None
        cells = {
            number: (scope, when)
            for number, scope, when in con.execute(
                f"SELECT _ghost, {sql.name(by) if by else 'NULL'}, {sql.name(month) if month else 'NULL'} FROM read"
            ).fetchall()
        }
        ended = set()
        for row in rows:
            scope, when = cells[row.number]
            # An export of an earlier day knows nothing of a row that came since.
            day = said.get((row.batch, row.file), row.known_on)
            since = [c for batch, c in mine if batch > row.batch and c.until >= day]
            own = {c.month for batch, c in mine if batch == row.batch and c.file == row.file and c.month}
            wanted = {when} if when is not None else own
            # A row that does not say whose it is, is of those its file speaks for, or else of anybody.
            scopes: tuple[str | None, ...] = (scope,)
            if by and scope not in contract.covers.scopes:
                said_of = self._scope(contract, row)
                scopes = (said_of,) if said_of else contract.covers.scopes or (scope,)
            over = [
                any(c.kind == "register" for c in later)
                if month is None
                else bool(wanted) and wanted <= {c.month for c in later}
                for one in scopes
                for later in [[c for c in since if c.scope in (None, one)]]
            ]
            if all(over):
                ended.add(row.number)
        return ended

    def _scope(self, contract: Contract, row: WaitingRow) -> str | None:
        """For whom the file of a row said that it speaks."""
        claim = self._snapshot.batches.file(contract.name, row.batch, row.file).claim
        return str(claim[4]) if claim and claim[4] else None


def ghost_table(class_name: str) -> str:
    """The name, quoted, of the table with what waits of a class."""
    return sql.name(f"ghost {class_name}")


def _all_text(row: WaitingRow) -> str:
    return " ".join(cell for cell in row.row.values() if cell) if row.row else row.text or ""


def _known_by(contract: Contract, row: WaitingRow) -> Iterator[tuple[str, ...]]:
    """The sets of columns by which the row may be found again."""
    if row.row is None:
        return
    if not set(row.unreadable).intersection(contract.key):
        yield tuple(contract.key)
    wrong = {c for fault in row.faults if fault.reason not in _READABLE for c in fault.columns}
    rest = [column for column in contract.columns if column.name not in wrong]
    if wrong.intersection(contract.key) and any(column.identifier for column in rest):
        yield tuple(column.name for column in rest)


def _found_in_text(contract: Contract, column: Column) -> str:
    """SQL for ghosts with a number found elsewhere in the row, where the cell for it could not be read."""
    own = ", ".join(
        f"upper(_number) AS {sql.name(c.name)}" if c == column else sql.name(c.name) for c in contract.columns
    )
    identifier = column.identifier
    assert identifier is not None
    return (
        f"SELECT {own}, _ghost, _cells FROM (SELECT *, unnest(regexp_extract_all(_text, '{NUMBERS[identifier]}'))"
        f" AS _number FROM read WHERE {sql.name(column.name)} IS NULL) WHERE {valid(identifier, 'upper(_number)')}"
    )


def still_waiting(snapshot: "Snapshot", rows: Sequence["QuarantinedRow"]) -> list["QuarantinedRow"]:
    """Those faults whose row or cell still waits in the snapshot."""
    places = {(row.batch, row.class_name, row.file, row.line) for row in snapshot.waiting.rows}
    return [row for row in rows if (row.batch, row.class_name, row.file, row.line) in places]
