"""What a data contract says, as frozen objects: one contract for each class of data."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias

from jigong.kernel.text import Text

Kind: TypeAlias = Literal["string", "integer", "decimal", "boolean", "date", "month"]
Identifier: TypeAlias = Literal["citizen", "credit_code", "certificate", "occupation"]


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One allowed value: ``value`` as departments send it, ``label`` in English."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a class.

    ``headers`` are all the headers under which a department may send it: the Chinese label first,
    its synonyms, and the column's own name. ``precision`` and ``scale`` are set for a decimal only.
    ``values`` is empty when the column is not an enumeration. ``reference`` is the (class, column)
    in which a value must be known.
    """

    name: str
    label: Text
    headers: tuple[str, ...]
    kind: Kind
    precision: int | None
    scale: int | None
    required: bool
    unique: bool
    values: tuple[EnumValue, ...]
    minimum: Decimal | None
    maximum: Decimal | None
    exclusive_minimum: Decimal | None
    exclusive_maximum: Decimal | None
    min_length: int | None
    max_length: int | None
    pattern: str | None
    identifier: Identifier | None
    reference: tuple[str, str] | None
    classification: str | None

    @property
    def duckdb_type(self) -> str:
        """The type the column has in the lake, as DuckDB writes it; a month is kept as its first day."""
        match self.kind:
            case "string":
                return "VARCHAR"
            case "integer":
                return "BIGINT" if self.maximum is not None and self.maximum > 2**31 - 1 else "INTEGER"
            case "decimal":
                return f"DECIMAL({self.precision},{self.scale})"
            case "boolean":
                return "BOOLEAN"
            case "date" | "month":
                return "DATE"


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule about a whole row: ``sql`` is a DuckDB condition over the typed columns.

    A row breaks it only when the condition is false; a missing value breaks nothing.
    """

    id: str
    sql: str
    message: Text


@dataclass(frozen=True, slots=True)
class ValidTime:
    """The columns that say when a record holds in the world.

    A period runs from ``start`` to ``end``, both days included; an empty end means still running.
    ``end`` is None for a date and a month.
    """

    kind: Literal["date", "month", "period"]
    start: str
    end: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the department usually sends the class; ``encoding`` is set for CSV only."""

    format: Literal["csv", "xlsx", "parquet"]
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Contract:
    """What one class of data must look like, who sends it, and how long it may be relied on.

    ``key`` are the columns that identify a record. Two current records that agree on ``no_overlap``
    may not overlap in valid time. After ``latency_days`` days without news the class is stale.
    """

    name: str
    label: Text
    number: int
    department: Text
    group: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    valid_time: ValidTime
    no_overlap: tuple[str, ...]
    row_rules: tuple[RowRule, ...]
    frequency: str
    latency_days: int
    delivery: Delivery
    file: Path

    def column(self, name: str) -> Column:
        """The column called ``name``.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")
