"""What a data contract says, as frozen objects: one contract for each class of data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from jigong.kernel.text import Text

Kind: TypeAlias = Literal["string", "integer", "decimal", "boolean", "date", "month"]
Identifier: TypeAlias = Literal["citizen", "person", "credit_code", "certificate", "occupation"]
PEOPLE: tuple[Identifier, ...] = ("citizen", "person")
"""The identifiers that name people: a citizen number, or the number of any paper somebody may have."""
Owner: TypeAlias = Literal["department", "enterprise", "platform"]
OWNERS: tuple[Owner, ...] = get_args(Owner)

DENSE = Decimal("0.5")
"""The share of its fullest month's rows that a month needs to be covered, where the contract does not say."""
AHEAD_MONTHS: Mapping[str, int] = {"date": 1200, "month": 24}
"""How many months after the day it became known a day or month may lie, where the contract does not say."""


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One allowed value: ``value`` as departments send it, ``label`` in English.

    ``written`` are patterns (of the whole cell) of other ways to write it, such as the code of a standard.
    """

    value: str
    label: str
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a class.

    ``headers`` are all the headers under which a department may send it: the Chinese label first,
    its synonyms, and the column's own name. ``precision`` and ``scale`` are set for a decimal only.
    ``values`` is empty when the column is not an enumeration. ``reference`` is the (class, column)
    in which a value must be known. ``owner`` is who may say what stands in the column; None: who owns the class.
    ``semantic`` names the pack's list of headers that people write for such a column, in whatever class. ``none`` are
    words that there is nothing to name there, such as no employer; an empty cell says the same, and the first is kept.
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
    owner: Owner | None = None
    semantic: str | None = None
    none: tuple[str, ...] = ()

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

    A row breaks it only when the condition is false; a missing value breaks nothing. A row that breaks a rule that
    only ``warns`` is accepted all the same.
    """

    id: str
    sql: str
    message: Text
    warns: bool = False


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
class Withdraws:
    """How many records a whole delivery may leave out, and so withdraw, before somebody is asked: the ``share`` of
    those it could have held, but at least so many (``at_least``)."""

    share: Decimal = Decimal("0.05")
    at_least: int = 20

    def unasked(self, of: int) -> int:
        """How many of so many records may be left out before somebody is asked."""
        return max(self.at_least, int(self.share * of))


@dataclass(frozen=True, slots=True)
class Unread:
    """Of how many rows of a file nobody may be able to tell whose they are, so that it still covers anything: the
    ``share`` of them, but at least so many (``at_least``), and never more than half."""

    share: Decimal = Decimal("0.05")
    at_least: int = 5

    def too_many(self, rows: int, of: int) -> bool:
        """Whether a file of so many rows covers nothing, as so many of them cannot be told whose they are."""
        return rows > max(self.at_least, int(self.share * of)) or 2 * rows > of


@dataclass(frozen=True, slots=True)
class Covers:
    """What one delivery of a class says, and so what is known to be missing from it.

    ``register``: the whole register as it stands. ``changes``: what changed since the delivery before; the
    first is the whole. ``months``: whole months. Where deliveries come scope by scope, ``by`` is the column that
    says in whose scope a record stands, and ``scopes`` are all its values. A delivery that names no months
    covers those of its months that have at least the share ``dense`` of the rows that the lake has of them, or of the
    covered months beside them. What it leaves out is withdrawn, up to the bound ``withdraws``. It covers nothing if it
    has more rows than ``unread`` of which nobody can tell whose they are.
    """

    kind: Literal["register", "months", "changes"] = "register"
    by: str | None = None
    scopes: tuple[str, ...] = ()
    dense: Decimal = DENSE
    withdraws: Withdraws = Withdraws()
    unread: Unread = Unread()


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

    ``owner`` is who may say what is so. A value of a column in ``happened`` may not lie after the day it became
    known, one of a column in ``ahead`` at most so many months after it; a month counts as its first day.
    Every column of days or months is in one of the two: what ``ahead`` is not given is filled in. ``records`` says
    in words what makes two rows two records, where the pack says it. A record in which the column ``main`` is filled is
    only another number (its key) of the record named there.
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
    covers: Covers = Covers()
    office: str | None = None
    """The id of the department among the offices of its pack; None where the pack does not list it."""
    owner: Owner = "department"
    happened: tuple[str, ...] = ()
    # A mapping has no hash; what else is in a contract tells it apart.
    ahead: Mapping[str, int] = field(default_factory=dict, hash=False)
    records: Text | None = None
    main: str | None = None

    def __post_init__(self) -> None:
        """A class of months covers months, and every day has a bound, whoever made the contract."""
        if self.valid_time.kind == "month" and self.covers.kind != "months":
            object.__setattr__(self, "covers", replace(self.covers, kind="months"))
        bounds = {
            column.name: self.ahead.get(column.name, AHEAD_MONTHS[column.kind])
            for column in self.columns
            if column.kind in AHEAD_MONTHS and column.name not in self.happened
        }
        object.__setattr__(self, "ahead", bounds)

    @property
    def signed(self) -> tuple[str, ...]:
        """The columns of numbers that may be negative: such a record takes back what another one gave."""
        return tuple(
            column.name
            for column in self.columns
            if column.kind in ("integer", "decimal")
            and not any(
                least is not None and least >= 0 for least in (column.minimum, column.exclusive_minimum)
            )
        )

    def naming(self, other: "Contract") -> tuple[str, ...]:
        """The columns with numbers of records of ``other``: they refer to its key, or hold numbers of the same kind."""
        key = other.column(other.key[0])
        return tuple(
            column.name
            for column in self.columns
            if column.reference == (other.name, key.name)
            or (key.identifier is not None and column.identifier == key.identifier)
        )

    def column(self, name: str) -> Column:
        """The column called ``name``.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")
