"""Shapes of answers and requests. Money is a decimal text in yuan, such as ``"5000.00"``; texts come in both languages."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Header, Schema
from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from jigong.kernel import text as kernel

T = TypeVar("T")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LARGEST_ID = 2**63 - 1


def _day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day like 2023-01-31")
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime,
    PlainSerializer(_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Money = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["5000.00"]}),
]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
NAME = r"^[A-Za-z0-9_-]{1,64}$"
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, Field(pattern=NAME)]
"""An id of the pack: of a clause, a class, a fund."""
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,128}$",
        description="yours, new for each new request: a repetition with the same key does nothing twice",
    ),
]


class Strict(Schema):
    """A request's body: unknown keys are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Text(Schema):
    """A text in Chinese and English."""

    zh: str
    en: str


def text(given: kernel.Text) -> Text:
    """A text of the house as an answer says it."""
    return Text(zh=given.zh, en=given.en)


class Page(Schema, Generic[T]):
    """Some of many. ``next`` is the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None = None


class ProblemLine(Schema):
    """One thing that is wrong: what, where, and what to do about it."""

    what: Text
    where: str | None = None
    remedy: Text | None = None


class Problem(Schema):
    """RFC 9457, with every problem in both languages."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[ProblemLine]


class Parameter(Schema):
    """A dated value of the law, with where it comes from."""

    name: str
    label: Text
    value: Any
    unit: str | None
    status: Literal["enacted", "assumed"]
    since: date | None
    source: str | None
    confirmed: date | None


class ClauseBrief(Schema):
    """A clause in a list."""

    id: str
    number: int
    label: Text
    field: str
    per: str
    mode: str
    status: Literal["enacted", "assumed"]


class Condition(Schema):
    """One condition: all must hold. ``when`` is in the language of ``docs/language.md``."""

    id: str
    label: Text
    when: str


class Award(Schema):
    """One branch of what a clause gives; the first whose ``when`` holds counts."""

    id: str
    label: Text
    when: str | None
    amount: str | None


class Fact(Schema):
    """A fact the clause reads."""

    name: str
    label: Text
    type: str
    unit: str | None


class Clause(ClauseBrief):
    """A clause with everything that decides it."""

    source: str
    quote: str | None
    in_force_from: date
    in_force_to: date | None
    fund: str | None
    office: str | None
    period: str
    payee: str
    readings: list[Text]
    conditions: list[Condition]
    awards: list[Award]
    facts: list[Fact]
    parameters: list[Parameter]


class Law(Schema):
    """The law in force: a pack, its hash, and the day."""

    pack: str
    label: Text
    hash: str
    day: date
    sources: dict[str, Text]
    clauses: list[ClauseBrief]


class Facts(Strict):
    """Facts by name; one that is absent or null is missing. Nothing is stored."""

    facts: dict[str, Any] = Field(max_length=200)


class Judged(Schema):
    """What the clause says about the given facts."""

    verdict: Literal["yes", "no", "undecided"]
    amount: Money | None
    branch: str | None
    missing: list[str]
    conditions: list["JudgedCondition"]


class JudgedCondition(Schema):
    """Whether one condition holds; null where a fact is missing."""

    id: str
    label: Text
    holds: bool | None


class Employee(Schema):
    """Somebody the enterprise employs now who consented to something."""

    id: int
    name: str
    consents: list[str]


class Benefit(Schema):
    """Something a person gets or could get."""

    entitlement: int
    clause: Text
    period: str
    amount: Money | None
    state: str


class Way(Schema):
    """The next step to something that is not due yet."""

    clause: Text
    todo: list[Text]
    worth: Money | None
    on: date


class EmployeeDetail(Employee):
    """With consent for ``benefits`` what they could be due; null without."""

    benefits: list[Benefit] | None
    ways: list[Way] | None


class Entitlement(Schema):
    """What a clause gives one subject for one period. ``person`` is the platform's number of the person it is about."""

    id: int
    clause: str
    label: Text
    period: str
    state: str
    state_label: Text
    amount: Money | None
    fund: str | None
    office: str
    person: int | None
    organisation: int | None
    deadline: date | None
    version: int
    updated_at: Moment


class Step(Schema):
    """One move of an entitlement."""

    at: Moment
    move: str
    state: str
    amount: Money | None
    reason: str


class EntitlementDetail(Entitlement):
    """With its history."""

    steps: list[Step]


class ToConfirm(Strict):
    """One entitlement to confirm; ``version`` as last read, so that nothing is confirmed unseen."""

    id: Id
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Confirmation(Strict):
    """Entitlements of the enterprise's own to confirm."""

    items: Annotated[list[ToConfirm], Field(min_length=1, max_length=200)]


class ConfirmedItem(Schema):
    """What became of one."""

    id: int
    confirmed: bool
    state: str | None
    version: int | None
    problems: list[ProblemLine]


class Confirmed(Schema):
    """What became of each, in the order asked."""

    items: list[ConfirmedItem]


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
    """Somebody says that something is wrong; the office answers by the deadline."""

    id: int
    kind: str
    state: str
    clause: str | None
    fact: str | None
    data_class: str | None
    person: int
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


class Keys(Schema):
    """A JWK set (RFC 7517): with it anybody checks a skill code offline."""

    model_config = ConfigDict(extra="allow")

    keys: list[dict[str, Any]]


ERRORS: dict[Any, Any] = {
    frozenset({400, 401, 403, 404, 409, 413, 422, 429, 503}): Problem,
}
OPEN_ERRORS: dict[Any, Any] = {frozenset({400, 404, 413, 422, 503}): Problem}
