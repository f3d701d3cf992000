"""Shapes of answers and requests. Money is a decimal text in yuan, such as ``"5000.00"``; texts come in both languages."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

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


ERRORS: dict[Any, Any] = {
    frozenset({400, 401, 403, 404, 409, 413, 422, 429, 503}): Problem,
}
OPEN_ERRORS: dict[Any, Any] = {frozenset({400, 404, 413, 422, 503}): Problem}
