"""The law and judging."""

from datetime import date
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from jigong.portals.api.schemas.base import Money, Strict, Text


class Parameter(Schema):
    """A dated value of the law, with where it comes from."""

    name: str
    label: Text
    value: Any
    unit: str | None
    status: Literal["enacted", "partly", "assumed"]
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
    status: Literal["enacted", "partly", "assumed"]


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
    stated: dict[str, str]
    """Each part with the id of the source that states it, or ``assumed``."""
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


class Keys(Schema):
    """A JWK set (RFC 7517): with it anybody checks a skill code offline."""

    model_config = ConfigDict(extra="allow")

    keys: list[dict[str, Any]]
