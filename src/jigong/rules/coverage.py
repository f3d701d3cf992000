"""What the worked cases of a clause leave unseen, and which branches nothing can reach."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from jigong.packs.pack import Pack
from jigong.rules.engines.row import RowRule, compile_expressions
from jigong.rules.model import Rule
from jigong.rules.nodes import (
    BOOLEAN,
    Call,
    Expression,
    Fact,
    Literal,
    Parameter,
    Type,
    Value,
    bind,
    facts_of,
    walk,
)

_ORDERED = ("<", "<=", ">", ">=")
_COMPARED = (*_ORDERED, "=", "<>")
_MOST_COMBINATIONS = 20_000


class Seen:
    """The cases of a clause, each on its own date under the parameters of that date."""

    def __init__(self, pack: Pack, cases: Sequence[tuple[Mapping[str, Value | None], date]]) -> None:
        self._cases = cases
        self._values = {day: pack.parameters_on(day) for _, day in cases}

    def fact(self, name: str) -> set[Value | None]:
        """What the cases say of one fact."""
        return {facts.get(name) for facts, _ in self._cases}

    def values(self, *expressions: Expression) -> list[tuple[Any, ...]]:
        """What the expressions come to in each case."""
        evaluate = {
            day: compile_expressions([bind(expression, values) for expression in expressions])
            for day, values in self._values.items()
        }
        return [evaluate[day](facts, day) for facts, day in self._cases]


def uncovered(node: Expression, seen: Seen) -> Iterator[tuple[str, str]]:
    """What of one node no case shows."""
    if isinstance(node, Fact) and node.type == BOOLEAN:
        for value, zh, en in ((True, "是", "true"), (False, "否", "false")):
            if value not in seen.fact(node.name):
                yield f"没有例子里 {node.name} 为{zh}", f"no case has {node.name} {en}"
    if not isinstance(node, Call) or not facts_of(node):
        return
    if node.operator in _COMPARED:
        yield from _comparison(node, seen)
    elif node.operator == "in":
        if not {True, False} <= {value for (value,) in seen.values(node)}:
            yield (
                f"{_words(node)}：缺少成立或不成立的例子",
                f"{_words(node)}: needs a case for true and one for false",
            )
    elif node.operator in ("least", "greatest"):
        yield from _extreme(node, seen)


def _comparison(node: Call, seen: Seen) -> Iterator[tuple[str, str]]:
    left, right = node.arguments
    true: set[tuple[Any, Any]] = set()
    false: set[tuple[Any, Any]] = set()
    for holds, a, b in seen.values(node, left, right):
        if holds is not None:
            (true if holds else false).add((a, b))
    words = _words(node)
    if not true or not false:
        zh, en = ("成立", "true") if not true else ("不成立", "false")
        yield f"{words}：没有{zh}的例子", f"{words}: no case makes it {en}"
        return
    fixed = next((i for i, side in enumerate((left, right)) if isinstance(side, Literal | Parameter)), None)
    whole = left.type.kind == "integer" and right.type.kind == "integer"
    if node.operator in _ORDERED and fixed is not None and whole:
        moving = 1 - fixed
        exact = [[pair for pair in pairs if None not in pair] for pairs in (true, false)]
        if not any(a[fixed] == b[fixed] and abs(a[moving] - b[moving]) == 1 for a, b in product(*exact)):
            yield (
                f"{words}：门槛两侧要有相邻的两个值的例子",
                f"{words}: needs cases with the two neighbouring values on either side",
            )


def _extreme(node: Call, seen: Seen) -> Iterator[tuple[str, str]]:
    decided: set[int] = set()
    for whole, *parts in seen.values(node, *node.arguments):
        if whole is None or None in parts:
            continue
        scaled = [
            part * 10 ** (node.type.scale - argument.type.scale)
            for part, argument in zip(parts, node.arguments, strict=True)
        ]
        if len(set(scaled)) > 1:
            decided |= {i for i, part in enumerate(scaled) if part == whole}
    for i, argument in enumerate(node.arguments):
        if i not in decided:
            words = _words(argument)
            yield (
                f"{node.operator}：没有例子由 {words} 决定",
                f"{node.operator}: no case is decided by {words}",
            )


def reachable_branches(rule: Rule, day: date) -> set[str | None] | None:
    """Branches some combination of values takes; None where that cannot be told by trying values."""
    whens = [award.when for award in rule.awards if award.when is not None]
    told = set(facts_of(*whens))
    # Conditions about the same facts count too; the others can be met whatever the branch.
    conditions = tuple(c for c in rule.conditions if told.issuperset(facts_of(c.holds)))
    expressions = [*whens, *(c.holds for c in conditions)]
    if not all(_simple(node) for expression in expressions for node in walk(expression)):
        return None
    candidates = _candidates(expressions)
    count = 1
    for values in candidates.values():
        count *= len(values)
    if count > _MOST_COMBINATIONS:
        return None
    decider = RowRule(Rule(rule.id, conditions, rule.awards))
    names = list(candidates)
    return {
        decider.decide(dict(zip(names, values, strict=True)), day).branch
        for values in product(*candidates.values())
    }


def _simple(node: Expression) -> bool:
    """Whether what a node says of a fact changes only at the constants beside it."""
    if not isinstance(node, Call) or node.operator in ("and", "or", "not"):
        return True
    return (
        node.operator in (*_COMPARED, "in")
        and all(isinstance(argument, Fact | Literal) for argument in node.arguments)
        and sum(isinstance(argument, Fact) for argument in node.arguments) == 1
    )


def _candidates(expressions: Sequence[Expression]) -> dict[str, list[Any]]:
    """For each fact of simple expressions: values on and around every constant beside it."""
    found: dict[str, set[Any]] = {name: set() for name in facts_of(*expressions)}
    types: dict[str, Type] = {}
    constants: dict[str, set[Any]] = {}
    for node in (node for expression in expressions for node in walk(expression)):
        if isinstance(node, Fact):
            types[node.name] = node.type
        elif isinstance(node, Call):
            values = {a.value for a in node.arguments if isinstance(a, Literal)}
            for name in (a.name for a in node.arguments if isinstance(a, Fact)):
                constants.setdefault(name, set()).update(values)
    for name in found:
        kind = types[name].kind
        around = constants.get(name, set())
        if kind == "boolean":
            found[name] = {True, False}
        elif types[name].is_number:
            step = 1 if kind == "integer" else Decimal("0.01")
            found[name] = {v + d for v in around for d in (-step, 0, step)} | {0}
        elif kind == "string":
            found[name] = around | {"\0"}
        else:
            beside = {d + timedelta(days=n) for d in around for n in (-1, 0, 1) if d < date.max or n < 1}
            found[name] = beside | {date(1900, 1, 1), date(2999, 1, 1)}
    return {name: sorted(values, key=str) for name, values in found.items()}


def _words(node: Expression) -> str:
    """An expression shortly in words, for messages."""
    if isinstance(node, Literal):
        return str(node.value)
    if isinstance(node, Fact | Parameter):
        return node.name
    if isinstance(node, Call):
        inner = [_words(argument) for argument in node.arguments]
        if len(inner) == 2 and not node.operator.isalpha():
            return f"{inner[0]} {node.operator} {inner[1]}"
        return f"{node.operator}({', '.join(inner)})"
    return "as_of"
