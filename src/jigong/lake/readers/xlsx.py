"""XLSX workbooks: the first sheet that has a known header, below any title rows."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.lake.readers.headers import HEADER_ROWS, find_header, match
from jigong.lake.readers.reading import Lines, Malformed, Reading, Stage
from jigong.lake.readers.xlsx_bounds import check_bounds
from jigong.packs.contract import Contract

_EXACT = 10**15
"""Excel keeps 15 digits; a longer number cell has lost its last ones already."""


def read_xlsx(file: Path, contract: Contract, stage: Stage, con: duckdb.DuckDBPyConnection) -> Reading:
    """Stage the rows of a workbook. Lines are the row numbers of the sheet.

    Raises:
        Refused: not a workbook, or a required column is missing.
    """
    rows, others = _sheet(file, contract)
    place = find_header([_texts(row) for row in rows[:HEADER_ROWS]], contract)
    headers = _texts(rows[place]) if rows else []
    matched = match(headers, contract)
    width = max((at + 1 for at, header in enumerate(headers) if header.strip()), default=0)
    cells: list[list[str]] = []
    skipped: list[int] = []
    malformed: list[Malformed] = []
    for line, row in enumerate(rows[place + 1 :], place + 2):
        texts = _texts(row)
        if not any(texts):
            skipped.append(line)
        elif any(texts[width:]):
            skipped.append(line)
            malformed.append(Malformed(line, "columns", "\t".join(texts).rstrip("\t")))
        else:
            cells.append(texts)
    columns = {
        f"c{at}": pa.array([row[at] or None for row in cells], pa.string()) for at in matched.columns.values()
    }
    con.register("sheet", pa.table(columns))
    try:
        stage("sheet", {column: f"c{at}" for column, at in matched.columns.items()})
    finally:
        con.unregister("sheet")
    ignored = (*matched.ignored, *(f"{name}!" for name in others))
    return Reading(Lines(place + 2, tuple(skipped)), malformed, ignored)


def _sheet(file: Path, contract: Contract) -> tuple[list[list[Any]], list[str]]:
    """The rows, from the first on, of the sheet with the best header; and the names of the other filled sheets."""
    check_bounds(file)
    try:
        book = CalamineWorkbook.from_path(str(file))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except (CalamineError, OSError, ValueError) as bad:
        raise Refused(
            "file:format", Text(f"不是完整的 XLSX 文件：{bad}", f"not a whole XLSX file: {bad}")
        ) from bad
    filled = {name: rows for name, rows in sheets.items() if any(any(row) for row in rows)}
    if not filled:
        raise Refused("file:format", Text("工作簿是空的", "the workbook is empty"))

    def fit(name: str) -> int:
        rows = [_texts(row) for row in filled[name][:HEADER_ROWS]]
        headers = {header for column in contract.columns for header in (*column.headers, column.name)}
        return len(headers.intersection(rows[find_header(rows, contract)]))

    best = max(filled, key=fit)
    return filled[best], [name for name in filled if name != best]


def _texts(row: Sequence[Any]) -> list[str]:
    return [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """A typed cell as a department would have typed it in a text file."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return _number(float(cell))
        case datetime() if cell.time() == time.min:
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return "" if cell is None else str(cell)


def _number(value: float) -> str:
    """A number with the 15 digits that Excel shows; in powers of ten when more digits were lost."""
    if abs(value) >= _EXACT:
        return repr(value) if "e" in repr(value) else f"{value:.14E}"
    return str(int(value)) if value.is_integer() else f"{value:.15g}"
