"""What a pack holds, as frozen objects. Shapes are checked here; meaning in :mod:`jigong.packs.check`."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from jigong.kernel.text import Text

Status = Literal["enacted", "assumed"]
ScalarKind = Literal["integer", "decimal", "boolean", "string", "date"]
ParameterValue = bool | int | Decimal | date | str | tuple[str, ...]


def _as_decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _plain_value(value: object) -> object:
    """A parameter's value as it was read; a list of texts as a tuple."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, bool | int | Decimal | date | str):
        return value
    raise ValueError("a number, true or false, a date, a text, or a list of texts")


def _given_value(value: object) -> object:
    """A fact's value as it was read; None is missing, keys with values are bounds."""
    if value is None or isinstance(value, bool | int | Decimal | date | str | dict):
        return value
    raise ValueError("a number, true or false, a date, a text, or bounds")


Amount = Annotated[Decimal, BeforeValidator(_as_decimal)]
Words = Annotated[str, Field(pattern=r"\S")]
"""A text a person reads: never empty."""


class Part(BaseModel):
    """A piece of a pack file: unknown keys are refused, nothing is converted, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Named(Part):
    """Something with a label in both languages."""

    zh: Words
    en: Words

    @property
    def label(self) -> Text:
        """The label in both languages."""
        return Text(self.zh, self.en)


class Source(Named):
    """Where figures come from."""

    published: date | None = None


class PolicyField(Named):
    """One of the fields of policy."""

    id: str


class Manifest(Named):
    """``pack.yaml``."""

    name: str
    extends: str | None = None
    amends: bool = False
    """Whether the layer only changes the law of the one beneath, whose name the whole pack keeps."""
    languages: tuple[str, ...] = Field(strict=False)
    sources: dict[str, Source]
    fields: tuple[PolicyField, ...] = Field(default=(), strict=False)


class DatedValue(Part):
    """A parameter's value from one day on, until ``to`` or the next value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    from_: date = Field(alias="from")
    to: date | None = None
    value: Annotated[ParameterValue, PlainValidator(_plain_value)]
    source: str
    confirmed: date
    note: str | None = None


class ParameterEntry(Named):
    """A dated value of the pack."""

    type: ScalarKind | Literal["list of string"]
    unit: str | None = None
    status: Status
    values: tuple[DatedValue, ...] = Field(strict=False, min_length=1)
    reading: Named | None = None


class WordList(Named):
    """What people call the values that several facts share; ``zh`` and ``en`` name what they are of."""

    values: dict[str, Named]


class FactEntry(Named):
    """One fact of a topic's header."""

    type: ScalarKind
    unit: str | None = None
    range: bool = False
    """Whether a number may be known only within bounds: its SELECT then gives ``"f least"`` and ``"f most"`` in its place."""
    rises: tuple[str, ...] = Field(default=(), strict=False)
    """Classes of which one more record can only raise it: from false to true, or to a higher number."""
    over_time: str | None = None
    reading: Named | None = None
    values: dict[str, Named] | str = Field(default_factory=dict)
    """What people call each value; or the list of ``words.yaml`` that says so; ``towns``: the codes of ``offices.yaml``."""

    @property
    def bounded(self) -> bool:
        """Whether it may be known only within bounds, which then stand beside its value."""
        return self.range or (bool(self.rises) and self.type in ("integer", "decimal"))


class TopicHeader(Part):
    """The YAML header of a topic of facts."""

    subject: str
    facts: dict[str, FactEntry]


class Action(Named):
    """Something a person can do that changes a fact: after so many ``days``, or by ``grows`` each month.

    ``calendar`` says the fact counts calendar months, so that it grows on the first of a month;
    otherwise it grows on the day of the month.
    """

    id: str
    fact: str | None = None
    """The fact it moves; None for an action that brings a subject into being (``begin`` of a clause)."""
    grows: int | None = Field(default=None, gt=0)
    days: int | None = Field(default=None, ge=0)
    calendar: bool = False
    status: Status = "assumed"


class Fund(Named):
    """A special fund with a yearly budget."""

    id: str
    budget: str
    status: Status = "assumed"


class Basis(Part):
    """What a clause rests on: a source and, where it says it in words, a short quote."""

    source: str
    quote: str | None = None


class InForce(Part):
    """From when to when, inclusive, a clause holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    from_: date = Field(alias="from")
    to: date | None = None


class Office(Named):
    """A bureau, a union or a town that decides or delivers data.

    A bureau is the department of a contract that carries the same Chinese name.
    """

    id: str
    kind: Literal["bureau", "town"] = "bureau"
    town: str | None = None
    """Of a town: its code, as the facts give it."""
    stand_in: str | None = None
    """The office that answers what goes to this one while nobody of it is on the platform; else the district does."""


class Deadline(Named):
    """How many days the platform gives for one kind of step (``confirm``, ``review``, ``correction``, ``appeal``), or for
    data that come late (``late``)."""

    days: int = Field(gt=0)
    status: Status = "assumed"


class Directory(Part):
    """Where the portals find how to name and reach subjects of one kind.

    Of workers: ``worker``, ``name``, ``mobile``, ``town``, ``enterprise`` (the employer now); of
    enterprises: ``enterprise``, ``name``, ``town``. One row for each; ``:as_of`` is the day.
    """

    sql: str


class Delivery(Part):
    """How a clause reaches people."""

    mode: Literal["proactive", "application", "quota", "lottery"]
    quota: str | None = None
    rank: tuple[str, ...] = Field(default=(), strict=False)
    period: Literal["once", "year", "month"] = "once"
    """How often one subject may get it: once for good, once in a calendar year, or each month."""
    office: str | None = None
    """The office that decides."""
    paid: str | None = None
    """The fact that tells what was paid before, which the amounts are already net of."""
    payee: Literal["subject", "enterprise"] = "subject"
    """Who gets it: the worker (or enterprise) it is about, or the worker's employer."""
    won: str | None = None
    """Of a lottery: ``class.column`` of the record that says a subject has won; None where winning is all there is."""


class Reading(Named):
    """How an ambiguous text was read."""

    id: str


class ConditionEntry(Named):
    """One condition of a clause."""

    id: str
    when: str
    change: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = Field(default=(), strict=False)


class AwardEntry(Named):
    """One branch of what a clause gives."""

    id: str
    when: str | None = None
    amount: str | None = None
    rank: int | None = None


class Clause(Named):
    """``clause.yaml``."""

    id: str
    number: int
    field: str
    per: str
    status: Status
    basis: Basis
    in_force: InForce
    fund: str | None = None
    exclusion: str | None = None
    delivery: Delivery
    begin: str | None = None
    """The action by which a worker who has no such subject yet gets one."""
    readings: tuple[Reading, ...] = Field(default=(), strict=False)
    conditions: tuple[ConditionEntry, ...] = Field(strict=False, min_length=1)
    """Its own, and after them those that hold for every clause about its subject."""
    waives: tuple[str, ...] = Field(default=(), strict=False)
    """Conditions of its subject that it does without."""
    awards: tuple[AwardEntry, ...] = Field(strict=False, min_length=1)

    def period_on(self, day: date) -> str:
        """The period in which ``day`` lies: empty for once, ``2023`` for a year, ``2023-01`` for a month."""
        return {"once": "", "year": f"{day:%Y}", "month": f"{day:%Y-%m}"}[self.delivery.period]


class Expected(Part):
    """What a case says should come out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    verdict: Literal["yes", "no", "undecided"]
    branch: str | None = None
    amount: Amount | None = None
    false: tuple[str, ...] | None = Field(default=None, strict=False)
    missing: tuple[str, ...] | None = Field(default=None, strict=False)


GivenValue = Annotated[
    bool | int | Decimal | date | str | dict[str, object] | None, PlainValidator(_given_value)
]


class Subject(Named):
    """A kind of thing that has facts.

    ``conditions`` hold for every clause about it, or about what links to it, beside the clause's own.
    ``given`` are facts that worked cases need not repeat.
    """

    sql: str
    conditions: tuple[ConditionEntry, ...] = Field(default=(), strict=False)
    given: dict[str, GivenValue] = Field(default_factory=dict)


class Case(Named):
    """A worked example of a clause."""

    as_of: date | None = None
    given: dict[str, GivenValue]
    expect: Expected


class Cases(Part):
    """``cases.yaml``."""

    base: dict[str, GivenValue] = Field(default_factory=dict)
    cases: tuple[Case, ...] = Field(strict=False)


class PointItem(Named):
    """One way to earn points."""

    id: str
    value: str
    cap: str | None = None


class Dimension(Named):
    """One dimension of points."""

    id: str
    status: Status
    cap: str
    items: tuple[PointItem, ...] = Field(strict=False, min_length=1)


class Tier(Named):
    """A tier of the points' total, from so many points on."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    id: str
    from_: str = Field(alias="from")


class Published(Part):
    """A figure of a source to put beside an indicator."""

    kind: Literal["actual", "target"]
    value: Amount
    on: date
    source: str
    note: Named | None = None


class Over(Part):
    """What an indicator is divided by (a count of subjects, or the sum of a number), and then multiplied with."""

    per: str
    where: str | None = None
    sum: str | None = None
    times: int = 1


class Indicator(Named):
    """One indicator of the portrait."""

    id: str
    status: Status
    per: str
    where: str | None = None
    measure: Literal["mean", "sum", "share", "count"]
    value: str | None = None
    over: Over | None = None
    unit: Literal["yuan", "percent", "person", "household", "enterprise", "event", "per_1000"]
    better: Literal["up", "down", "neither"] = "up"
    definition: Named | None = None
    named_by: str | None = None
    published: tuple[Published, ...] = Field(default=(), strict=False)


class IndicatorDimension(Named):
    """The heading of one indicator file."""

    id: str


class IndicatorFile(Part):
    """``indicators/<dimension>.yaml``."""

    dimension: IndicatorDimension
    indicators: tuple[Indicator, ...] = Field(strict=False)


class Breakdown(Named):
    """A way to break indicators down: by the value of a fact, the first of these that a subject has."""

    facts: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = Field(alias="fact", strict=False)
