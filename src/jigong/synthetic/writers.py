"""Writing one file as a department would send it: CSV, XLSX or Parquet, with its wrong rows in it.

Every function returns where each extra row stands: the file's name, and the line counted as a reader sees it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jigong.packs.contract import Contract
from jigong.synthetic import styles
from jigong.synthetic.extras import Extra
from jigong.synthetic.repack import repack
from jigong.synthetic.styles import Cell, Style

Stand: TypeAlias = tuple[str, int]

_NO_TEXT = b"\xff\xfe"
_MARK = "\ufffd"
_ROW_GROUP = 122_880


@dataclass(frozen=True, slots=True)
class Job:
    """One file to write: the good rows are the table ``delivery`` of ``connection``."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    style: Style
    path: Path
    extras: Sequence[Extra]
    title: str
    dirty_share: float


def write(job: Job, kind: Literal["csv", "xlsx", "parquet"], encoding: str | None) -> list[Stand]:
    """Write the job's file; ``encoding`` is for CSV."""
    match kind:
        case "csv":
            return write_csv(job, encoding or "utf-8")
        case "xlsx":
            return write_xlsx(job)
        case "parquet":
            return write_parquet(job)


def write_csv(job: Job, encoding: str) -> list[Stand]:
    """Write a CSV with a header line; a torn last line where the class has a `columns` fault."""
    draft = job.path.with_suffix(".part")
    target = str(draft).replace("'", "''")
    job.connection.execute(f"COPY ({_select(job, sheet=False)}) TO '{target}' (FORMAT csv, HEADER)")
    good = row_count(job.connection)
    if encoding == "utf-8" and all(extra.after == good for extra in job.extras):
        draft.rename(job.path)
        with job.path.open("ab") as file:
            file.writelines(_csv_line(job, extra, encoding) for extra in job.extras)
    else:
        _weave(job, draft, encoding)
        draft.unlink()
    return [(job.path.name, extra.after + at + 2) for at, extra in enumerate(job.extras)]


def write_xlsx(job: Job) -> list[Stand]:
    """Write a sheet with a title row above the header."""
    write_sheet(job.path, job.contract.label.zh, chain([[job.title], job.style.headers], _sheet_rows(job)))
    return [(job.path.name, extra.after + at + 3) for at, extra in enumerate(job.extras)]


def write_parquet(job: Job) -> list[Stand]:
    """Write typed columns; the extra rows go as text into a file of their own, ``<name>-bad-rows.parquet``."""
    columns = ", ".join(
        f'"{column.name}" AS "{header}"'
        for column, header in zip(job.contract.columns, job.style.headers, strict=True)
    )
    reader = job.connection.sql(f"SELECT {columns} FROM delivery").to_arrow_reader(_ROW_GROUP)
    with pq.ParquetWriter(job.path, reader.schema) as writer:
        pending: list[pa.RecordBatch] = []
        for batch in reader:
            pending.append(batch)
            if sum(map(len, pending)) >= _ROW_GROUP:
                pending = _flush(writer, pending)
        while pending:
            pending = _flush(writer, pending)
    if not job.extras:
        return []
    beside = job.path.with_name(f"{job.path.stem}-bad-rows.parquet")
    write_text_parquet(beside, job.style.headers, [_texts(job, extra) for extra in job.extras])
    return [(beside.name, at + 2) for at, _ in enumerate(job.extras)]


def write_sheet(path: Path, name: str, rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook of one sheet; the same rows give the same bytes."""
    # Loaded only when needed: every command would pay for it.
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(name)
    for row in rows:
        sheet.append(row)
    book.save(path)
    repack(path)


def write_text_parquet(path: Path, headers: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Write ``rows`` of text."""
    arrays = [pa.array([row[at] for row in rows], pa.string()) for at in range(len(headers))]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(headers)), path)


def csv_text(cells: Sequence[str | None]) -> str:
    """One line of CSV with its line end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(["" if cell is None else cell for cell in cells])
    return buffer.getvalue()


def _flush(writer: pq.ParquetWriter, pending: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Write one row group; what is left over."""
    table = pa.Table.from_batches(pending)
    writer.write_table(table.slice(0, _ROW_GROUP))
    rest: list[pa.RecordBatch] = table.slice(_ROW_GROUP).to_batches()
    return rest


def row_count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many good rows the table ``delivery`` has."""
    return int(connection.execute("SELECT count(*) FROM delivery").fetchall()[0][0])


def _select(job: Job, *, sheet: bool) -> str:
    """The SELECT that writes the good rows: every cell as it stands in the file, some of them careless."""
    write = styles.sheet_sql if sheet else styles.text_sql
    cells = []
    dirty = job.dirty_share > 0 and job.contract.valid_time.kind != "month"
    for at, (column, header) in enumerate(zip(job.contract.columns, job.style.headers, strict=True)):
        cell = write(column, job.style)
        if dirty and (not sheet or column.kind in ("string", "boolean")):
            cell = f"CASE WHEN _cell = {at} THEN careless({cell}, u(_key, 'careless')) ELSE {cell} END"
        cells.append(f'{cell} AS "{header}"')
    if not dirty:
        return f"SELECT {', '.join(cells)} FROM delivery"
    key = ", ".join(f'"{name}"' for name in job.contract.key)
    return (
        f"SELECT {', '.join(cells)} FROM (SELECT *, CASE WHEN u(_key, 'dirty') < {job.dirty_share}"
        f" THEN floor(u(_key, 'dirty cell') * {len(cells)})::INTEGER END AS _cell"
        f" FROM (SELECT *, concat_ws('|', {key}) AS _key FROM delivery))"
    )


def _weave(job: Job, draft: Path, encoding: str) -> None:
    """Copy ``draft`` to its place in ``encoding``, with the extra lines among the good ones."""
    extras = iter(job.extras)
    extra = next(extras, None)
    with draft.open(encoding="utf-8", newline="") as source, job.path.open("wb") as target:
        for number, line in enumerate(source):
            target.write(line.encode(encoding))
            while extra is not None and extra.after == number:
                target.write(_csv_line(job, extra, encoding))
                extra = next(extras, None)


def _csv_line(job: Job, extra: Extra, encoding: str) -> bytes:
    kind = extra.wrong.fault.kind if extra.wrong else None
    cells = _texts(job, extra)
    if kind == "columns" and extra is job.extras[-1]:
        return csv_text(cells[: max(len(cells) // 2, 1)]).rstrip("\n").encode(encoding)
    if kind == "columns":
        cells.append("1")
    if kind == "encoding" and extra.wrong:
        at = [column.name for column in job.contract.columns].index(extra.wrong.fault.column or "")
        cells[at] = f"{cells[at] or ''}{_MARK}"
        head, _, tail = csv_text(cells).partition(_MARK)
        return head.encode(encoding) + _NO_TEXT + tail.encode(encoding)
    return csv_text(cells).encode(encoding)


def _sheet_rows(job: Job) -> Iterator[list[Cell]]:
    done, extras = 0, list(job.extras)
    cursor = job.connection.execute(_select(job, sheet=True))
    while rows := cursor.fetchmany(5_000):
        for row in rows:
            while extras and extras[0].after == done:
                yield _cells(job, extras.pop(0))
            yield list(row)
            done += 1
    yield from (_cells(job, extra) for extra in extras)


def _texts(job: Job, extra: Extra) -> list[str | None]:
    raw = extra.wrong.raw if extra.wrong else {}
    return [
        raw[column.name] if column.name in raw else styles.text(column, extra.row[column.name], job.style)
        for column in job.contract.columns
    ]


def _cells(job: Job, extra: Extra) -> list[Any]:
    raw = extra.wrong.raw if extra.wrong else {}
    return [
        raw[column.name] if column.name in raw else styles.cell(column, extra.row[column.name], job.style)
        for column in job.contract.columns
    ]
