"""Numbers known only within bounds, in the columnar engine: SQL for the bounds, and what they settle.

A bound is SQL that is NULL where no limit is known. Bounds of a sum, a cap and so on are the same
operator applied to the right bounds of its arguments, so each value in between stays in between.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from jigong.rules.engines.duckdb_operators import WRITERS, cast, common, fitted, pinned
from jigong.rules.nodes import Call, Literal

Bounds: TypeAlias = tuple[str, str]
"""The least and the most; the same text twice where it is one value, known or not."""


def exact(bounds: Bounds) -> str:
    """SQL for the value: known where the bounds agree."""
    least, most = bounds
    return least if least == most else f"(CASE WHEN {least} = {most} THEN {least} END)"


def bounds_of(node: Call, parts: Sequence[Bounds]) -> Bounds:
    """The bounds of an operator's result from those of its arguments (of a condition: its SQL, twice)."""
    return _BOUNDS[node.operator](node, parts)


def settled(node: Call, parts: Sequence[Bounds]) -> str:
    """A comparison: true or false where the bounds settle it, else NULL."""
    types = [argument.type for argument in node.arguments]
    least = common(types, [part[0] for part in parts])
    most = common(types, [part[1] for part in parts])
    yes, no = _SETTLED[node.operator](least, most)
    return f"(CASE WHEN {yes} THEN TRUE WHEN {no} THEN FALSE END)"


def _rising(node: Call, parts: Sequence[Bounds]) -> Bounds:
    """The more of each argument, the more of the result; an unknown bound of one is an unknown bound of it."""
    least, most = [part[0] for part in parts], [part[1] for part in parts]
    write = WRITERS[node.operator]
    return write(node, least), write(node, most)


def _difference(node: Call, parts: Sequence[Bounds]) -> Bounds:
    (least, most), (off_least, off_most) = parts
    write = WRITERS["-"]
    return write(node, [least, off_most]), write(node, [most, off_least])


def _negative(node: Call, parts: Sequence[Bounds]) -> Bounds:
    ((least, most),) = parts
    return WRITERS["neg"](node, [most]), WRITERS["neg"](node, [least])


def _size(node: Call, parts: Sequence[Bounds]) -> Bounds:
    (least, most), (below, above) = parts[0], _negative(node, parts)
    # DuckDB's greatest skips what is not known: a limit on one side is enough to stay away from 0.
    nearest = pinned(f"greatest({least}, {below}, 0)", node.type)
    return (
        nearest,
        f"(CASE WHEN {least} IS NOT NULL AND {most} IS NOT NULL THEN greatest({most}, {above}) END)",
    )


def _product(node: Call, parts: Sequence[Bounds]) -> Bounds:
    """By something exact, turned round where that is negative; of two that are not, nothing is known."""
    first, second = parts
    if second[0] == second[1]:
        return _times(node, 0, parts)
    if first[0] == first[1]:
        return _times(node, 1, parts)
    known = f"(CASE WHEN {second[0]} = {second[1]} THEN {{}} WHEN {first[0]} = {first[1]} THEN {{}} END)"
    (low, high), (other_low, other_high) = _times(node, 0, parts), _times(node, 1, parts)
    return known.format(low, other_low), known.format(high, other_high)


def _times(node: Call, place: int, parts: Sequence[Bounds]) -> Bounds:
    """The argument at ``place`` times the other, which is exact."""
    (least, most), factor = parts[place], parts[1 - place][0]
    given = node.arguments[1 - place]
    if isinstance(given, Literal) and isinstance(given.value, int | Decimal):
        ends = [most, least] if given.value < 0 else [least, most]
    else:
        ends = [
            f"(CASE WHEN {factor} < 0 THEN {turned} ELSE {straight} END)"
            for straight, turned in ((least, most), (most, least))
        ]
    low, high = (WRITERS["*"](node, [factor, end] if place else [end, factor]) for end in ends)
    return low, high


def _quotient(node: Call, parts: Sequence[Bounds]) -> Bounds:
    least, most = _rising(node, parts)
    divisor = node.arguments[1]
    falling = isinstance(divisor, Literal) and isinstance(divisor.value, int) and divisor.value < 0
    return (most, least) if falling else (least, most)


def _least(node: Call, parts: Sequence[Bounds]) -> Bounds:
    # DuckDB's least skips what is not known: nobody gets more than the smallest limit there is.
    limits = fitted(node, [part[1] for part in parts])
    return WRITERS["least"](node, [part[0] for part in parts]), f"least({', '.join(limits)})"


def _greatest(node: Call, parts: Sequence[Bounds]) -> Bounds:
    limits = fitted(node, [part[0] for part in parts])
    return f"greatest({', '.join(limits)})", WRITERS["greatest"](node, [part[1] for part in parts])


def _case(node: Call, parts: Sequence[Bounds]) -> Bounds:
    """From the least to the most of every branch that may still be the one."""
    return _hull("least", node, parts, 0), _hull("greatest", node, parts, 1)


def _hull(function: str, node: Call, parts: Sequence[Bounds], side: int) -> str:
    """The end of all branches that may be the one: DuckDB's least and greatest skip those that may not.

    It is unknown where it is of any of them; written from the last branch, so that each stands there once.
    """
    end, unknown = _branch(node, parts, side, len(parts) - 1)
    for index in range(len(parts) - 3, -1, -2):
        may, may_not = f"{parts[index][0]} IS NOT FALSE", f"{parts[index][0]} IS NOT TRUE"
        own, own_unknown = _branch(node, parts, side, index + 1)
        end = f"{function}(CASE WHEN {may} THEN {own} END, CASE WHEN {may_not} THEN {end} END)"
        open_ = [f"({may} AND {own_unknown})"] if own_unknown else []
        open_ += [f"({may_not} AND {unknown})"] if unknown else []
        unknown = f"({' OR '.join(open_)})" if open_ else ""
    return f"(CASE WHEN {unknown} THEN NULL ELSE {end} END)" if unknown else end


def _branch(node: Call, parts: Sequence[Bounds], side: int, index: int) -> tuple[str, str]:
    """One end of a branch, and SQL for that being unknown: never of a constant."""
    argument = node.arguments[index]
    end = cast(parts[index][side], argument.type, node.type)
    return end, "" if isinstance(argument, Literal) else f"{end} IS NULL"


_BOUNDS: dict[str, Callable[[Call, Sequence[Bounds]], Bounds]] = {
    "+": _rising,
    "-": _difference,
    "*": _product,
    "//": _quotient,
    "neg": _negative,
    "abs": _size,
    "round": _rising,
    "floor": _rising,
    "ceil": _rising,
    "least": _least,
    "greatest": _greatest,
    "case": _case,
}

Sides: TypeAlias = Sequence[str]


def _less(least: Sides, most: Sides) -> tuple[str, str]:
    return f"{most[0]} < {least[1]}", f"{least[0]} >= {most[1]}"


def _at_most(least: Sides, most: Sides) -> tuple[str, str]:
    return f"{most[0]} <= {least[1]}", f"{least[0]} > {most[1]}"


def _equal(least: Sides, most: Sides) -> tuple[str, str]:
    return (
        f"{least[0]} = {most[1]} AND {most[0]} = {least[1]}",
        f"{most[0]} < {least[1]} OR {least[0]} > {most[1]}",
    )


def _member(least: Sides, most: Sides) -> tuple[str, str]:
    """One of several: certainly where it is one of them, certainly not where all lie outside its bounds."""
    members = least[1:]
    one = " OR ".join(f"{least[0]} = {member}" for member in members) or "FALSE"
    none = " AND ".join(f"({member} < {least[0]} OR {member} > {most[0]})" for member in members) or "TRUE"
    return f"{least[0]} = {most[0]} AND ({one})", none


def _turned(sides: tuple[str, str]) -> tuple[str, str]:
    return sides[1], sides[0]


_SETTLED: dict[str, Callable[[Sides, Sides], tuple[str, str]]] = {
    "<": _less,
    "<=": _at_most,
    ">": lambda least, most: _less(least[::-1], most[::-1]),
    ">=": lambda least, most: _at_most(least[::-1], most[::-1]),
    "=": _equal,
    "<>": lambda least, most: _turned(_equal(least, most)),
    "in": _member,
}
