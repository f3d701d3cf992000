"""Read the quarantine: which rows wait there, where they stood, and why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One fault of a row: where it stood (``line`` as the file's reader counts), what was sent, and why not.

    ``column`` is None when the row could not be cut into cells; several columns are joined by commas.
    ``row`` is the whole row as sent, by column, or None when it could not be cut. ``cell`` says that only this
    cell was lost: the row itself was accepted.
    """

    class_name: str
    batch: str
    file: str
    line: int
    column: str | None
    value: str | None
    reason: str
    message: Text
    remedy: Text
    row: Mapping[str, str | None] | None
    cell: bool = False


def quarantined_rows(
    lake: Lake, class_name: str | None = None, limit: int | None = None, batch: str | None = None
) -> list[QuarantinedRow]:
    """The faults of one class or of all, of one delivery or of all, the newest first, then by file and line; at most ``limit``."""
    rows: list[QuarantinedRow] = []
    with duckdb.connect() as con:
        for taken in reversed(lake.store.current()) if batch is None else [batch]:
            for file in sorted((lake.root / "quarantine" / taken).glob(f"{class_name or '*'}.parquet")):
                rows += _read(con, file, taken, None if limit is None else limit - len(rows))
                if limit is not None and len(rows) >= limit:
                    return rows
    return rows


def _read(con: duckdb.DuckDBPyConnection, file: Path, batch: str, limit: int | None) -> list[QuarantinedRow]:
    found = con.execute(
        "SELECT class, file, line, columns, value, reason, zh, en, remedy_zh, remedy_en, row, cell"
        f" FROM read_parquet({sql.text(file)}) ORDER BY file, line, reason, columns"
        + (f" LIMIT {limit}" if limit is not None else "")
    ).fetchall()
    return [
        QuarantinedRow(
            name,
            batch,
            source,
            line,
            columns,
            value,
            reason,
            Text(zh, en),
            Text(todo_zh, todo_en),
            row and json.loads(row),
            cell,
        )
        for name, source, line, columns, value, reason, zh, en, todo_zh, todo_en, row, cell in found
    ]
