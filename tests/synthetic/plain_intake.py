"""A plain, slow intake for the tests: reads what was written and gives every row its reasons.

It knows only the contracts, so it judges the files, not the code that wrote them.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
from stdnum.cn import ric, uscc

from jigong.packs.contract import Column, Contract

Place = tuple[str, int]


@dataclass
class Read:
    """One row: where it stands, its typed values, and what is wrong with it."""

    file: str
    line: int
    values: dict[str, Any]
    reasons: set[str]

    @property
    def place(self) -> Place:
        return self.file, self.line


def read_class(contract: Contract, files: list[Path]) -> list[Read]:
    """Every row of the class, with the reasons that need no other row."""
    rows = []
    for file in files:
        columns: list[Column] | None = None
        for line, cells in _raw(file, contract):
            if columns is None:
                columns = _columns(contract, cells)
                continue
            rows.append(_row(contract, columns, file.name, line, cells))
    return rows


def sheet_rows(file: Path) -> list[tuple[Any, ...]]:
    """Every row of the only sheet, as openpyxl reads it."""
    with file.open("rb") as stream:
        sheet = openpyxl.load_workbook(stream, read_only=True).active
        assert sheet is not None
        return list(sheet.iter_rows(values_only=True))


def judge_together(
    contract: Contract, rows: list[Read], known: Mapping[tuple[str, str], set[Any]]
) -> set[Place]:
    """Adds the reasons that need other rows; returns the places of exact duplicates."""
    first: dict[tuple[Any, ...], Read] = {}
    duplicates = set()
    for row in rows:
        for column in contract.columns:
            value = row.values.get(column.name)
            if value in column.none:
                continue
            if not row.reasons and column.reference and value and value not in known[column.reference]:
                row.reasons.add("reference")
        if row.reasons:
            continue
        key = tuple(row.values[name] for name in contract.key)
        other = first.setdefault(key, row)
        if other is not row and other.values == row.values:
            duplicates.add(row.place)
        elif other is not row:
            row.reasons.add("conflict")
            other.reasons.add("conflict")
    _overlaps(contract, [row for row in rows if not row.reasons and row.place not in duplicates])
    return duplicates


def _overlaps(contract: Contract, rows: list[Read]) -> None:
    if not contract.no_overlap:
        return
    time, groups = contract.valid_time, defaultdict(list)
    for row in rows:
        groups[tuple(row.values[name] for name in contract.no_overlap)].append(row)
    for group in groups.values():
        group.sort(key=lambda row: row.values[time.start])
        for before, after in pairwise(group):
            start = after.values[time.start]
            if (before.values[time.end or ""] or date.max) > start or before.values[time.start] == start:
                before.reasons.add("overlap")
                after.reasons.add("overlap")


def _raw(file: Path, contract: Contract) -> Iterator[tuple[int, list[Any]]]:
    if file.suffix == ".csv":
        encoding = (contract.delivery.encoding or "utf-8") if contract.delivery.format == "csv" else "utf-8"
        for line, raw in enumerate(file.read_bytes().split(b"\n"), 1):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                yield line, ["<bytes>"]
                continue
            if text:
                yield line, [cell or None for cell in next(csv.reader(io.StringIO(text)))]
    elif file.suffix == ".xlsx":
        for line, row in enumerate(sheet_rows(file), 1):
            if line > 1:
                cells = [cell.date() if hasattr(cell, "date") else cell for cell in row]
                yield line, cells + [None] * (len(contract.columns) - len(cells))
    else:
        table = pq.read_table(file)
        yield 1, list(table.column_names)
        for line, row in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True), 2):
            yield line, list(row)


def _columns(contract: Contract, header: list[Any]) -> list[Column]:
    found = {name: column for column in contract.columns for name in column.headers}
    return [found[name] for name in header]


def _row(contract: Contract, columns: list[Column], file: str, line: int, cells: list[Any]) -> Read:
    read = Read(file, line, {}, set())
    if cells == ["<bytes>"]:
        read.reasons.add("encoding")
    elif len(cells) != len(columns):
        read.reasons.add("columns")
    else:
        for column, cell in zip(columns, cells, strict=True):
            value, reason = _cell(column, cell)
            read.values[column.name] = value
            read.reasons |= {reason} if reason else set()
        if not read.reasons:
            read.reasons |= _rules(contract, read.values)
    return read


def _cell(column: Column, cell: Any) -> tuple[Any, str | None]:
    if isinstance(cell, str):
        cell = unicodedata.normalize("NFKC", cell).strip() or None
    if column.none and (cell is None or cell in column.none):
        return column.none[0], None
    if cell is None:
        return None, "required" if column.required else None
    try:
        value = _typed(column, cell)
    except (ValueError, InvalidOperation, KeyError):
        return None, "type"
    return value, _refused(column, value)


def _typed(column: Column, cell: Any) -> Any:
    match column.kind:
        case "integer":
            return int(cell)
        case "decimal":
            return Decimal(str(cell)).quantize(Decimal(10) ** -(column.scale or 0))
        case "boolean":
            return cell if isinstance(cell, bool) else {"是": True, "否": False}[cell]
        case "date" | "month":
            return _day(cell, column.kind == "month")
        case _:
            return str(cell)


def _day(cell: Any, month: bool) -> date:
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int):
        return date(1899, 12, 30) + timedelta(cell)
    parts = re.fullmatch(r"(\d{4})[-年]?(\d{1,2})(?:[-月]?(\d{1,2})日?)?月?", cell)
    if not parts:
        raise ValueError(cell)
    return date(int(parts[1]), int(parts[2]), 1 if month else int(parts[3]))


def _refused(column: Column, value: Any) -> str | None:
    if column.values and value not in {each.value for each in column.values}:
        return "enum"
    if column.pattern and not re.search(column.pattern, value):
        return "pattern"
    if column.max_length and len(value) > column.max_length:
        return "length"
    if column.min_length and len(value) < column.min_length:
        return "length"
    low, high = column.minimum, column.maximum
    over, under = column.exclusive_minimum, column.exclusive_maximum
    if (low is not None and value < low) or (high is not None and value > high):
        return "range"
    if (over is not None and value <= over) or (under is not None and value >= under):
        return "range"
    return None if _identifies(column, value) else "identifier"


def _identifies(column: Column, value: str) -> bool:
    match column.identifier:
        case "citizen":
            return len(value) == 18 and ric.calc_check_digit(value) == value[17]
        case "person":
            # Other papers than those of 18 characters have no check digit.
            return len(value) != 18 or ric.calc_check_digit(value) == value[17]
        case "credit_code":
            return uscc.is_valid(value)
        case "certificate":
            return re.fullmatch(r"[YS]\d{21}", value) is not None
        case "occupation":
            return re.fullmatch(r"\d-\d\d-\d\d-\d\d", value) is not None
    return True


_CONNECTION = duckdb.connect()


def _rules(contract: Contract, values: Mapping[str, Any]) -> set[str]:
    broken = set()
    for rule in contract.row_rules:
        if rule.warns:
            continue
        plain = re.fullmatch(r"(\w+) (<=|>=|<>) (\w+)", rule.sql)
        if plain:
            left, right = values[plain[1]], values[plain[3]]
            holds = left is None or right is None or _compare(left, plain[2], right)
        else:
            holds = _ask(contract, rule.sql, values)
        if not holds:
            broken.add(f"rule:{rule.id}")
    return broken


def _compare(left: Any, operator: str, right: Any) -> bool:
    return bool({"<=": left <= right, ">=": left >= right, "<>": left != right}[operator])


def _ask(contract: Contract, sql: str, values: Mapping[str, Any]) -> bool:
    columns = ", ".join(
        f'${at}::{column.duckdb_type} AS "{column.name}"' for at, column in enumerate(contract.columns, 1)
    )
    rows = _CONNECTION.execute(
        f"SELECT {sql} FROM (SELECT {columns})", [values[column.name] for column in contract.columns]
    ).fetchall()
    return rows[0][0] is not False
