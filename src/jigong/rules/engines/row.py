"""The reference engine: one subject at a time, as generated Python.

Numbers are whole numbers of their smallest unit (a decimal with two places is in cents), so every
operation is exact. Each node of a tree becomes one assignment; missing is None. Where a node has
bounds, another assignment keeps them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from jigong.rules.engines.row_operators import EXACT, NAMES, WRITERS, constant, round_half_up
from jigong.rules.engines.row_ranges import NAMES as RANGE_NAMES
from jigong.rules.engines.row_ranges import Span, exact, known, settled, span_of
from jigong.rules.model import Award, Outcome, Rule, Verdict
from jigong.rules.nodes import (
    Call,
    Expression,
    Fact,
    Literal,
    Parameter,
    Today,
    Type,
    Value,
    compares_bounds,
    facts_of,
    has_bounds,
    walk,
)

_MONEY_LIMIT = 10**14
"""An amount has at most 14 digits, in cents; a larger one is missing."""


class _Writer:
    """Writes assignments for trees; equal subtrees are computed once."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._facts = facts
        self._names: dict[Expression, str] = {}
        self._spans: dict[Expression, str] = {}

    def write(self, node: Expression) -> str:
        """The name (or constant) that holds the node's value."""
        if node not in self._names:
            self._names[node] = self._value(node)
        return self._names[node]

    def _value(self, node: Expression) -> str:
        if isinstance(node, Literal):
            return constant(node)
        if isinstance(node, Today):
            return "as_of"
        if isinstance(node, Parameter):
            raise TypeError(f"{node.name} is not bound")
        if has_bounds(node):
            return self._line("v", f"exact({self.span(node)})")
        if isinstance(node, Fact):
            return self._facts[node.name]
        if compares_bounds(node):
            return self._line("v", settled(node, [self.span(argument) for argument in node.arguments]))
        names = [self.write(argument) for argument in node.arguments]
        return self._line("v", WRITERS[node.operator](node, names))

    def span(self, node: Expression) -> str:
        """The name that holds the node's bounds; of what has none its value, as a number twice."""
        if not has_bounds(node):
            value = self.write(node)
            return f"({value}, {value})" if node.type.is_number else value
        if isinstance(node, Fact):
            return f"{self._facts[node.name]}_span"
        if node not in self._spans:
            assert isinstance(node, Call)
            self._spans[node] = self._line("s", span_of(node, [self.span(part) for part in node.arguments]))
        return self._spans[node]

    def _line(self, kind: str, value: str) -> str:
        name = f"{kind}{len(self.lines)}"
        self.lines.append(f"{name} = {value}")
        return name


Compiled: TypeAlias = Callable[[Mapping[str, Value | None], date], tuple[Any, ...]]


def compile_expressions(expressions: Sequence[Expression]) -> Compiled:
    """One Python function for all of ``expressions``, which must be bound.

    It takes facts by name (absent or None is missing; of ranged ones perhaps only the bounds) and the
    date, and returns the values in order: bool, date, str, or a whole number of the expression's
    smallest unit; None where missing.
    """
    return _compiled(expressions, _Writer.write)


def compile_bounds(expressions: Sequence[Expression]) -> Compiled:
    """As :func:`compile_expressions`, of numbers: for each the least and the most, None where no limit is known."""
    return _compiled(expressions, _Writer.span)


def _compiled(expressions: Sequence[Expression], write: Callable[[_Writer, Expression], str]) -> Compiled:
    facts = {
        node.name: node for expression in expressions for node in walk(expression) if isinstance(node, Fact)
    }
    locals_ = {name: f"f{index}" for index, name in enumerate(facts)}
    writer = _Writer(locals_)
    results = [write(writer, expression) for expression in expressions]
    loads = [_load(fact, locals_[name]) for name, fact in facts.items()]
    body = [*loads, *writer.lines, f"return ({', '.join(results)}{',' if results else ''})"]
    source = "def compiled(facts, as_of):\n    " + "\n    ".join(body)
    namespace = {**NAMES, **RANGE_NAMES, "scaled": _scaled, "span": _span}
    exec(compile(source, "<rule>", "exec"), namespace)
    function: Compiled = namespace["compiled"]
    return function


def _load(fact: Fact, name: str) -> str:
    if fact.ranged:
        return f"{name}_span = span(facts, {fact.name!r}, {fact.type.scale})"
    value = f"facts.get({fact.name!r})"
    return f"{name} = scaled({value}, {fact.type.scale})" if fact.type.scale else f"{name} = {value}"


def _span(facts: Mapping[str, Value | None], name: str, scale: int) -> Span:
    least, most = known(facts, name)
    return _scaled(least, scale), _scaled(most, scale)


def _scaled(value: Decimal | int | None, scale: int) -> int | None:
    return None if value is None else int(value * 10**scale)


def natural(value: Any, type_: Type) -> Value | None:
    """A value as :func:`compile_expressions` returns it, back in its natural form."""
    if value is None or type_.kind != "decimal":
        return value  # type: ignore[no-any-return]
    return Decimal(value).scaleb(-type_.scale, EXACT)


class RowRule:
    """A bound rule, ready to decide one subject after another."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        parts: list[Expression] = [condition.holds for condition in rule.conditions]
        self._whens: list[int | None] = []
        self._amounts: list[int | None] = []
        for award in rule.awards:
            self._whens.append(_append(parts, award.when))
            self._amounts.append(_append(parts, award.amount))
        self._evaluate = compile_expressions(parts)
        self._reads = [facts_of(part) for part in parts]
        # Walking the trees takes ten times as long as deciding.
        self._facts = rule.facts
        self._ranged = {
            node.name for part in parts for node in walk(part) if isinstance(node, Fact) and node.ranged
        }
        self._pays_money = rule.pays_money

    def decide(self, facts: Mapping[str, Value | None], as_of: date) -> Outcome:
        """The outcome for a subject with ``facts`` (decimals as Decimal) on ``as_of``."""
        values = self._evaluate(facts, as_of)
        conditions = values[: len(self.rule.conditions)]
        verdict: Verdict = "no" if False in conditions else "undecided" if None in conditions else "yes"
        award, open_, conflict = self._branch(values)
        potential = self._amount(award, values) if award is not None else self._nothing(open_)
        settled = verdict == "yes" and not open_
        if verdict == "undecided":
            open_ = [index for index, value in enumerate(conditions) if value is None]
        elif verdict == "no":
            open_ = []
        elif award is not None and potential is None and (index := self._amounts[award]) is not None:
            open_ = [index]
        return Outcome(
            verdict,
            conditions,
            self.rule.awards[award].id if award is not None and settled else None,
            potential if verdict == "yes" else self._nothing([]) if verdict == "no" else None,
            potential,
            self._missing(open_, facts),
            conflict,
        )

    def _branch(self, values: Sequence[Any]) -> tuple[int | None, list[int], tuple[str, str] | None]:
        """The branch that applies, the undecided branch conditions that keep it open, and a conflict."""
        open_: list[int] = []
        for position, index in enumerate(self._whens):
            value = True if index is None else values[index]
            if value is None and index is not None:
                open_.append(index)
            elif value:
                # What more data may still take the place of contradicts nothing yet.
                return (None, open_, None) if open_ else (position, open_, self._conflict(position, values))
        return None, open_, None

    def _conflict(self, chosen: int, values: Sequence[Any]) -> tuple[str, str] | None:
        awards = self.rule.awards
        for other in range(chosen + 1, len(awards)):
            if awards[other].rank != awards[chosen].rank:
                break
            index = self._whens[other]
            if (index is None or values[index]) and self._differ(chosen, other, values):
                return awards[chosen].id, awards[other].id
        return None

    def _differ(self, first: int, second: int, values: Sequence[Any]) -> bool:
        """Whether two branches are known to give different things; a missing amount is not known to."""
        if (self._amounts[first] is None) != (self._amounts[second] is None):
            return True
        amounts = self._amount(first, values), self._amount(second, values)
        return None not in amounts and amounts[0] != amounts[1]

    def _amount(self, position: int, values: Sequence[Any]) -> Decimal | None:
        index, award = self._amounts[position], self.rule.awards[position]
        return None if index is None else _money(values[index], award)

    def _nothing(self, open_: Sequence[int]) -> Decimal | None:
        return Decimal("0.00") if self._pays_money and not open_ else None

    def _missing(self, parts: Sequence[int], facts: Mapping[str, Value | None]) -> tuple[str, ...]:
        if not parts:
            return ()
        names = {name for part in parts for name in self._reads[part] if self._is_missing(name, facts)}
        return tuple(name for name in self._facts if name in names)

    def _is_missing(self, name: str, facts: Mapping[str, Value | None]) -> bool:
        return (exact(known(facts, name)) if name in self._ranged else facts.get(name)) is None


def _append(parts: list[Expression], part: Expression | None) -> int | None:
    if part is None:
        return None
    parts.append(part)
    return len(parts) - 1


def _money(value: int | None, award: Award) -> Decimal | None:
    """An amount in yuan, rounded half up to the cent; None when it has more digits than money can have."""
    if value is None or award.amount is None:
        return None
    shift = 2 - award.amount.type.scale
    cents = value * 10**shift if shift >= 0 else round_half_up(value, 10**-shift)
    return Decimal(cents).scaleb(-2) if abs(cents) < _MONEY_LIMIT else None
