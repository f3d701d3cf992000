"""What a pack holds, as frozen objects. Shapes are checked here; meaning in :mod:`jigong.packs.check`."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from jigong.kernel.text import Text
from jigong.packs.sources import NAME, Sourced

ScalarKind = Literal["integer", "decimal", "boolean", "string", "date"]
ParameterValue = bool | int | Decimal | date | str | tuple[str, ...]


def as_decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_tuple(value: object) -> object:
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


Amount = Annotated[Decimal, BeforeValidator(as_decimal)]
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


class SourcedName(Named, Sourced):
    """Something of which a person can dispute what it is called."""

    id: str

    def parts(self) -> Mapping[str, Text]:
        """The name."""
        return {"name": NAME}


class PolicyField(SourcedName):
    """One of the fields of policy."""


class Reading(Named):
    """How an ambiguous text was read."""

    id: str


class Manifest(Named, Sourced):
    """``pack.yaml``."""

    name: str
    extends: str | None = None
    amends: bool = False
    """Whether the layer only changes the law of the one beneath, whose name the whole pack keeps."""
    languages: tuple[str, ...] = Field(strict=False)
    sources: dict[str, Source]
    fields: tuple[PolicyField, ...] = Field(default=(), strict=False)
    readings: tuple[Reading, ...] = Field(default=(), strict=False)
    """How the text was read where that concerns every clause."""

    def parts(self) -> Mapping[str, Text]:
        """The programme's name, and what is said of kinds of things whose members do not say it themselves."""
        return {
            "name": NAME,
            "contracts": Text(
                "各类数据的名称、内容和报送部门", "the classes of data, what is in them and who sends them"
            ),
            "facts": Text("由数据认定事实的办法", "how facts follow from data"),
            "words": Text("词表", "lists of words"),
            "papers": Text(
                "企业可见的证件、可报的数据", "papers that enterprises see, and classes they may report"
            ),
        }


class DatedValue(Part, Sourced):
    """A parameter's value from one day on, until ``to`` or the next value.

    ``follows`` is the source of a public rule after which an assumed value is modelled.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    from_: date = Field(alias="from")
    to: date | None = None
    value: Annotated[ParameterValue, PlainValidator(_plain_value)]
    follows: str | None = None
    confirmed: date
    note: str | None = None

    def parts(self) -> Mapping[str, Text]:
        """The value, and the day from which it holds."""
        return {"value": Text("数值", "value"), "from": Text("起始日期", "first day")}


class ParameterEntry(Named):
    """A dated value of the pack."""

    type: ScalarKind | Literal["list of string"]
    unit: str | None = None
    values: tuple[DatedValue, ...] = Field(strict=False, min_length=1)
    reading: Named | None = None


class WordList(Named):
    """What people call the values that several facts share; ``zh`` and ``en`` name what they are of."""

    values: dict[str, Named]


class BankWord(Part):
    """What a bank's word for the result of a payment means: ``bank.yaml``."""

    means: Literal["paid", "failed", "returned", "pending"]


class FactEntry(Named):
    """One fact of a topic's header."""

    type: ScalarKind
    unit: str | None = None
    range: bool = False
    """Whether a number may be known only within bounds: its SELECT then gives ``"f least"`` and ``"f most"`` in its place."""
    rises: tuple[str, ...] = Field(default=(), strict=False)
    """Classes of which one more record can only raise it: from false to true, or to a higher number."""
    shown: bool = False
    """Whether it is there for people to see only: no rule, and nothing else of the pack, reads it."""
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


class Action(Named, Sourced):
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

    def parts(self) -> Mapping[str, Text]:
        """That it helps, and how fast."""
        pace = Text("所需天数", "days it takes") if self.grows is None else Text("每月增长", "monthly growth")
        return {"name": NAME, "days" if self.grows is None else "grows": pace}


class Fund(SourcedName):
    """A fund with a yearly budget: the parameter ``budget``."""

    budget: str
    most: str
    """The parameter that says how many times that budget a year's may become by supplements: beyond it, it is a slip."""


class Basis(Part):
    """What a clause rests on: a source and, where it says it in words, a short quote."""

    source: str
    quote: str | None = None


class InForce(Part):
    """From when to when, inclusive, a clause holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    from_: date = Field(alias="from")
    to: date | None = None


class Office(SourcedName):
    """A bureau, a union or a town that decides or delivers data."""

    kind: Literal["bureau", "town"] = "bureau"
    town: str | None = None
    """Of a town: its code, as the facts give it."""
    stand_in: str | None = None
    """The office that answers what goes to this one while nobody of it is on the platform; else the district does."""

    def parts(self) -> Mapping[str, Text]:
        """Its name, a town's code, who stands in."""
        return {
            "name": NAME,
            **({"town": Text("区划代码", "division code")} if self.town else {}),
            **({"stand_in": Text("代办部门", "who stands in")} if self.stand_in else {}),
        }


class Deadline(Named, Sourced):
    """How many days the platform gives for one kind of step (``confirm``, ``review``, ``correction``, ``appeal``), or for
    data that come late (``late``); how many working days money waits after its payee has changed the account (``changed_account``,
    which alone may be 0)."""

    days: int = Field(ge=0)

    def parts(self) -> Mapping[str, Text]:
        """How many days."""
        return {"days": Text("天数", "days")}


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


class ConditionEntry(Named):
    """One condition of a clause."""

    id: str
    when: str
    change: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = Field(default=(), strict=False)


class Contribution(Part):
    """What another fund bears of an award: a parameter, from 0 to 1 of the amount."""

    fund: str
    share: str


class AwardEntry(Named):
    """One branch of what a clause gives."""

    id: str
    when: str | None = None
    amount: str | None = None
    most: str | None = None
    """The most it can ever give, where its amount sets no limit: of parameters only. More is a fault in the data."""
    rank: int | None = None
    borne: Contribution | None = None
    """The fund that bears a part of the amount, where the clause's own does not bear the whole."""


class Clause(Named, Sourced):
    """``clause.yaml``."""

    id: str
    number: int
    field: str
    per: str
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

    def parts(self) -> Mapping[str, Text]:
        """Everything about a clause that a person can dispute; its figures are parameters and have their own sources."""
        given = self.delivery
        return {
            "name": NAME,
            "number": Text("条款编号", "number"),
            "field": Text("所属领域", "field"),
            "in_force": Text("施行日期", "in force from"),
            "fund": Text("资金来源", "who pays"),
            **({"exclusion": Text("就高不重复", "only the higher")} if self.exclusion else {}),
            "delivery.mode": Text("办理方式", "how it is delivered"),
            "delivery.period": Text("享受次数", "how often"),
            **({"delivery.office": Text("经办部门", "deciding office")} if given.office else {}),
            **({"delivery.rank": Text("名额排序", "order of places")} if given.rank else {}),
            **({"delivery.payee": Text("付给谁", "who is paid")} if given.payee != "subject" else {}),
            **{f"conditions.{one.id}": one.label for one in self.conditions},
            **{f"awards.{one.id}": one.label for one in self.awards},
        }

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


class Subject(Named, Sourced):
    """A kind of thing that has facts.

    ``conditions`` hold for every clause about it, or about what links to it, beside the clause's own. Their source is the
    subject's.
    ``given`` are facts that worked cases need not repeat.
    """

    sql: str
    conditions: tuple[ConditionEntry, ...] = Field(default=(), strict=False)
    given: dict[str, GivenValue] = Field(default_factory=dict)
    death: str | None = None
    """Of the worker: the fact that tells that somebody has died. What was due to them is then held."""
    members: str | None = None
    """Of a family: SQL that gives its key and each ``person`` (a number) who belongs to it on ``:as_of``. What is due to one
    is a matter of the others' own, and they decide nothing about it."""

    def parts(self) -> Mapping[str, Text]:
        """The conditions."""
        return {f"conditions.{entry.id}": entry.label for entry in self.conditions}


class Case(Named):
    """A worked example of a clause."""

    as_of: date | None = None
    given: dict[str, GivenValue]
    expect: Expected


class Cases(Part):
    """``cases.yaml``."""

    base: dict[str, GivenValue] = Field(default_factory=dict)
    cases: tuple[Case, ...] = Field(strict=False)
