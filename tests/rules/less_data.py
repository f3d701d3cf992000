"""The law of less data: who knows less decides the same or nothing. How data grow less, and what that may change."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from tests.law.tally import tally

from jigong.rules.engines.row_ranges import known
from jigong.rules.model import Outcome
from jigong.rules.nodes import Type, Value, fact_of, least_of, most_of

RULES = tally("rules")
Facts = dict[str, Value | None]
_FURTHER = (0, 1, 2, 12, 1000)
_LARGEST = 2**31
"""No engine is asked for what is no fact."""


def less_known(person: Facts, types: Mapping[str, Type], random: Random) -> Facts:
    """The person as somebody knows them who lacks some facts, and of ranged ones knows wider bounds.

    ``types`` has a fact for each name, and its bounds where it is ranged.
    """
    less = dict(person)
    for name in types:
        if fact_of(name) != name or random.random() < 0.5:
            continue
        if least_of(name) in types and random.random() < 0.7:
            least, most = known(person, name)
            unit = 1 if types[name].kind == "integer" else Decimal("0.01")
            less[least_of(name)] = None if least is None else _further(least, -unit, random)
            less[most_of(name)] = None if most is None else _further(most, unit, random)
            RULES.spoiled["bounds wider"] += 1
        elif least_of(name) in types:
            less[least_of(name)] = less[most_of(name)] = None
            RULES.spoiled["bounds gone"] += 1
        else:
            RULES.spoiled["fact missing"] += 1
        less[name] = None
    return less


def _further(bound: int | Decimal, unit: int | Decimal, random: Random) -> int | Decimal | None:
    """A bound some units further away, or none at all."""
    ends = (bound + unit * count for count in _FURTHER)
    return random.choice([None, *(end for end in ends if abs(end) < _LARGEST)])


def broken(less: Outcome, more: Outcome) -> str | None:
    """What the outcome for who knows less breaks of the law; None where it keeps it.

    A yes or no stays or becomes undecided, also of a single condition; an amount stays or becomes open, the most it
    can be is no less; and a rule that does not contradict itself for who knows more does not for who knows less.
    """
    pairs = zip(less.conditions, more.conditions, strict=True)
    if any(before is not None and before != after for before, after in pairs):
        return "a condition"
    if less.verdict not in (more.verdict, "undecided"):
        return "the verdict"
    if less.verdict == more.verdict and less.branch not in (more.branch, None):
        return "the branch"
    if less.potential not in (more.potential, None) or less.amount not in (more.amount, None):
        return "the amount"
    if less.most is not None and (more.most is None or more.most > less.most):
        return "the most there can be"
    return "the contradiction" if less.conflict is not None and more.conflict is None else None


def within(inner: tuple[Any, Any], outer: tuple[Any, Any]) -> bool:
    """Whether bounds lie within others; None is no limit."""
    least = outer[0] is None or (inner[0] is not None and inner[0] >= outer[0])
    return least and (outer[1] is None or (inner[1] is not None and inner[1] <= outer[1]))


def day_of(person: Facts) -> date:
    """The day a random person is decided on."""
    day = person["as_of"]
    assert isinstance(day, date)
    return day
