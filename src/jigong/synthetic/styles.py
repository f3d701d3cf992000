"""The forms in which departments write dates, months, yes and no: in SQL for whole files, in Python for single cells."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from jigong.packs.contract import Column, Contract

DateForm: TypeAlias = Literal["iso", "compact", "chinese", "serial", "cell"]
Cell: TypeAlias = str | int | float | date | None

_DATES = {"iso": "%Y-%m-%d", "compact": "%Y%m%d", "chinese": "%Y年%-m月%-d日"}
_MONTHS = {"iso": "%Y-%m", "compact": "%Y%m", "chinese": "%Y年%-m月"}
_TEXT_FORMS: tuple[DateForm, ...] = ("iso", "compact", "chinese")
_SHEET_FORMS: tuple[DateForm, ...] = ("cell", "iso", "serial", "chinese", "compact")
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Style:
    """How one file is written: the form of its dates, and which of its possible headers it has."""

    dates: DateForm
    headers: tuple[str, ...]


def style_of(contract: Contract, kind: Literal["csv", "xlsx", "parquet"], shard: int) -> Style:
    """The style of a class's file number ``shard``; always the same for the same class and number."""
    draw = contract.number
    forms = _SHEET_FORMS if kind == "xlsx" else _TEXT_FORMS
    return Style(
        "iso" if kind == "parquet" else forms[(draw + shard) % len(forms)],
        tuple(_header(column, draw + at) for at, column in enumerate(contract.columns)),
    )


def text_sql(column: Column, style: Style) -> str:
    """The SQL expression that writes ``column`` as text (or as a number Excel keeps as a date)."""
    name = f'"{column.name}"'
    match column.kind:
        case "boolean":
            return f"CASE WHEN {name} THEN '是' WHEN NOT {name} THEN '否' END"
        case "month":
            return f"strftime({name}, '{_MONTHS.get(style.dates, _MONTHS['iso'])}')"
        case "date" if style.dates in ("compact", "chinese"):
            return f"strftime({name}, '{_DATES[style.dates]}')"
        case _:
            return f"{name}::VARCHAR"


def sheet_sql(column: Column, style: Style) -> str:
    """The SQL expression whose value goes into a cell of a sheet: numbers as numbers, the rest as text."""
    name = f'"{column.name}"'
    match column.kind:
        case "integer":
            return name
        case "decimal":
            return f"{name}::DOUBLE"
        case "date" if style.dates == "serial":
            return f"({name} - DATE '{_EXCEL_EPOCH}')"
        case "date" if style.dates == "cell":
            return name
        case _:
            return text_sql(column, style)


def text(column: Column, value: Any, style: Style) -> str | None:
    """One typed ``value`` as text."""
    if value is None:
        return None
    match column.kind:
        case "boolean":
            return "是" if value else "否"
        case "month":
            return _strftime(value, _MONTHS.get(style.dates, _MONTHS["iso"]))
        case "date":
            return _strftime(value, _DATES.get(style.dates, _DATES["iso"]))
        case _:
            return str(value)


def cell(column: Column, value: Any, style: Style) -> Cell:
    """One typed ``value`` as a cell of a sheet."""
    if column.kind == "date" and isinstance(value, date) and style.dates in ("serial", "cell"):
        return value if style.dates == "cell" else (value - _EXCEL_EPOCH).days
    if isinstance(value, Decimal):
        return float(value)
    return value if column.kind == "integer" and isinstance(value, int) else text(column, value, style)


def _strftime(day: date, form: str) -> str:
    return day.strftime(form.replace("%-m", str(day.month)).replace("%-d", str(day.day)))


def _header(column: Column, draw: int) -> str:
    """Mostly the Chinese label, sometimes a synonym; never the English name, which departments do not write."""
    known = [header for header in column.headers if header != column.name] or [column.name]
    return known[0] if draw % 4 else known[draw // 4 % len(known)]
