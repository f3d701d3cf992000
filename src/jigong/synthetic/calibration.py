"""The figures and tables a synthetic district is made from: YAML beside its SELECTs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from jigong.kernel.problems import JigongError, Problem, error
from jigong.packs.document import Document, read_document

Value: TypeAlias = str | int | Decimal | bool | date | tuple["Value", ...]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Table:
    """A small table; its first column is the key. ``rows`` are as wide as ``columns``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def column(self, name: str) -> tuple[Value, ...]:
        """The values of the column called ``name``, from top to bottom."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)

    def is_number(self, name: str) -> bool:
        """Whether every value of the column is a number."""
        return all(isinstance(value, int | Decimal) for value in self.column(name))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Every figure and table by name."""

    figures: Mapping[str, Value]
    tables: Mapping[str, Table]
    folder: Path

    def number(self, name: str) -> float:
        """The figure ``name`` as a number."""
        return float(self._figure(name, int | Decimal))

    def text(self, name: str) -> str:
        """The figure ``name`` as text."""
        return str(self._figure(name, str))

    def day(self, name: str) -> date:
        """The figure ``name`` as a date."""
        value: date = self._figure(name, date)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The figure ``name`` as a list of texts."""
        return tuple(str(value) for value in self._figure(name, tuple))

    def _figure(self, name: str, kind: Any) -> Any:
        value = self.figures.get(name)
        if not isinstance(value, kind):
            raise error(
                f"{self.folder} 缺少指标 {name}，或类型不对",
                f"{self.folder} has no figure {name}, or it is of the wrong type",
                remedy=(
                    f"在 calibration.yaml 的 figures 里写上 {name}",
                    f"give {name} under figures in calibration.yaml",
                ),
            )
        return value


def read_calibration(folder: Path) -> Calibration:
    """Read every ``*.yaml`` of ``folder``.

    Raises:
        JigongError: no file, or a figure or table that is malformed or given twice; all of them at once.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise error(
            f"{folder} 没有合成数据的参数",
            f"{folder} has no figures to make a district from",
            remedy=(
                "写一个 calibration.yaml，见 docs/synthetic.md",
                "write a calibration.yaml, see docs/synthetic.md",
            ),
        )
    figures: dict[str, Value] = {}
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for document in map(read_document, files):
        problems += _read_figures(document, figures)
        problems += _read_tables(document, tables)
    if problems:
        raise JigongError(*problems)
    return Calibration(figures, tables, folder)


def _read_figures(document: Document, figures: dict[str, Value]) -> Iterable[Problem]:
    for name, entry in (document.data.get("figures") or {}).items():
        value = _frozen(entry.get("value")) if isinstance(entry, dict) else None
        if not _NAME.fullmatch(name) or value is None or not entry.get("source") or not entry.get("en"):
            yield document.problem(
                ("figures", name),
                f"指标 {name} 要有 value、source 和 en",
                f"figure {name} needs value, source and en",
            )
        elif name in figures:
            yield document.problem(
                ("figures", name), f"指标 {name} 写了两次", f"figure {name} is given twice"
            )
        else:
            figures[name] = value


def _read_tables(document: Document, tables: dict[str, Table]) -> Iterable[Problem]:
    for name, entry in (document.data.get("tables") or {}).items():
        columns = tuple(entry.get("columns") or ()) if isinstance(entry, dict) else ()
        rows = tuple(_frozen(row) for row in entry.get("rows") or ()) if columns else ()
        if not _NAME.fullmatch(name) or not rows or not entry.get("source"):
            yield document.problem(
                ("tables", name),
                f"表 {name} 要有 source、columns 和 rows",
                f"table {name} needs source, columns and rows",
            )
            continue
        for at, row in enumerate(rows):
            if not isinstance(row, tuple) or len(row) != len(columns):
                yield document.problem(
                    ("tables", name, "rows", at),
                    f"表 {name} 的这一行应有 {len(columns)} 个值",
                    f"this row of table {name} should have {len(columns)} values",
                )
        if name in tables:
            yield document.problem(("tables", name), f"表 {name} 写了两次", f"table {name} is given twice")
        tables[name] = Table(columns, rows)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
