"""Rows nobody else has: copies of good rows with a key, a time and a number of their own.

Wrong rows are built on them, so that a wrong row never touches a good one. Numbers of one class count
from 0; each gives another key, and for monthly classes and periods another time long before the real ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from jigong.packs.contract import PEOPLE, Column, Contract
from jigong.synthetic.numbers import citizen_number, credit_code

Row: TypeAlias = dict[str, Any]

_FIRST_YEAR = 1990
_DAYS_APART = 30
_DAYS_LONG = 10


@dataclass(frozen=True, slots=True)
class Strangers:
    """Where numbers come from that no good row has: two digits of a province, six of a division."""

    province: str
    division: str

    def person(self, number: str, n: int) -> str:
        """A right citizen number of nobody, with the birth date of ``number``."""
        birth = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
        return citizen_number(f"{self.province}{n:04d}", birth, int(number[14:17]))

    def unknown(self, column: Column, value: str, n: int) -> str:
        """A well-formed value of ``column`` that the class it refers to does not have."""
        if column.identifier in PEOPLE:
            return self.person(value, 5000 + n)
        if column.identifier == "credit_code":
            return credit_code(self.division, 500_000 + n)
        return _renumbered(value, 500_000 + n)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Makes the rows of one class. ``free`` are values for keys that must be known elsewhere yet be unused here."""

    contract: Contract
    templates: Sequence[Row]
    strangers: Strangers
    free: Sequence[Any]

    def room(self) -> int:
        """How many rows it can make."""
        if not self.templates:
            return 0
        return len(self.free) if self.needs_free() else 2_000

    def needs_free(self) -> bool:
        """Whether the key is nothing but references, so that a new key needs a free one."""
        return self.contract.valid_time.kind != "month" and all(
            self.contract.column(name).reference for name in self.contract.key
        )

    def row(self, n: int) -> Row:
        """The row number ``n``."""
        row = dict(self.templates[n % len(self.templates)])
        for column in self.contract.columns:
            if column.name in self.contract.key or column.unique:
                row[column.name] = self._own(column, row[column.name], n)
        self._timed(row, n)
        return row

    def _own(self, column: Column, value: Any, n: int) -> Any:
        if column.reference or value is None:
            return self.free[n] if self.needs_free() else value
        match column.identifier:
            case "citizen" | "person":
                return self.strangers.person(value, n)
            case "credit_code":
                return credit_code(self.strangers.division, n)
            case "certificate":
                return f"{value[:7]}{990_000 + n:06d}{value[13:]}"
        return _renumbered(value, n) if column.kind == "string" and not column.values else value

    def _timed(self, row: Row, n: int) -> None:
        time = self.contract.valid_time
        if time.kind == "month":
            row[time.start] = date(_FIRST_YEAR + n // 12, n % 12 + 1, 1)
        elif time.kind == "period" and time.end and self.contract.no_overlap:
            row[time.start] = date(_FIRST_YEAR, 1, 1) + timedelta(_DAYS_APART * n)
            row[time.end] = row[time.start] + timedelta(_DAYS_LONG)


def moved(contract: Contract, row: Mapping[str, Any], days: int) -> Row:
    """``row`` with its period ``days`` later."""
    other, time = dict(row), contract.valid_time
    for name in (time.start, time.end):
        if name and other[name] is not None:
            other[name] += timedelta(days)
    return other


def _renumbered(value: str, n: int) -> str:
    """``value`` with its last nine characters replaced by a number no good row has."""
    return f"{value[:-9]}{990_000_000 + n}"
