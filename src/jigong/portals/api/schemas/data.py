"""Classes of data, cases, funds."""

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, WithJsonSchema

from jigong.portals.api.schemas.base import NAME, PRINTABLE, Moment, Money, Name, Strict, Text


class ColumnInfo(Schema):
    """One column of a class, as its contract says."""

    name: str
    label: Text
    type: str
    required: bool
    key: bool
    values: list[str]


class DataClass(Schema):
    """A class of data this token may deliver."""

    name: str
    label: Text
    department: Text
    columns: list[ColumnInfo]


Cell = (
    Annotated[str, Field(max_length=1000, pattern=PRINTABLE)]
    | Annotated[int, Field(ge=-(10**15), le=10**15)]
    | bool
    | None
)


Row = Annotated[
    dict[Name, Cell],
    Field(min_length=1, max_length=100),
    # What pydantic says of a key's form allows any other key besides.
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 100,
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "maxLength": 1000, "pattern": PRINTABLE},
                    {"type": "integer", "minimum": -(10**15), "maximum": 10**15},
                    {"type": "boolean"},
                    {"type": "null"},
                ]
            },
        }
    ),
]


class Records(Strict):
    """Rows of a class: cells by column name, as text, whole number or boolean. Decimals are texts."""

    records: Annotated[list[Row], Field(min_length=1, max_length=1000)]


class RowFault(Schema):
    """What is wrong with one row."""

    column: str | None
    value: str | None
    what: Text
    remedy: Text


class RowResult(Schema):
    """What became of one row: ``accepted``, ``duplicate`` (says nothing new) or ``refused`` (waits in quarantine)."""

    row: int
    result: Literal["accepted", "duplicate", "refused"]
    faults: list[RowFault]


class Delivered(Schema):
    """What became of each row, numbered from 1. ``batch`` is null where nothing was new."""

    batch: str | None
    accepted: int
    duplicates: int
    refused: int
    ignored: list[str]
    rows: list[RowResult]


class Quarantined(Schema):
    """A row that came in wrong and waits to be corrected at its source."""

    batch: str
    file: str
    line: int
    column: str | None
    value: str | None
    reason: str
    what: Text
    remedy: Text


class Case(Schema):
    """Somebody says that something is wrong, or a department's data differ from the platform's (``person`` is then empty);
    the office answers by the deadline."""

    id: int
    kind: str
    state: str
    clause: str | None
    fact: str | None
    data_class: str | None
    person: int | None
    entitlement: int | None
    deadline: date
    opened_at: Moment
    decided_at: Moment | None
    version: int


class FundYear(Schema):
    """Where a fund's money of a year is: budget + recovered = free + reserved + sent + paid."""

    fund: str
    label: Text
    year: int
    budget: Money
    reserved: Money
    sent: Money
    paid: Money
    recovered: Money
    free: Money
