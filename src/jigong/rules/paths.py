"""The shortest way from no to yes: the fewest things a person can do, what it is worth, and from when.

A condition offers alternatives, each a set of demands on facts (``insured_streak_months >= 6``).
Only facts that one of the condition's actions changes may be moved. Every way found is checked by
the reference engine on the facts as they will be on the day it takes effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from jigong.kernel.dates import add_months, month_start
from jigong.packs.model import Action
from jigong.rules.engines.row import RowRule, compile_expressions, natural
from jigong.rules.model import Rule
from jigong.rules.nodes import Call, Expression, Fact, Literal, Type, Value, facts_of

_NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SWAPPED = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}
_MOST_WAYS = 64
"""Alternatives considered for one condition; more would be a rule nobody can read."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A fact must reach a value: ``=``, or at least / at most it."""

    fact: str
    operator: str
    target: Value

    def met(self, value: Value | None) -> bool:
        """Whether ``value`` satisfies the demand."""
        if value is None:
            return False
        if self.operator == "=":
            return value == self.target
        if self.operator == ">=":
            return value >= self.target  # type: ignore[operator]
        return value <= self.target  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: the action, the fact it moves, from where to where, and when that is reached."""

    action: str
    fact: str
    now: Value | None
    target: Value
    months: int | None
    on: date


@dataclass(frozen=True, slots=True)
class Way:
    """The steps from no to yes; all may be taken at the same time. ``worth`` is due from ``on``."""

    steps: tuple[Step, ...]
    on: date
    worth: Decimal | None


def alternatives(expression: Expression, wanted: bool = True) -> list[frozenset[Demand]]:
    """The ways to give a condition the wanted truth: each a set of demands that together suffice.

    What cannot be steered by moving single facts (a comparison of two facts, arithmetic) gives none.
    """
    if isinstance(expression, Literal):
        return [frozenset()] if expression.value is wanted else []
    if isinstance(expression, Fact):
        return [frozenset({Demand(expression.name, "=", wanted)})]
    if not isinstance(expression, Call):
        return []
    operator, arguments = expression.operator, expression.arguments
    if operator == "not":
        return alternatives(arguments[0], not wanted)
    if operator in ("and", "or"):
        return _combined(operator, arguments, wanted)
    if operator in _NEGATED:
        return _compared(operator if wanted else _NEGATED[operator], arguments[0], arguments[1])
    if operator == "in" and wanted and isinstance(arguments[0], Fact):
        fact = arguments[0].name
        return [
            frozenset({Demand(fact, "=", item.value)}) for item in arguments[1:] if isinstance(item, Literal)
        ]
    return []


def _combined(operator: str, arguments: Sequence[Expression], wanted: bool) -> list[frozenset[Demand]]:
    each = [alternatives(argument, wanted) for argument in arguments]
    if (operator == "and") == wanted:
        ways = [frozenset().union(*choice) for choice in product(*each)]
    else:
        ways = [way for part in each for way in part]
    return ways[:_MOST_WAYS]


def _compared(operator: str, left: Expression, right: Expression) -> list[frozenset[Demand]]:
    if isinstance(left, Literal) and isinstance(right, Fact):
        left, right, operator = right, left, _SWAPPED[operator]
    if not (isinstance(left, Fact) and isinstance(right, Literal)):
        return []
    unit = _smallest_unit(left.type)
    value = right.value
    if operator in ("=", ">=", "<="):
        return [frozenset({Demand(left.name, operator, value)})]
    if unit is None or isinstance(value, bool | str | date):
        return []
    if operator == ">":
        return [frozenset({Demand(left.name, ">=", value + unit)})]
    if operator == "<":
        return [frozenset({Demand(left.name, "<=", value - unit)})]
    return []


def _smallest_unit(type_: Type) -> int | Decimal | None:
    if type_.kind == "integer":
        return 1
    return Decimal(1).scaleb(-type_.scale) if type_.kind == "decimal" else None


class PathFinder:
    """Finds the shortest way for one bound rule.

    ``changes`` names, for each condition, the actions that can make it true; ``over_time`` are the
    bound expressions of facts that move by themselves.
    """

    def __init__(
        self,
        rule: Rule,
        changes: Mapping[str, Sequence[str]],
        actions: Mapping[str, Action],
        over_time: Mapping[str, Expression],
    ) -> None:
        self._rule = rule
        self._row = RowRule(rule)
        self._actions = actions
        moving = {fact: over_time[fact] for fact in rule.facts if fact in over_time}
        self._moving = tuple(moving)
        self._moved = compile_expressions(tuple(moving.values()))
        self._moved_types = tuple(expression.type for expression in moving.values())
        self.reads = tuple(dict.fromkeys([*rule.facts, *facts_of(*moving.values())]))
        """Every fact a way depends on: equal values of these have the same way."""
        self._ways = [
            self._steerable(condition.holds, changes.get(condition.id, ())) for condition in rule.conditions
        ]

    @property
    def fixable_mask(self) -> int:
        """Bit i: condition i can be made true by something a person does."""
        return sum(1 << i for i, ways in enumerate(self._ways) if ways)

    def find(self, facts: Mapping[str, Value | None], as_of: date) -> Way | None:
        """The way with the fewest steps, then the earliest; None where there is none, or none is needed."""
        outcome = self._row.decide(facts, as_of)
        if outcome.verdict != "no":
            return None
        false = [i for i, value in enumerate(outcome.conditions) if value is False]
        choices = [self._ways[i] for i in false]
        if not all(choices) or None in outcome.conditions:
            return None
        found = [way for choice in product(*choices) if (way := self._way(choice, facts, as_of))]
        return min(found, key=lambda way: (len(way.steps), way.on), default=None)

    def _steerable(
        self, holds: Expression, actions: Sequence[str]
    ) -> list[tuple[frozenset[Demand], Mapping[str, Action]]]:
        by_fact = {self._actions[id_].fact: self._actions[id_] for id_ in actions}
        return [
            (demands, by_fact)
            for demands in alternatives(holds)
            if any(demand.fact in by_fact for demand in demands)
        ]

    def _way(
        self,
        choice: Sequence[tuple[frozenset[Demand], Mapping[str, Action]]],
        facts: Mapping[str, Value | None],
        as_of: date,
    ) -> Way | None:
        steps: dict[str, Step] = {}
        for demands, actions in choice:
            for demand in demands:
                if demand.met(facts.get(demand.fact)):
                    continue
                step = self._step(demand, actions.get(demand.fact), facts, as_of)
                if step is None:
                    return None
                before = steps.get(demand.fact)
                if before is None or step.on > before.on:
                    steps[demand.fact] = step
        if not steps:
            return None
        ordered = tuple(sorted(steps.values(), key=lambda step: (step.on, step.fact)))
        on = ordered[-1].on
        outcome = self._row.decide(self._facts_on(on, ordered, facts), on)
        return Way(ordered, on, outcome.amount) if outcome.verdict == "yes" else None

    @staticmethod
    def _step(
        demand: Demand, action: Action | None, facts: Mapping[str, Value | None], as_of: date
    ) -> Step | None:
        if action is None:
            return None
        now = facts.get(demand.fact)
        if action.grows is None:
            on = as_of + timedelta(days=action.days or 0)
            return Step(action.id, demand.fact, now, demand.target, None, on)
        if not isinstance(now, int | Decimal) or not isinstance(demand.target, int | Decimal):
            return None
        if demand.operator == "<=" or demand.target < now:
            return None
        months = -int((now - demand.target) // action.grows)
        reached = add_months(month_start(as_of) if action.calendar else as_of, months)
        return None if reached is None else Step(action.id, demand.fact, now, demand.target, months, reached)

    def _facts_on(
        self, day: date, steps: Sequence[Step], facts: Mapping[str, Value | None]
    ) -> dict[str, Value | None]:
        """The facts on ``day``: what moves by itself has moved, and the steps are taken."""
        then = dict(facts)
        values = self._moved(facts, day)
        for name, value, type_ in zip(self._moving, values, self._moved_types, strict=True):
            then[name] = natural(value, type_)
        then.update({step.fact: step.target for step in steps})
        return then
