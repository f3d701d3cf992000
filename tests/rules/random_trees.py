"""Random trees, rules and people: everything the language allows, and mostly its edges."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import strategies as st

from jigong.rules.language import Scope
from jigong.rules.model import Award, Condition, Rule
from jigong.rules.nodes import (
    BOOLEAN,
    DATE,
    INTEGER,
    MONEY,
    STRING,
    Call,
    Expression,
    Fact,
    Kind,
    Literal,
    Parameter,
    Today,
    Type,
    Value,
    least_of,
    most_of,
)
from jigong.rules.operators import ArgumentError, rounding, type_of

_KINDS: Mapping[Kind, Type] = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "decimal": MONEY,
    "string": STRING,
    "date": DATE,
}
FACTS: dict[str, Type] = {f"{kind}_{n}": type_ for kind, type_ in _KINDS.items() for n in range(3)}
RANGED = frozenset({"integer_2", "decimal_1", "decimal_2"})
"""Facts that may be known only within bounds."""
COLUMNS = {**FACTS, **{bound(name): FACTS[name] for name in RANGED for bound in (least_of, most_of)}}
"""The facts with their bounds: everything a person has a value of."""
PARAMETERS: dict[str, tuple[Type, Value | tuple[Value, ...]]] = {
    "p.integer": (Type("integer", 5), -45),
    "p.decimal": (Type("decimal", 7, 4), Decimal("0.75")),
    "p.boolean": (BOOLEAN, True),
    "p.string": (STRING, "it's"),
    "p.date": (DATE, date(2022, 5, 1)),
    "p.integers": (Type("integer", 2, is_list=True), (1, 2, -7)),
    "p.decimals": (Type("decimal", 5, 3, is_list=True), (Decimal("0.010"), Decimal("1"))),
    "p.strings": (Type("string", is_list=True), ("甲", "it's", "")),
    "p.dates": (Type("date", is_list=True), (date(1, 1, 1), date(2024, 2, 29))),
    "p.none": (Type("string", is_list=True), ()),
}
SCOPE = Scope(FACTS, {name: type_ for name, (type_, _) in PARAMETERS.items()}, RANGED)
VALUES = {name: value for name, (_, value) in PARAMETERS.items()}

_EDGE_DATES = [
    date(1, 1, 1),
    date(1, 2, 28),
    date(1900, 2, 28),
    date(1999, 12, 31),
    date(2000, 2, 29),
    date(2023, 1, 31),
    date(2023, 2, 28),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 4, 30),
    date(9999, 12, 31),
]
_dates = st.sampled_from(_EDGE_DATES) | st.dates()
_strings = st.sampled_from(["", "甲", "乙", "it's", "a", "A", '"', "datetime.", "--", "%"])
_integers = st.sampled_from([0, 1, -1, 2, 12, -7, 2147483647, -2147483647, -2147483648]) | st.integers(
    -50, 50
)
_cents = st.sampled_from([0, 1, -1, 50, -50, 100, 12345, 999999999999, -999999999999]) | st.integers(
    -20000, 20000
)
_VALUES: Mapping[Kind, st.SearchStrategy[Value]] = {
    "boolean": st.booleans(),
    "integer": _integers,
    "decimal": _cents.map(lambda cents: Decimal(cents).scaleb(-2)),
    "string": _strings,
    "date": _dates,
}


@st.composite
def people(draw: st.DrawFn, size: int = 30) -> list[dict[str, Value | None]]:
    """So many people, each with an ``as_of``; about one fact in five is missing, or known within bounds."""
    pools = {
        kind: draw(st.lists(values | st.none(), min_size=4, max_size=4)) for kind, values in _VALUES.items()
    }
    days = [day for day in pools["date"] if isinstance(day, date)] or [date(2024, 2, 29)]
    random = draw(st.randoms(use_true_random=False))
    return [
        {
            **{name: random.choice([*pools[type_.kind], None]) for name, type_ in FACTS.items()},
            **_bounds(random, pools),
            "as_of": random.choice(days),
        }
        for _ in range(size)
    ]


def _bounds(random: Random, pools: Mapping[Kind, list[Value | None]]) -> dict[str, Value | None]:
    """Bounds of every ranged fact; where the fact has a value they may be anything, for the value counts."""
    bounds: dict[str, Value | None] = {}
    for name in sorted(RANGED):
        pool = pools[FACTS[name].kind]
        ends = sorted((end for end in random.choices(pool, k=2) if end is not None), key=lambda end: end)  # type: ignore[arg-type, return-value]
        least, most = ends if len(ends) == 2 else random.sample([*ends, None, None][:2], 2)
        bounds |= {least_of(name): least, most_of(name): most}
    return bounds


def _whole_literal(digits: str) -> Literal:
    return Literal(int(digits), Type("integer", len(digits)))


def _decimal_literal(parts: tuple[str, str]) -> Literal:
    whole, fraction = parts
    return Literal(Decimal(f"{whole}.{fraction}"), Type("decimal", len(whole) + len(fraction), len(fraction)))


def _digits(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=low, max_size=high)


_LITERALS: Mapping[Kind, st.SearchStrategy[Expression]] = {
    "boolean": st.booleans().map(lambda value: Literal(value, BOOLEAN)),
    "integer": _digits(1, 2).map(_whole_literal) | _digits(1, 12).map(_whole_literal),
    "decimal": st.tuples(_digits(1, 5), _digits(1, 4)).map(_decimal_literal),
    "string": _strings.map(lambda value: Literal(value, STRING)),
    "date": _dates.map(lambda value: Literal(value, DATE)),
}


def _leaf(kind: Kind) -> st.SearchStrategy[Expression]:
    names = st.sampled_from([name for name, type_ in FACTS.items() if type_.kind == kind])
    facts = names.map(lambda name: Fact(name, FACTS[name], name in RANGED))
    parameter = Parameter(f"p.{kind}", PARAMETERS[f"p.{kind}"][0])
    others = st.just(parameter) | _LITERALS[kind]
    if kind == "date":
        others |= st.just(Today())
    return facts | facts | others


_ANY: tuple[Kind, ...] = ("boolean", "integer", "decimal", "string", "date")
_ORDERED: tuple[Kind, ...] = ("integer", "decimal", "date")
_NUMBERS: tuple[Kind, ...] = ("integer", "decimal")


@st.composite
def trees(draw: st.DrawFn, kind: Kind, depth: int = 3) -> Expression:
    """A well-typed tree of ``kind``; ``integer`` and ``decimal`` are exact, not just any number."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(_leaf(kind))
    return draw(rooted(draw(st.sampled_from(_GIVING[kind])), kind, depth))


@st.composite
def rooted(draw: st.DrawFn, name: str, kind: Kind | None = None, depth: int = 1) -> Expression:
    """A tree that applies the operator ``name`` to trees of less than ``depth``."""
    kinds: list[Kind] = [kind] if kind else [of for of, names in _GIVING.items() if name in names]
    giving = draw(st.sampled_from(kinds))

    def part(of: Kind) -> Expression:
        return draw(trees(of, depth - 1))

    def number() -> Expression:
        return part(draw(st.sampled_from(_NUMBERS)))

    try:
        return _built(draw, name, giving, part, number)
    except ArgumentError:
        # It could need more digits than there are; a leaf never does.
        return draw(_leaf(giving))


_GIVING: Mapping[Kind, tuple[str, ...]] = {
    "boolean": ("and", "or", "not", "=", "<>", "<", "<=", ">", ">=", "in", "case"),
    "integer": (
        *("+", "-", "*", "//", "neg", "abs", "round", "floor", "ceil", "least", "greatest"),
        *("years_between", "months_between", "year", "month", "case"),
    ),
    "decimal": ("+", "-", "*", "neg", "abs", "round", "least", "greatest", "case"),
    "string": ("case",),
    "date": ("add_months", "case"),
}


def _built(
    draw: st.DrawFn,
    name: str,
    kind: Kind,
    part: Callable[[Kind], Expression],
    number: Callable[[], Expression],
) -> Expression:
    match name:
        case "and" | "or":
            arguments = [part("boolean"), part("boolean")]
        case "not":
            arguments = [part("boolean")]
        case "=" | "<>":
            arguments = _alike(draw, _ANY, part, number)
        case "<" | "<=" | ">" | ">=":
            arguments = _alike(draw, _ORDERED, part, number)
        case "in":
            return _membership(draw, part)
        case "+" | "-" | "*":
            arguments = _numbers(kind, part, number, 2)
        case "//":
            arguments = [part("integer"), part("integer")]
        case "neg" | "abs":
            arguments = [part(kind)]
        case "least" | "greatest":
            arguments = _numbers(kind, part, number, draw(st.integers(1, 3)))
        case "case":
            arguments = []
            for _ in range(draw(st.integers(1, 3))):
                arguments += [part("boolean"), part(kind)]
            if draw(st.booleans()):
                arguments.append(part(kind))
        case "round":
            digits = _whole_literal(str(draw(st.integers(0, 9))))
            argument = part(kind)
            return Call("round", (argument, digits), rounding(argument.type, digits))
        case "floor" | "ceil":
            arguments = [number()]
        case "years_between" | "months_between":
            arguments = [part("date"), part("date")]
        case "year" | "month":
            arguments = [part("date")]
        case _:
            assert name == "add_months"
            arguments = [part("date"), part("integer")]
    return _call(name, *arguments)


def _call(name: str, *arguments: Expression) -> Call:
    return Call(name, arguments, type_of(name, [argument.type for argument in arguments]))


def _alike(
    draw: st.DrawFn,
    kinds: tuple[Kind, ...],
    part: Callable[[Kind], Expression],
    number: Callable[[], Expression],
) -> list[Expression]:
    kind = draw(st.sampled_from(kinds))
    return [number(), number()] if kind in _NUMBERS else [part(kind), part(kind)]


def _numbers(
    kind: Kind, part: Callable[[Kind], Expression], number: Callable[[], Expression], count: int
) -> list[Expression]:
    """Numbers whose combination is of ``kind``: one decimal makes it decimal."""
    if kind == "integer":
        return [part("integer") for _ in range(count)]
    return [*(number() for _ in range(count - 1)), part("decimal")]


def _membership(draw: st.DrawFn, part: Callable[[Kind], Expression]) -> Expression:
    kind = draw(st.sampled_from([kind for kind in _ANY if kind != "boolean"]))
    lists = [name for name, (type_, _) in PARAMETERS.items() if type_.is_list and type_.kind == kind]
    lists_of = st.sampled_from(lists).map(lambda name: Parameter(name, PARAMETERS[name][0]))
    one = st.just(Parameter(f"p.{kind}", PARAMETERS[f"p.{kind}"][0]))
    members = draw(st.lists(_LITERALS[kind] | lists_of | one, min_size=1, max_size=3))
    return _call("in", part(kind), *members)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule with up to three conditions and up to four branches, some of equal rank, in kind, or capped."""
    conditions = [Condition(f"c{i}", draw(trees("boolean", 2))) for i in range(draw(st.integers(0, 3)))]
    awards = [
        Award(
            f"b{i}",
            draw(st.integers(1, 2)),
            draw(st.none() | trees("boolean", 2)),
            draw(st.none() | _amounts()),
            draw(st.none() | st.none() | _CAPS),
        )
        for i in range(draw(st.integers(0, 4)))
    ]
    return Rule("random", tuple(conditions), tuple(sorted(awards, key=lambda award: award.rank)))


_CAPS = st.sampled_from(["1", "100", "99999"]).map(_whole_literal)


def _amounts() -> st.SearchStrategy[Expression]:
    """Amounts of any size, often one of two small constants so that branches can agree."""
    constants = st.sampled_from(["1", "2"]).map(_whole_literal)
    return constants | rooted("*", "decimal") | trees("integer", 2) | trees("decimal", 2)
