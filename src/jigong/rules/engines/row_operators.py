"""How the reference engine writes each operator of the language as Python."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Context, Decimal
from typing import Any

from jigong.kernel.dates import add_months, months_between, years_between
from jigong.rules.nodes import MAX_DIGITS, Call, Literal, Type

EXACT = Context(prec=2 * MAX_DIGITS)
"""Decimals of the default context are cut at 28 digits."""


def round_half_up(number: int, unit: int) -> int:
    """``number / unit``, rounded half away from zero, without leaving whole numbers."""
    quotient, rest = divmod(abs(number), unit)
    rounded = quotient + (2 * rest >= unit)
    return rounded if number >= 0 else -rounded


def _floor_div(a: int, b: int) -> int | None:
    return a // b if b else None


NAMES: dict[str, Any] = {
    "months_between": months_between,
    "years_between": years_between,
    "add_months": add_months,
    "round_half_up": round_half_up,
    "floor_div": _floor_div,
    "date": date,
}
"""What generated Python calls."""


def constant(node: Literal) -> str:
    """A constant of a tree as Python."""
    value = node.value
    if isinstance(value, Decimal):
        return str(int(value.scaleb(node.type.scale, EXACT)))
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, bool | str):
        return repr(value)
    return str(value * 10**node.type.scale)


def aligned(name: str, from_: Type, to: Type) -> str:
    """``name`` in the unit of ``to``."""
    shift = to.scale - from_.scale
    return name if shift == 0 or not from_.is_number else f"({name})*{10**shift}"


def _can_miss(name: str) -> bool:
    """Whether what ``name`` holds can be None: constants and the date never are."""
    return name.isidentifier() and name not in ("as_of", "True", "False")


def strict(names: Sequence[str], value: str) -> str:
    """``value``, or None as soon as any argument is None."""
    tests = [f"{name} is None" for name in names if _can_miss(name)]
    return f"None if {' or '.join(tests)} else {value}" if tests else value


def _comparison(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        left, right = (argument.type for argument in node.arguments)
        unit = left if left.scale >= right.scale else right
        return strict(names, f"{aligned(names[0], left, unit)} {symbol} {aligned(names[1], right, unit)}")

    return write


def _arithmetic(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        parts = [aligned(n, a.type, node.type) for n, a in zip(names, node.arguments, strict=True)]
        return strict(names, f" {symbol} ".join(parts))

    return write


def _member(node: Call, names: Sequence[str]) -> str:
    types = [argument.type for argument in node.arguments]
    unit = max(types, key=lambda type_: type_.scale)
    parts = [aligned(name, type_, unit) for name, type_ in zip(names, types, strict=True)]
    return strict(names[:1], f"{parts[0]} in ({''.join(part + ', ' for part in parts[1:])})")


def _extreme(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        parts = [aligned(n, a.type, node.type) for n, a in zip(names, node.arguments, strict=True)]
        return strict(names, f"{function}({', '.join(parts)})" if len(parts) > 1 else parts[0])

    return write


def _case(node: Call, names: Sequence[str]) -> str:
    def result(index: int) -> str:
        part = aligned(names[index], node.arguments[index].type, node.type)
        return strict(names[index : index + 1], part)

    text = result(len(names) - 1) if len(names) % 2 else "None"
    for index in range(len(names) // 2 * 2 - 2, -1, -2):
        condition = names[index]
        text = f"None if {condition} is None else ({result(index + 1)}) if {condition} else {text}"
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
    return strict(names[:1], f"round_half_up({names[0]}, {unit})")


def _whole(sign: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, names: Sequence[str]) -> str:
        unit = 10 ** node.arguments[0].type.scale
        return strict(names, f"{sign}(({sign}{names[0]}) // {unit})")

    return write


def _call(template: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, names: strict(names, template.format(*names))


WRITERS: dict[str, Callable[[Call, Sequence[str]], str]] = {
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
    "+": _arithmetic("+"),
    "-": _arithmetic("-"),
    "*": lambda node, names: strict(names, f"({names[0]}) * ({names[1]})"),
    "//": _call("floor_div({0}, {1})"),
    "neg": _call("-({0})"),
    "case": _case,
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
