"""Which rows and cells wait no more: what came later brought them, took their record back, or said the whole without them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from jigong.lake import sql
from jigong.lake.claims import ENTERPRISE, PLATFORM
from jigong.lake.coverage import Covered
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot
    from jigong.lake.waiting import WaitingRow

READABLE = ("reference", "conflict", "overlap", "circle", "left_out", "withdrawal")
"""Faults of rows whose cells can be read all the same."""


def ended(
    con: duckdb.DuckDBPyConnection,
    snapshot: "Snapshot",
    contract: Contract,
    rows: Sequence["WaitingRow"],
    covered: Sequence[tuple[str, Covered]],
    said: Mapping[tuple[str, str], date],
) -> set[int]:
    """The numbers of those ``rows`` of a class, read into ``con`` as ``read``, that wait no more.

    ``covered`` is what each batch covered of the class, with the batch's name; ``said`` are the days of the files (by
    batch and name) that are the word of an earlier day than the one they came on.
    """
    return (
        _accepted_later(con, snapshot, contract, rows, said)
        | _withdrawn_later(con, snapshot, contract)
        | _covered_later(con, snapshot, contract, rows, covered, said)
    )


def _accepted_later(
    con: duckdb.DuckDBPyConnection,
    snapshot: "Snapshot",
    contract: Contract,
    rows: Sequence["WaitingRow"],
    said: Mapping[tuple[str, str], date],
) -> set[int]:
    """Those whose record the owner, or whom they came from, brought later, in a later batch or as the word of a later day.

    An export of an earlier day knows nothing of what came since. The platform's word ends of a lost cell only what it
    corrected, and of a row that waits nothing: the rest of it is still the owner's to say.
    """
    history = snapshot.history(contract.name)
    newer = "r._batch > w._batch"
    if said:
        days = ", ".join(f"({sql.texts(file)}, DATE '{day}')" for file, day in said.items())
        each = f"(VALUES {days}) s(batch, name, day)"
        known = f"coalesce((SELECT day FROM {each} WHERE batch = r._batch AND name = r._file), r._known_on)"
        came = f"coalesce((SELECT day FROM {each} WHERE batch = w._batch AND name = w._file), w._came)"
        newer = f"({newer} AND {known} >= {came} OR {known} > {came})"
    newer += f" AND {_may_end(snapshot, contract)}"
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


def _may_end(snapshot: "Snapshot", contract: Contract) -> str:
    """SQL over a record ``r`` and a row ``w`` that waits: whether the one is a word on all that the other says."""
    origins = snapshot.batches.origins(contract.name)

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
    corrected = f"split_part({of('r')}, ':', 1) = {sql.text(PLATFORM)} AND list_has_all([{filled}], w._cells)"
    return f"({others} OR coalesce({corrected}, FALSE))"


def _withdrawn_later(con: duckdb.DuckDBPyConnection, snapshot: "Snapshot", contract: Contract) -> set[int]:
    """Those whose record was withdrawn since: whatever the row says, or the cell, it is of no record any more."""
    key = ", ".join(f"CAST(w.{sql.name(c)} AS VARCHAR)" for c in contract.key)
    found = con.execute(
        f"SELECT DISTINCT w._ghost FROM read w JOIN ({snapshot.withdrawn(contract.name)}) d ON d.key = [{key}]"
        " WHERE d._batch > w._batch AND d.day >= w._came"
    ).fetchall()
    return {number for (number,) in found}


def _covered_later(
    con: duckdb.DuckDBPyConnection,
    snapshot: "Snapshot",
    contract: Contract,
    rows: Sequence["WaitingRow"],
    mine: Sequence[tuple[str, Covered]],
    said: Mapping[tuple[str, str], date],
) -> set[int]:
    """Those that belong to what a later delivery of the owner covers: it said the whole anew, without them."""
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
            said_of = _scope(snapshot, contract, row)
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


def _scope(snapshot: "Snapshot", contract: Contract, row: "WaitingRow") -> str | None:
    """For whom the file of a row said that it speaks."""
    claim = snapshot.batches.file(contract.name, row.batch, row.file).claim
    return str(claim[4]) if claim and claim[4] else None


def _known_by(contract: Contract, row: "WaitingRow") -> Iterator[tuple[str, ...]]:
    """The sets of columns by which the row may be found again."""
    if row.row is None:
        return
    if not set(row.unreadable).intersection(contract.key):
        yield tuple(contract.key)
    wrong = {c for fault in row.faults if fault.reason not in READABLE for c in fault.columns}
    rest = [column for column in contract.columns if column.name not in wrong]
    if wrong.intersection(contract.key) and any(column.identifier for column in rest):
        yield tuple(column.name for column in rest)
