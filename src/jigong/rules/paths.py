"""The shortest way from no to yes: the fewest things a person can do, what it is worth, and from when.

A condition offers alternatives, each a set of demands on facts (``insured_streak_months >= 6``).
Only facts that one of the condition's actions changes may be moved. Every way found is checked by
the reference engine on the facts as they will be on the day it takes effect.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, product
from math import ceil
from typing import TypeAlias

from jigong.kernel.dates import add_months, month_start
from jigong.packs.model import Action
from jigong.rules.engines.row import RowRule, compile_expressions, natural
from jigong.rules.engines.row_ranges import exact, known
from jigong.rules.model import Rule
from jigong.rules.nodes import (
    Call,
    Expression,
    Fact,
    Literal,
    Type,
    Value,
    columns_of,
    facts_of,
    least_of,
    most_of,
)

_NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SWAPPED = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}
_MOST_WAYS = 64
"""Alternatives considered for one condition; more would be a rule nobody can read."""
_MOST_TRIES = 4096
"""Combinations of alternatives tried for one subject."""


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


_Alternative: TypeAlias = tuple[frozenset[Demand], Mapping[str, Sequence[Action]]]
"""Demands that together make a condition true, and the actions its clause names, by fact."""


_AS_IT_IS: list[frozenset[Demand]] = [frozenset()]
"""What cannot be steered (a comparison of two facts, arithmetic) may still hold as it is."""


def alternatives(expression: Expression, wanted: bool = True) -> list[frozenset[Demand]]:
    """The ways to give a condition the wanted truth: each a set of demands that together suffice.

    Parts that cannot be steered by moving single facts demand nothing: whether they hold is seen
    when the way is checked.
    """
    if isinstance(expression, Literal):
        return _AS_IT_IS if expression.value is wanted else []
    if isinstance(expression, Fact):
        return [frozenset({Demand(expression.name, "=", wanted)})]
    if not isinstance(expression, Call):
        return _AS_IT_IS
    operator, arguments = expression.operator, expression.arguments
    if operator == "not":
        return alternatives(arguments[0], not wanted)
    if operator in ("and", "or"):
        return _combined(operator, arguments, wanted)
    if operator in _NEGATED:
        return _compared(operator if wanted else _NEGATED[operator], arguments[0], arguments[1])
    if operator == "in":
        return _member(arguments[0], arguments[1:], wanted)
    return _AS_IT_IS


def _member(subject: Expression, items: Sequence[Expression], wanted: bool) -> list[frozenset[Demand]]:
    """To be one of several is to equal any; not to be, is to differ from each."""
    each = [_compared("=" if wanted else "<>", subject, item) for item in items]
    if wanted:
        return [way for part in each for way in part]
    return [frozenset().union(*choice) for choice in islice(product(*each), _MOST_TRIES)]


def _combined(operator: str, arguments: Sequence[Expression], wanted: bool) -> list[frozenset[Demand]]:
    each = [alternatives(argument, wanted) for argument in arguments]
    if (operator == "and") == wanted:
        ways = [frozenset().union(*choice) for choice in islice(product(*each), _MOST_TRIES)]
    else:
        ways = [way for part in each for way in part]
    return sorted(dict.fromkeys(ways), key=len)[:_MOST_WAYS]


def _compared(operator: str, left: Expression, right: Expression) -> list[frozenset[Demand]]:
    if isinstance(left, Literal) and isinstance(right, Fact):
        left, right, operator = right, left, _SWAPPED[operator]
    if not (isinstance(left, Fact) and isinstance(right, Literal)):
        return _AS_IT_IS
    unit = _smallest_unit(left.type)
    value = right.value
    if operator in ("=", ">=", "<="):
        return [frozenset({Demand(left.name, operator, value)})]
    if isinstance(value, bool):
        return [frozenset({Demand(left.name, "=", not value)})]
    if unit is None or isinstance(value, str | date):
        return _AS_IT_IS
    if operator == ">":
        return [frozenset({Demand(left.name, ">=", value + unit)})]
    if operator == "<":
        return [frozenset({Demand(left.name, "<=", value - unit)})]
    return [
        frozenset({Demand(left.name, ">=", value + unit)}),
        frozenset({Demand(left.name, "<=", value - unit)}),
    ]


def _smallest_unit(type_: Type) -> int | Decimal | None:
    if type_.kind == "integer":
        return 1
    return Decimal(1).scaleb(-type_.scale) if type_.kind == "decimal" else None


class PathFinder:
    """Finds the shortest way for one bound rule.

    ``changes`` names, for each condition, the actions that can make it true; ``over_time`` are the
    bound expressions of facts that move by themselves. ``law`` gives the bound rule of a later day,
    None where it is no longer in force; without it the rule stays as it is.
    """

    def __init__(
        self,
        rule: Rule,
        changes: Mapping[str, Sequence[str]],
        actions: Mapping[str, Action],
        over_time: Mapping[str, Expression],
        law: Callable[[date], Rule | None] | None = None,
    ) -> None:
        self._rule = rule
        self._row = RowRule(rule)
        self._law = law
        self._later: dict[date, RowRule | None] = {}
        self._actions = actions
        moving = {fact: over_time[fact] for fact in rule.facts if fact in over_time}
        self._moving = tuple(moving)
        self._moved = compile_expressions(tuple(moving.values()))
        self._moved_types = tuple(expression.type for expression in moving.values())
        self.reads = tuple(dict.fromkeys([*rule.columns, *columns_of(*moving.values())]))
        """Every fact (and bound) a way depends on: equal values of these have the same way."""
        self._ranged = {name for name in rule.facts if least_of(name) in rule.columns}
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
        if outcome.verdict != "no" or None in outcome.conditions:
            return None
        choices = self._choices(outcome.conditions)
        ways = (self._way(choice, facts, as_of) for choice in islice(product(*choices), _MOST_TRIES))
        return min(
            (way for way in ways if way is not None), key=lambda way: (len(way.steps), way.on), default=None
        )

    def begin(self, first: Step, facts: Mapping[str, Value | None], as_of: date) -> Way | None:
        """The way that begins with ``first``, which brings the subject into being, and what else is needed.

        The rule is then only about what exists before: the worker. What it is worth cannot be told yet.
        """
        outcome = self._row.decide(facts, as_of)
        further = self.find(facts, as_of) if outcome.verdict == "no" else None
        if outcome.verdict == "undecided" or (outcome.verdict == "no" and further is None):
            return None
        steps = tuple(sorted((first, *(further.steps if further else ())), key=lambda s: (s.on, s.fact)))
        on = steps[-1].on
        row = self._row_on(on)
        if row is None or row.decide(self._facts_on(on, steps, facts), on).verdict != "yes":
            return None
        return Way(steps, on, None)

    def _choices(self, conditions: Sequence[bool | None]) -> list[list[_Alternative]]:
        """What may be done for each condition: something for a false one; for a true one, if need be, too.

        A true condition matters only if it reads a fact that may be moved for another one.
        """
        choices = [self._ways[i] for i, holds in enumerate(conditions) if not holds]
        moved = {demand.fact for ways in choices for demands, _ in ways for demand in demands}
        still = [i for i, holds in enumerate(conditions) if holds]
        # What is moved to keep one condition true may touch yet another.
        while touched := [i for i in still if not moved.isdisjoint(facts_of(self._rule.conditions[i].holds))]:
            for i in touched:
                still.remove(i)
                choices.append([(frozenset(), {}), *self._ways[i]])
                moved.update(demand.fact for demands, _ in self._ways[i] for demand in demands)
        return choices

    def _steerable(self, holds: Expression, actions: Sequence[str]) -> list[_Alternative]:
        by_fact: dict[str, list[Action]] = {}
        for id_ in actions:
            action = self._actions[id_]
            if action.fact is not None:
                by_fact.setdefault(action.fact, []).append(action)
        return [
            (demands, by_fact)
            for demands in alternatives(holds)
            if any(demand.fact in by_fact for demand in demands)
        ]

    def _way(
        self, choice: Sequence[_Alternative], facts: Mapping[str, Value | None], as_of: date
    ) -> Way | None:
        demands: dict[str, list[Demand]] = {}
        actions: dict[str, list[Action]] = {}
        for wanted, offered in choice:
            for demand in wanted:
                demands.setdefault(demand.fact, []).append(demand)
                actions.setdefault(demand.fact, []).extend(offered.get(demand.fact, ()))
        steps = []
        for fact, together in demands.items():
            now = exact(known(facts, fact)) if fact in self._ranged else facts.get(fact)
            if all(demand.met(now) for demand in together):
                continue
            # From somewhere within bounds nobody can say how far it is, or whether it is far at all.
            if fact in self._ranged and now is None:
                return None
            possible = [
                step for action in actions[fact] if (step := _step(together, action, now, as_of)) is not None
            ]
            if not possible:
                return None
            steps.append(min(possible, key=lambda step: (step.on, step.action)))
        if not steps:
            return None
        ordered = tuple(sorted(steps, key=lambda step: (step.on, step.fact)))
        on = ordered[-1].on
        row = self._row_on(on)
        if row is None:
            return None
        outcome = row.decide(self._facts_on(on, ordered, facts), on)
        return Way(ordered, on, outcome.amount) if outcome.verdict == "yes" else None

    def _row_on(self, day: date) -> RowRule | None:
        """The rule as it will be on ``day``."""
        if self._law is None:
            return self._row
        if day not in self._later:
            rule = self._law(day)
            self._later[day] = self._row if rule == self._rule else RowRule(rule) if rule else None
        return self._later[day]

    def _facts_on(
        self, day: date, steps: Sequence[Step], facts: Mapping[str, Value | None]
    ) -> dict[str, Value | None]:
        """The facts on ``day``: what moves by itself has moved, and the steps are taken."""
        then = dict(facts)
        values = self._moved(facts, day)
        for name, value, type_ in zip(self._moving, values, self._moved_types, strict=True):
            then[name] = natural(value, type_)
            if name in self._ranged:
                then[least_of(name)] = then[most_of(name)] = None
        then.update({step.fact: step.target for step in steps})
        return then


def _step(demands: Sequence[Demand], action: Action, now: Value | None, as_of: date) -> Step | None:
    """One step of ``action`` that meets all demands on its fact at once, or None."""
    fact = demands[0].fact
    if action.grows is None:
        targets = [d.target for d in demands if all(other.met(d.target) for other in demands)]
        if not targets:
            return None
        target = min(targets, key=lambda value: (_distance(value, now), str(value)))
        return Step(action.id, fact, now, target, None, as_of + timedelta(days=action.days or 0))
    wanted = max((d.target for d in demands if isinstance(d.target, int | Decimal)), default=None)
    if wanted is None or not isinstance(now, int | Decimal) or wanted <= now:
        return None
    months = ceil(Decimal(wanted - now) / action.grows)
    reached = now + months * action.grows
    on = add_months(month_start(as_of) if action.calendar else as_of, months)
    if on is None or not all(demand.met(reached) for demand in demands):
        return None
    return Step(action.id, fact, now, reached, months, on)


def _distance(target: Value, now: Value | None) -> Decimal:
    """How far a number has to move; 0 for anything else."""
    if isinstance(target, int | Decimal) and isinstance(now, int | Decimal):
        return abs(Decimal(target) - Decimal(now))
    return Decimal(0)
