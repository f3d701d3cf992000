"""The reference engine: one subject at a time, as generated Python.

Numbers are whole numbers of their smallest unit (a decimal with two places is in cents), so every
operation is exact. Each node of a tree becomes one assignment; missing is None. Where a node has
bounds, another assignment keeps them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from jigong.rules.engines.row_money import NOTHING, ZERO, Money, Sums, common, most, yuan
from jigong.rules.engines.row_operators import EXACT, NAMES, WRITERS, constant
from jigong.rules.engines.row_ranges import NAMES as RANGE_NAMES
from jigong.rules.engines.row_ranges import Span, exact, known, settled, span_of
from jigong.rules.model import Outcome, Rule, Verdict
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


class _Writer:
    """Writes assignments for trees; equal subtrees are computed once."""

    def __init__(self, facts: Mapping[str, str], wide: bool) -> None:
        self.lines: list[str] = []
        self._facts = facts
        self._wide = wide
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
        if isinstance(node, Fact) and not node.ranged:
            return self._facts[node.name]
        if has_bounds(node, self._wide):
            return self._line("v", f"exact({self.span(node)})")
        assert isinstance(node, Call)
        if compares_bounds(node, self._wide):
            return self._line("v", settled(node, [self.span(argument) for argument in node.arguments]))
        names = [self.write(argument) for argument in node.arguments]
        return self._line("v", WRITERS[node.operator](node, names))

    def span(self, node: Expression) -> str:
        """The name that holds the node's bounds; of what has none its value, as a number twice."""
        if isinstance(node, Fact) and node.ranged:
            return f"{self._facts[node.name]}_span"
        if isinstance(node, Fact) or not has_bounds(node, self._wide):
            value = self.write(node)
            return f"({value}, {value})" if node.type.is_number else value
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


def compile_bounds(expressions: Sequence[Expression], wide: bool = False) -> Compiled:
    """As :func:`compile_expressions`, of numbers: for each the least and the most, None where no limit is known.

    ``wide`` bounds are kept through every fact (:func:`jigong.rules.nodes.is_ranged`).
    """
    return _compiled(expressions, _Writer.span, wide)


def _compiled(
    expressions: Sequence[Expression], write: Callable[[_Writer, Expression], str], wide: bool = False
) -> Compiled:
    facts = {
        node.name: node for expression in expressions for node in walk(expression) if isinstance(node, Fact)
    }
    locals_ = {name: f"f{index}" for index, name in enumerate(facts)}
    writer = _Writer(locals_, wide)
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
        self._caps: list[int | None] = []
        for award in rule.awards:
            self._whens.append(_append(parts, award.when))
            self._amounts.append(_append(parts, award.amount))
            self._caps.append(_append(parts, award.most))
        self._parts = tuple(parts)
        self._evaluate = compile_expressions(parts)
        amounts = [index for index in self._amounts if index is not None]
        self._ends = {index: place for place, index in enumerate(amounts)}
        self._bounds = compile_bounds([parts[index] for index in amounts], wide=True)
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

        def sum_of(position: int) -> Money | None:
            return self._sum(position, values, facts, as_of)

        possible = self._possible(values)
        sums = [sum_of(position) for position, _ in possible]
        if not possible or possible[-1][1] is None:
            sums.append(NOTHING if self._pays_money else None)
        settled = possible[0][0] if possible and possible[0][1] else None
        potential = common(sums)
        open_: list[int] = []
        if verdict == "undecided":
            open_ = [index for index, value in enumerate(conditions) if value is None]
        elif verdict == "yes" and potential is None:
            open_ = self._open(possible, sums)
        return Outcome(
            verdict,
            conditions,
            self.rule.awards[settled].id if settled is not None and verdict == "yes" else None,
            potential if verdict == "yes" else ZERO if verdict == "no" and self._pays_money else None,
            potential,
            self._missing(open_, facts),
            self._conflict(settled, values, sum_of) if settled is not None else None,
            most(sums),
        )

    def _possible(self, values: Sequence[Any]) -> list[tuple[int, bool | None]]:
        """The branches that may be the one, each with whether its condition holds: none after one that does."""
        found: list[tuple[int, bool | None]] = []
        for position, index in enumerate(self._whens):
            holds = True if index is None else values[index]
            if holds is not False:
                found.append((position, holds))
            if holds:
                break
        return found

    def _sum(
        self, position: int, values: Sequence[Any], facts: Mapping[str, Value | None], as_of: date
    ) -> Money | None:
        """What a branch comes to; None for a benefit in kind."""
        index, cap = self._amounts[position], self._caps[position]
        if index is None:
            return None
        type_ = self._parts[index].type
        # Bounds are only looked at where the value is not known.
        ends = values[index], values[index]
        if values[index] is None:
            ends = self._bounds(facts, as_of)[self._ends[index]]
        ever = None if cap is None else yuan(values[cap], self._parts[cap].type)
        return Money(yuan(ends[0], type_), yuan(ends[1], type_), ever)

    def _open(self, possible: Sequence[tuple[int, bool | None]], sums: Sums) -> list[int]:
        """The parts that keep branch or amount open: none whose outcome changes nothing."""
        found: list[int] = []
        for place, (position, holds) in enumerate(possible):
            when, amount, money = self._whens[position], self._amounts[position], sums[place]
            if holds is None and when is not None and common(sums[place:]) is None:
                found.append(when)
            if amount is not None and money is not None and money.exact is None:
                found.append(amount)
        return found

    def _conflict(
        self, chosen: int, values: Sequence[Any], sum_of: Callable[[int], Money | None]
    ) -> tuple[str, str] | None:
        awards = self.rule.awards
        for other in range(chosen + 1, len(awards)):
            if awards[other].rank != awards[chosen].rank:
                break
            index = self._whens[other]
            if (index is None or values[index]) and _differ(sum_of(chosen), sum_of(other)):
                return awards[chosen].id, awards[other].id
        return None

    def _missing(self, parts: Sequence[int], facts: Mapping[str, Value | None]) -> tuple[str, ...]:
        if not parts:
            return ()
        names: set[str] = set()
        for part in parts:
            missing = [name for name in self._reads[part] if self._is_missing(name, facts)]
            # An amount that is open although nothing is missing is a fault in what it reads.
            names.update(missing or (self._reads[part] if part in self._ends else ()))
        return tuple(name for name in self._facts if name in names)

    def _is_missing(self, name: str, facts: Mapping[str, Value | None]) -> bool:
        return (exact(known(facts, name)) if name in self._ranged else facts.get(name)) is None


def _differ(first: Money | None, second: Money | None) -> bool:
    """Whether two branches are known to give different things; a missing amount is not known to."""
    if first is None or second is None:
        return first is not second
    amounts = first.exact, second.exact
    return None not in amounts and amounts[0] != amounts[1]


def _append(parts: list[Expression], part: Expression | None) -> int | None:
    if part is None:
        return None
    parts.append(part)
    return len(parts) - 1
