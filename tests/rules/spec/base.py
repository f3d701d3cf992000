"""What a specification is made of, and the facts and parameters its examples use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from jigong.kernel.text import Text
from jigong.rules.language import Scope
from jigong.rules.model import Verdict
from jigong.rules.nodes import BOOLEAN, DATE, INTEGER, MONEY, STRING, Type, Value, least_of, most_of

LEAP_DAY = date(2024, 2, 29)

FACTS: dict[str, Type] = {
    "age": INTEGER,
    "months": INTEGER,
    "rank": INTEGER,
    "pay": MONEY,
    "tuition": MONEY,
    "member": BOOLEAN,
    "employed": BOOLEAN,
    "town": STRING,
    "born": DATE,
    "joined": DATE,
    "streak": INTEGER,
    "income": MONEY,
}
RANGED = ("streak", "income")
"""Facts that may be known only within bounds."""
COLUMNS = {**FACTS, **{bound(name): FACTS[name] for name in RANGED for bound in (least_of, most_of)}}
"""The facts with their bounds: everything an engine is given."""
PARAMETERS: dict[str, tuple[Type, Value | tuple[Value, ...]]] = {
    "demo.min_age": (INTEGER, 16),
    "demo.share": (MONEY, Decimal("0.75")),
    "demo.cap": (MONEY, Decimal("5000.00")),
    "demo.start": (DATE, date(2022, 5, 1)),
    "demo.towns": (Type("string", is_list=True), ("甲镇", "乙镇")),
    "demo.ranks": (Type("integer", 10, is_list=True), (1, 2)),
    "demo.no_towns": (Type("string", is_list=True), ()),
}
SCOPE = Scope(FACTS, {name: type_ for name, (type_, _) in PARAMETERS.items()}, RANGED)
VALUES = {name: value for name, (_, value) in PARAMETERS.items()}


@dataclass(frozen=True)
class Between:
    """What is known of a fact that is not known exactly: from where to where it lies; None for no limit."""

    least: Value | None = None
    most: Value | None = None


Known = Mapping[str, Value | Between]


def columns(known: Known) -> dict[str, Value | None]:
    """What is known, as engines are given it."""
    given: dict[str, Value | None] = {}
    for name, value in known.items():
        if isinstance(value, Between):
            given |= {least_of(name): value.least, most_of(name): value.most}
        else:
            given[name] = value
    return given


@dataclass(frozen=True)
class Example:
    """An expression, the facts that are known, and what it gives; a fact not listed is missing."""

    expression: str
    value: Value | None
    facts: Known
    note: Text | None = None
    as_of: date = LEAP_DAY


@dataclass(frozen=True)
class Spec:
    """Examples of one operator (``operator`` names it) or of another construct of the language."""

    examples: tuple[Example, ...]
    operator: str | None = None
    title: Text | None = None
    meaning: Text | None = None


@dataclass(frozen=True)
class Branch:
    """An award as a clause file writes it."""

    id: str
    when: str | None = None
    amount: str | None = None
    rank: int | None = None
    most: str | None = None


@dataclass(frozen=True)
class Case:
    """What a rule gives for one subject. ``amount`` and ``potential`` are None where they are missing."""

    facts: Known
    verdict: Verdict
    branch: str | None = None
    amount: str | None = None
    potential: str | None = None
    missing: tuple[str, ...] = ()
    conflict: tuple[str, str] | None = None
    note: Text | None = None


@dataclass(frozen=True)
class RuleSpec:
    """One construct of a rule, with cases."""

    id: str
    title: Text
    meaning: Text
    cases: tuple[Case, ...]
    conditions: Mapping[str, str] = field(default_factory=dict)
    awards: tuple[Branch, ...] = ()


def ex(
    expression: str,
    value: Value | None,
    note: tuple[str, str] | None = None,
    as_of: date = LEAP_DAY,
    **facts: Value | Between,
) -> Example:
    """An :class:`Example`, short."""
    return Example(expression, value, facts, Text(*note) if note else None, as_of)


def operator(name: str, *examples: Example) -> Spec:
    """The :class:`Spec` of an operator."""
    return Spec(examples, operator=name)


def construct(zh: str, en: str, meaning: tuple[str, str], *examples: Example) -> Spec:
    """The :class:`Spec` of anything else one can write."""
    return Spec(examples, title=Text(zh, en), meaning=Text(*meaning))


def money(text: str) -> Decimal:
    """An exact decimal."""
    return Decimal(text)
