"""Numbers known only within bounds, in the reference engine: how they are computed, and what they settle.

A span is the least and the most, in the smallest unit of its node; None where no limit is known.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from jigong.rules.nodes import Call, Literal, Value, least_of, most_of

Span: TypeAlias = tuple[int | None, int | None]


def known(facts: Mapping[str, Value | None], name: str) -> tuple[Any, Any]:
    """The bounds of a ranged fact as they are given: its value twice where it is exact."""
    value = facts.get(name)
    return (facts.get(least_of(name)), facts.get(most_of(name))) if value is None else (value, value)


def exact(span: tuple[Any, Any]) -> Any:
    """The value: known where the bounds agree."""
    return span[0] if span[0] == span[1] else None


def each(span: Span, change: Callable[[int], int]) -> Span:
    """Both bounds changed by what grows with its argument."""
    least, most = span
    return None if least is None else change(least), None if most is None else change(most)


def turned(span: Span) -> Span:
    """What falls as its argument grows has its bounds the other way round."""
    return span[1], span[0]


def negative(span: Span) -> Span:
    """Bounds of ``-a``."""
    return turned(each(span, lambda bound: -bound))


def size(span: Span) -> Span:
    """Bounds of ``abs(a)``: a limit on one side is enough to stay away from 0."""
    least, most = span
    nearest = max(0, least if least is not None else 0, -most if most is not None else 0)
    return nearest, None if least is None or most is None else max(-least, most)


def plus(a: Span, b: Span) -> Span:
    """Bounds of ``a + b``."""
    return _sum(a[0], b[0]), _sum(a[1], b[1])


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def times(a: Span, b: Span) -> Span:
    """Bounds of ``a * b``, where one of them is exact; of two that are not, nothing is known."""
    factor = exact(b)
    if factor is None:
        a, factor = b, exact(a)
    if factor is None:
        return None, None
    scaled = each(a, lambda bound: bound * factor)
    return turned(scaled) if factor < 0 else scaled


def lowest(*spans: Span) -> Span:
    """Bounds of ``least(…)``: nobody gets more than the smallest limit there is."""
    least = [span[0] for span in spans if span[0] is not None]
    most = [span[1] for span in spans if span[1] is not None]
    return min(least) if len(least) == len(spans) else None, min(most, default=None)


def highest(*spans: Span) -> Span:
    """Bounds of ``greatest(…)``."""
    return negative(lowest(*(negative(span) for span in spans)))


def chosen(*choices: tuple[bool | None, Span]) -> Span:
    """Bounds of CASE: from the least to the most of every branch that may still be the one."""
    possible: list[Span] = []
    for holds, span in choices:
        if holds is not False:
            possible.append(span)
        if holds:
            break
    return lowest(*possible)[0], highest(*possible)[1]


def less(a: Span, b: Span) -> bool | None:
    """Whether ``a < b``: None where the bounds do not settle it."""
    if a[1] is not None and b[0] is not None and a[1] < b[0]:
        return True
    return False if a[0] is not None and b[1] is not None and a[0] >= b[1] else None


def at_most(a: Span, b: Span) -> bool | None:
    """Whether ``a <= b``."""
    if a[1] is not None and b[0] is not None and a[1] <= b[0]:
        return True
    return False if a[0] is not None and b[1] is not None and a[0] > b[1] else None


def equal(a: Span, b: Span) -> bool | None:
    """Whether ``a = b``."""
    if None not in (*a, *b) and a == turned(b):
        return True
    return False if less(a, b) or less(b, a) else None


def differ(a: Span, b: Span) -> bool | None:
    """Whether ``a <> b``."""
    same = equal(a, b)
    return None if same is None else not same


def among(a: Span, *members: Span) -> bool | None:
    """Whether ``a`` is one of the members, which are exact."""
    told = [equal(a, member) for member in members]
    return True if True in told else None if None in told else False


NAMES: dict[str, Any] = {
    function.__name__: function
    for function in (known, exact, each, turned, negative, size, plus, times, lowest, highest)
} | {function.__name__: function for function in (chosen, less, at_most, equal, differ, among)}
"""What generated Python calls."""


def span_of(node: Call, spans: Sequence[str]) -> str:
    """Python for the span of an operator's result from those of its arguments (of a condition: its value)."""
    return _SPANS[node.operator](node, spans)


def settled(node: Call, spans: Sequence[str]) -> str:
    """Python for a comparison of spans: True or False where they settle it, else None."""
    function, swapped = _SETTLED[node.operator]
    unit = max((argument.type for argument in node.arguments), key=lambda type_: type_.scale)
    parts = [_fit(span, unit.scale - a.type.scale) for span, a in zip(spans, node.arguments, strict=True)]
    return f"{function}({', '.join(reversed(parts) if swapped else parts)})"


def _fit(span: str, shift: int) -> str:
    """A span in a unit that is so many digits smaller."""
    return f"each({span}, lambda bound: bound * {10**shift})" if shift else span


def _fitted(node: Call, spans: Sequence[str]) -> list[str]:
    return [_fit(span, node.type.scale - a.type.scale) for span, a in zip(spans, node.arguments, strict=True)]


def _call(function: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, spans: f"{function}({', '.join(_fitted(node, spans))})"


def _rising(change: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, spans: Sequence[str]) -> str:
        unit = 10 ** (node.arguments[0].type.scale - node.type.scale)
        return f"each({spans[0]}, lambda bound: {change.format(unit)})"

    return write


def _difference(node: Call, spans: Sequence[str]) -> str:
    a, b = _fitted(node, spans)
    return f"plus({a}, negative({b}))"


def _quotient(node: Call, spans: Sequence[str]) -> str:
    divisor = node.arguments[1]
    assert isinstance(divisor, Literal)
    assert isinstance(divisor.value, int)
    divided = f"each({spans[0]}, lambda bound: bound // {divisor.value})"
    return divided if divisor.value > 0 else f"turned({divided})"


def _case(node: Call, spans: Sequence[str]) -> str:
    results = _fitted(node, spans)
    choices = [f"({spans[i]}, {results[i + 1]})" for i in range(0, len(spans) - 1, 2)]
    return f"chosen({', '.join([*choices, f'(True, {results[-1]})'])})"


_SPANS: dict[str, Callable[[Call, Sequence[str]], str]] = {
    "+": _call("plus"),
    "-": _difference,
    "*": lambda node, spans: f"times({', '.join(spans)})",
    "//": _quotient,
    "neg": _call("negative"),
    "abs": _call("size"),
    "round": _rising("round_half_up(bound, {0})"),
    "floor": _rising("bound // {0}"),
    "ceil": _rising("-(-bound // {0})"),
    "least": _call("lowest"),
    "greatest": _call("highest"),
    "case": _case,
}
_SETTLED = {
    "<": ("less", False),
    "<=": ("at_most", False),
    ">": ("less", True),
    ">=": ("at_most", True),
    "=": ("equal", False),
    "<>": ("differ", False),
    "in": ("among", False),
}
