"""From a file, or rows of JSON, to rows of text by contract column; read exactly as the lake reads files."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import duckdb

from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.lake.readers.csv import read_csv
from jigong.lake.readers.reading import Reading
from jigong.lake.readers.workbook import EMPTY, read_workbook
from jigong.lake.readers.workbook_bounds import check_bounds
from jigong.lake.reasons import FILE, FILE_REMEDY, ROW, ROW_REMEDY
from jigong.packs.contract import Contract

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
_MAX_XML = 64 * 1024 * 1024
"""Bytes a workbook of so many rows unfolds to at most; a larger one would only fill the memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stood (from 1) and its cells by contract column, as sent; empty cells are left out."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, and what to do; ``column`` is None where the whole row is meant."""

    line: int
    column: str | None
    value: str | None
    message: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: rows, faults of rows that could not be cut into cells, headers nothing asks for."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    ignored: tuple[str, ...] = ()


def read_file(
    name: str, content: bytes, contract: Contract, *, filled: str | None = None, listed: str | None = None
) -> Sent:
    """The rows of a CSV or XLSX file; the column ``filled``, which the platform fills in, may be left out.

    Rows with nothing but the column ``listed`` are those of the template nobody touched: they are no rows.

    Raises:
        JigongError: too large, not such a file, a required column is missing, no rows or too many.
    """
    if len(content) > MAX_BYTES:
        raise too_large()
    kind = PurePath(name).suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise error(
            f"不支持“{kind or name}”文件",
            f"“{kind or name}” files are not supported",
            remedy=("请上传 .xlsx 或 .csv", "send an .xlsx or a .csv file"),
        )
    own = (replace(c, required=c.required and c.name != filled) for c in contract.columns)
    contract = replace(contract, columns=tuple(own))
    rows: list[Sequence[str | None]] = []
    columns: list[str] = []
    with tempfile.TemporaryDirectory(prefix="report-") as folder, duckdb.connect() as con:
        path = Path(folder) / f"sent{kind}"
        path.write_bytes(content)

        def stage(relation: str, raw: Mapping[str, str]) -> int:
            (count,) = con.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,)
            _check_most(count)
            columns[:] = list(raw)
            rows[:] = con.execute(f"SELECT {', '.join(raw.values())} FROM {relation}").fetchall()
            return len(rows)

        others: tuple[str, ...] = ()
        try:
            if kind == ".csv":
                lines = content.count(b"\n")
                # A cell may hold line breaks; rows that cannot be cut into cells are counted nowhere else.
                _check_most(lines // 2)
                reading = read_csv(path, lines, contract, stage, con, Path(folder) / "spare")
            else:
                check_bounds(path, _MAX_XML)
                book = read_workbook(path, contract)
                if len(book.sheets) > 1:
                    raise _several([sheet.name for sheet in book.sheets])
                reading = book.sheets[0].stage(stage, con)
                others = tuple(f"{sheet.name}!" for sheet in book.left if sheet.why != EMPTY)
        except Refused as bad:
            raise error(
                f"{FILE[bad.reason].zh}:{bad.detail.zh}",
                f"{FILE[bad.reason].en}: {bad.detail.en}",
                remedy=(FILE_REMEDY[bad.reason].zh, FILE_REMEDY[bad.reason].en),
            ) from None
    found = tuple(row for row in _rows(rows, columns, reading) if set(row.cells) != {listed})
    malformed = tuple(_malformed(reading))
    _check_count(len(found) or len(malformed))
    return Sent(found, malformed, (*reading.ignored, *others))


def read_rows(rows: Sequence[Mapping[str, object]], contract: Contract) -> Sent:
    """Rows of JSON, numbered from 1; keys are the contract's column names.

    Raises:
        JigongError: no rows or too many.
    """
    _check_count(len(rows))
    known = {column.name for column in contract.columns}
    ignored = sorted({key for row in rows for key in row if key not in known})
    made = (
        Row(line, {key: text for key, value in row.items() if key in known and (text := _text(value))})
        for line, row in enumerate(rows, 1)
    )
    return Sent(tuple(made), (), tuple(ignored))


def write_csv(rows: Sequence[Row], contract: Contract) -> bytes:
    """The rows as the lake takes them: one line each after the header, in UTF-8."""
    names = [column.name for column in contract.columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    # A line break inside a cell would make lines and rows differ; no class has a use for one.
    writer.writerows([" ".join(row.cells.get(name, "").splitlines()) for name in names] for row in rows)
    return text.getvalue().encode()


def too_large() -> Exception:
    """The refusal of a file beyond :data:`MAX_BYTES`."""
    return error(
        f"文件超过 {MAX_BYTES // 1024 // 1024} MB，没有接收",
        f"the file is larger than {MAX_BYTES // 1024 // 1024} MB and was not taken",
        remedy=("分成几个文件上传", "split it into several files"),
    )


def _several(sheets: Sequence[str]) -> JigongError:
    names = "、".join(sheets)
    return error(
        f"有几张工作表都像要报的数据：{names}",
        f"several sheets look like the data: {', '.join(sheets)}",
        remedy=("合到一张表里再上传", "put the rows into one sheet and send it again"),
    )


def _check_count(count: int) -> None:
    if not count:
        raise error(
            "没有数据行", "there are no rows", remedy=("填好后再上传", "fill it in and send it again")
        )
    _check_most(count)


def _check_most(count: int) -> None:
    if count > MAX_ROWS:
        raise error(
            f"一次最多 {MAX_ROWS:,} 行，这里有 {count:,} 行",
            f"at most {MAX_ROWS:,} rows at a time; here are {count:,}",
            remedy=("分几次报送", "send them in several parts"),
        )


def _rows(rows: Sequence[Sequence[str | None]], columns: Sequence[str], reading: Reading) -> list[Row]:
    shifts = reading.lines.shifts()
    made, skipped, place = [], 0, 0
    for index, cells in enumerate(rows):
        while place < len(shifts) and shifts[place][0] <= index:
            skipped = shifts[place][1]
            place += 1
        filled = {
            name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell and cell.strip()
        }
        made.append(Row(reading.lines.first + index + skipped, filled))
    spoilt = [Row(bad.line, {k: v for k, v in bad.cells.items() if v}) for bad in reading.spoilt]
    return sorted([*made, *spoilt], key=lambda row: row.line)


def _malformed(reading: Reading) -> list[Fault]:
    return [
        Fault(bad.line, None, bad.text[:80], ROW[bad.reason], ROW_REMEDY[bad.reason])
        for bad in reading.malformed
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
