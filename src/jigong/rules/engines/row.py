"""The reference engine: one subject at a time, as generated Python.

Numbers are whole numbers of their smallest unit (a decimal with two places is in cents), so every
operation is exact. Each node of a tree becomes one assignment; missing is None.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from typing import Any

from jigong.kernel.dates import add_months, months_between, years_between
from jigong.rules.model import Award, Outcome, Rule, Verdict
from jigong.rules.nodes import (
    MAX_DIGITS,
    Call,
    Expression,
    Fact,
    Literal,
    Parameter,
    Today,
    Type,
    Value,
    facts_of,
    walk,
)

_EXACT = Context(prec=2 * MAX_DIGITS)
"""Decimals of the default context are cut at 28 digits."""
_MONEY_LIMIT = 10**14
"""An amount has at most 14 digits, in cents; a larger one is missing."""


def _round_half_up(number: int, unit: int) -> int:
    """``number / unit``, rounded half away from zero, without leaving whole numbers."""
    quotient, rest = divmod(abs(number), unit)
    rounded = quotient + (2 * rest >= unit)
    return rounded if number >= 0 else -rounded


def _floor_div(a: int, b: int) -> int | None:
    return a // b if b else None


_GLOBALS: dict[str, Any] = {
    "months_between": months_between,
    "years_between": years_between,
    "add_months": add_months,
    "round_half_up": _round_half_up,
    "floor_div": _floor_div,
    "date": date,
}


class _Writer:
    """Writes assignments for trees; equal subtrees are computed once."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._facts = facts
        self._names: dict[Expression, str] = {}

    def write(self, node: Expression) -> str:
        """The name (or constant) that holds the node's value."""
        if node not in self._names:
            self._names[node] = self._value(node)
        return self._names[node]

    def _value(self, node: Expression) -> str:
        if isinstance(node, Literal):
            return _constant(node)
        if isinstance(node, Today):
            return "as_of"
        if isinstance(node, Fact):
            return self._facts[node.name]
        if isinstance(node, Parameter):
            raise TypeError(f"{node.name} is not bound")
        names = [self.write(argument) for argument in node.arguments]
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {_WRITERS[node.operator](node, names)}")
        return name


def _constant(node: Literal) -> str:
    value = node.value
    if isinstance(value, Decimal):
        return str(int(value.scaleb(node.type.scale, _EXACT)))
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, bool | str):
        return repr(value)
    return str(value * 10**node.type.scale)


def _aligned(name: str, from_: Type, to: Type) -> str:
    """``name`` in the unit of ``to``."""
    shift = to.scale - from_.scale
    return name if shift == 0 or not from_.is_number else f"({name})*{10**shift}"


def _can_miss(name: str) -> bool:
    """Whether what ``name`` holds can be None: constants and the date never are."""
    return name.isidentifier() and name not in ("as_of", "True", "False")


def _strict(names: Sequence[str], value: str) -> str:
    """``value``, or None as soon as any argument is None."""
    tests = [f"{name} is None" for name in names if _can_miss(name)]
    return f"None if {' or '.join(tests)} else {value}" if tests else value


def _comparison(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        left, right = (argument.type for argument in node.arguments)
        unit = left if left.scale >= right.scale else right
        return _strict(names, f"{_aligned(names[0], left, unit)} {symbol} {_aligned(names[1], right, unit)}")

    return write


def _arithmetic(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        parts = [_aligned(n, a.type, node.type) for n, a in zip(names, node.arguments, strict=True)]
        return _strict(names, f" {symbol} ".join(parts))

    return write


def _member(node: Call, names: Sequence[str]) -> str:
    types = [argument.type for argument in node.arguments]
    unit = max(types, key=lambda type_: type_.scale)
    parts = [_aligned(name, type_, unit) for name, type_ in zip(names, types, strict=True)]
    return _strict(names[:1], f"{parts[0]} in ({''.join(part + ', ' for part in parts[1:])})")


def _extreme(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        parts = [_aligned(n, a.type, node.type) for n, a in zip(names, node.arguments, strict=True)]
        return _strict(names, f"{function}({', '.join(parts)})" if len(parts) > 1 else parts[0])

    return write


def _case(node: Call, names: Sequence[str]) -> str:
    def result(index: int) -> str:
        part = _aligned(names[index], node.arguments[index].type, node.type)
        return _strict(names[index : index + 1], part)

    text = result(len(names) - 1) if len(names) % 2 else "None"
    for index in range(len(names) // 2 * 2 - 2, -1, -2):
        condition = names[index]
        text = f"None if {condition} is None else ({result(index + 1)}) if {condition} else {text}"
    return text


def _coalesce(node: Call, names: Sequence[str]) -> str:
    text = "None"
    for name, argument in zip(reversed(names), reversed(node.arguments), strict=True):
        value = _aligned(name, argument.type, node.type)
        text = f"{value} if {name} is not None else {text}" if _can_miss(name) else value
    return text


def _and(node: Call, names: Sequence[str]) -> str:
    no = " or ".join(f"{name} is False" for name in names)
    unknown = " or ".join(f"{name} is None" for name in names)
    return f"False if {no} else None if {unknown} else True"


def _or(node: Call, names: Sequence[str]) -> str:
    yes = " or ".join(f"{name} is True" for name in names)
    unknown = " or ".join(f"{name} is None" for name in names)
    return f"True if {yes} else None if {unknown} else False"


def _round(node: Call, names: Sequence[str]) -> str:
    unit = 10 ** (node.arguments[0].type.scale - node.type.scale)
    return _strict(names[:1], f"round_half_up({names[0]}, {unit})")


def _whole(sign: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        unit = 10 ** node.arguments[0].type.scale
        return _strict(names, f"{sign}(({sign}{names[0]}) // {unit})")

    return write


def _call(template: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, names: _strict(names, template.format(*names))


_WRITERS: dict[str, Callable[[Call, Sequence[str]], str]] = {
    "and": _and,
    "or": _or,
    "not": _call("not {0}"),
    "=": _comparison("=="),
    "<>": _comparison("!="),
    "<": _comparison("<"),
    "<=": _comparison("<="),
    ">": _comparison(">"),
    ">=": _comparison(">="),
    "in": _member,
    "missing": lambda node, names: f"{names[0]} is None" if _can_miss(names[0]) else "False",
    "+": _arithmetic("+"),
    "-": _arithmetic("-"),
    "*": lambda node, names: _strict(names, f"({names[0]}) * ({names[1]})"),
    "//": _call("floor_div({0}, {1})"),
    "neg": _call("-({0})"),
    "case": _case,
    "coalesce": _coalesce,
    "least": _extreme("min"),
    "greatest": _extreme("max"),
    "round": _round,
    "floor": _whole(""),
    "ceil": _whole("-"),
    "abs": _call("abs({0})"),
    "years_between": _call("years_between({0}, {1})"),
    "months_between": _call("months_between({0}, {1})"),
    "add_months": _call("add_months({0}, {1})"),
    "year": _call("{0}.year"),
    "month": _call("{0}.month"),
}


def compile_expressions(
    expressions: Sequence[Expression],
) -> Callable[[Mapping[str, Value | None], date], tuple[Any, ...]]:
    """One Python function for all of ``expressions``, which must be bound.

    It takes facts by name (absent or None is missing) and the date, and returns the values in order:
    bool, date, str, or a whole number of the expression's smallest unit; None where missing.
    """
    types = {
        node.name: node.type
        for expression in expressions
        for node in walk(expression)
        if isinstance(node, Fact)
    }
    locals_ = {name: f"f{index}" for index, name in enumerate(types)}
    writer = _Writer(locals_)
    results = [writer.write(expression) for expression in expressions]
    loads = [
        f"{locals_[name]} = scaled(facts.get({name!r}), {type_.scale})"
        if type_.scale
        else f"{locals_[name]} = facts.get({name!r})"
        for name, type_ in types.items()
    ]
    body = [*loads, *writer.lines, f"return ({', '.join(results)}{',' if results else ''})"]
    source = "def compiled(facts, as_of):\n    " + "\n    ".join(body)
    namespace = {**_GLOBALS, "scaled": _scaled}
    exec(compile(source, "<rule>", "exec"), namespace)
    function: Callable[[Mapping[str, Value | None], date], tuple[Any, ...]] = namespace["compiled"]
    return function


def _scaled(value: Decimal | int | None, scale: int) -> int | None:
    return None if value is None else int(value * 10**scale)


def natural(value: Any, type_: Type) -> Value | None:
    """A value as :func:`compile_expressions` returns it, back in its natural form."""
    if value is None or type_.kind != "decimal":
        return value  # type: ignore[no-any-return]
    return Decimal(value).scaleb(-type_.scale, _EXACT)


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
                return (None if open_ else position), open_, self._conflict(position, values)
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
        names = {name for part in parts for name in self._reads[part] if facts.get(name) is None}
        return tuple(name for name in self._facts if name in names)


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
    cents = value * 10**shift if shift >= 0 else _round_half_up(value, 10**-shift)
    return Decimal(cents).scaleb(-2) if abs(cents) < _MONEY_LIMIT else None
