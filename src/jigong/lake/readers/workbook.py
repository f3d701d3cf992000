"""Workbooks (.xlsx, .xls): every visible sheet with a fitting header, below any title rows; the others are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from jigong.kernel.text import Text
from jigong.lake.errors import Left, Refused
from jigong.lake.readers.headers import HEADER_ROWS, find_header, known_columns, match
from jigong.lake.readers.reading import Lines, Malformed, Reading, Stage
from jigong.lake.readers.workbook_bounds import check_area, check_bounds
from jigong.packs.contract import Contract

_EXACT = 10**15
"""Excel keeps 15 digits; a longer number cell has lost its last ones already."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that could be read: its cells by contract column, and what was found beside them."""

    name: str
    cells: pa.Table
    reading: Reading

    def stage(self, stage: Stage, con: duckdb.DuckDBPyConnection) -> Reading:
        """Stage the rows. Lines are the row numbers of the sheet."""
        con.register("sheet", self.cells)
        try:
            stage("sheet", {name: f'"{name}"' for name in self.cells.column_names})
        finally:
            con.unregister("sheet")
        return self.reading


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets that hold rows of the class, at least one, and those that do not or could not be read."""

    sheets: tuple[Sheet, ...]
    left: tuple[Left, ...]


def read_workbook(file: Path, contract: Contract) -> Workbook:
    """Read every sheet of a workbook.

    A sheet that does not fit, and yet has half the required columns or as many as they are, may hold rows of the
    class: it is refused. Any other is left, as are hidden ones: they are not what the office sees.

    Raises:
        Refused: not a workbook, or none of its sheets could be read.
    """
    check_bounds(file)
    sheets: list[Sheet] = []
    left: list[Left] = []
    try:
        with CalamineWorkbook.from_path(str(file)) as book:
            for meta in book.sheets_metadata:
                found = _sheet(book, meta, contract)
                (sheets if isinstance(found, Sheet) else left).append(found)  # type: ignore[arg-type]
    except (CalamineError, OSError, ValueError) as bad:
        raise Refused(
            "file:format", Text(f"不是完整的工作簿：{bad}", f"not a whole workbook: {bad}")
        ) from bad
    if not sheets:
        raise _none(left)
    return Workbook(tuple(sheets), tuple(left))


def _none(left: Sequence[Left]) -> Refused:
    """Why nothing of a workbook could be read: the first sheet that may hold rows says it."""
    refusal = next((sheet.refusal for sheet in left if sheet.refusal), None)
    if refusal is not None:
        return Refused(refusal.reason, refusal.detail, tuple(left))
    zh = "；".join(f"“{sheet.name}”{sheet.why.zh}" for sheet in left)
    en = "; ".join(f"“{sheet.name}”: {sheet.why.en}" for sheet in left)
    reason = "file:format" if all(sheet.why == EMPTY for sheet in left) else "file:columns"
    return Refused(reason, Text(f"没有可读的工作表：{zh}", f"no sheet can be read: {en}"), tuple(left))


EMPTY = Text("是空的", "is empty")
"""Why a sheet with nothing in it was left."""
_HIDDEN = Text("是隐藏的；要收的请取消隐藏", "is hidden; show it if it counts")
_CHART = Text("不是表格", "is no table")
_OTHER = Text("没有这一类的表头", "has no header of this class")


def _sheet(book: CalamineWorkbook, meta: Any, contract: Contract) -> Sheet | Left:
    if meta.typ != SheetTypeEnum.WorkSheet:
        return Left(meta.name, _CHART)
    sheet = book.get_sheet_by_name(meta.name)
    check_area(sheet.total_height, sheet.total_width)
    rows = sheet.to_python(skip_empty_area=False)
    if not any(any(_text(cell) for cell in row) for row in rows):
        return Left(meta.name, EMPTY)
    if meta.visible != SheetVisibleEnum.Visible:
        return Left(meta.name, _HIDDEN)
    place = find_header([_texts(row) for row in rows[:HEADER_ROWS]], contract)
    headers = _texts(rows[place])
    try:
        return _read(meta.name, rows, place, headers, contract)
    except Refused as refusal:
        required = [column.name for column in contract.columns if column.required]
        known = known_columns(headers, contract).intersection(required)
        widest = max(sum(bool(text) for text in _texts(row)) for row in rows[: 2 * HEADER_ROWS])
        if (known and 2 * len(known) >= len(required)) or widest >= len(required):
            return Left(meta.name, refusal.detail, refusal)
        return Left(meta.name, _OTHER)


def _read(name: str, rows: list[list[Any]], place: int, headers: list[str], contract: Contract) -> Sheet:
    """The rows below the header.

    Raises:
        Refused: a required column is missing.
    """
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
    table = pa.table(
        {c: pa.array([row[at] or None for row in cells], pa.string()) for c, at in matched.columns.items()}
    )
    return Sheet(name, table, Reading(Lines(place + 2, tuple(skipped)), malformed, matched.ignored))


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
