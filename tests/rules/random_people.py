"""The clauses of Qiantang, and people close to their thresholds."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from jigong.packs.reader import read_pack
from jigong.rules.given import coerce_given
from jigong.rules.model import Award, Condition, Rule
from jigong.rules.nodes import Call, Expression, Fact, Kind, Literal, Type, Value, fact_of, walk
from jigong.rules.rulebook import Rulebook, read_rulebook

QIANTANG = read_pack(Path(__file__).parents[2] / "packs" / "qiantang", contracts=False)
RULEBOOK: Rulebook = read_rulebook(QIANTANG)


def everything_ranged(clause: str) -> tuple[Rule, date]:
    """A clause bound to the first day of its being in force, and that day; every number it reads is ranged."""
    day = QIANTANG.clauses[clause].clause.value.in_force.from_
    rule = RULEBOOK.clauses[clause].bound(QIANTANG.parameters_on(day))
    conditions = tuple(Condition(c.id, _ranged(c.holds)) for c in rule.conditions)
    awards = tuple(Award(a.id, a.rank, _maybe(a.when), _maybe(a.amount), a.most) for a in rule.awards)
    return Rule(rule.id, conditions, awards), day


def _maybe(expression: Expression | None) -> Expression | None:
    return None if expression is None else _ranged(expression)


def _ranged(node: Expression) -> Expression:
    if isinstance(node, Fact):
        return Fact(node.name, node.type, node.type.is_number)
    if isinstance(node, Call):
        return Call(node.operator, tuple(_ranged(argument) for argument in node.arguments), node.type)
    return node


def column_types(rule: Rule) -> dict[str, Type]:
    """The types of a rule's facts and of their bounds, by name."""
    nodes = (node for expression in rule.expressions for node in walk(expression))
    types = {node.name: node.type for node in nodes if isinstance(node, Fact)}
    return {column: types[fact_of(column)] for column in rule.columns}


def people_near(clause: str, rule: Rule, random: Random, size: int) -> list[dict[str, Value | None]]:
    """People who differ from the worked cases of a clause in a few facts, about its thresholds."""
    files = QIANTANG.clauses[clause].cases
    assert files is not None
    cases = [
        coerce_given({**files.value.base, **case.given}, RULEBOOK.scope)[0] for case in files.value.cases
    ]
    types = {name: type_ for name, type_ in column_types(rule).items() if fact_of(name) == name}
    pools = {name: _pool(name, type_, rule, cases) for name, type_ in types.items()}
    everybody = []
    for _ in range(size):
        person = {name: value for name, value in random.choice(cases).items() if fact_of(name) in types}
        for name in random.sample(list(types), min(len(types), random.randrange(4))):
            person[name] = random.choice(pools[name])
        everybody.append(person)
    return everybody


def _pool(name: str, type_: Type, rule: Rule, cases: list[dict[str, Value | None]]) -> list[Value | None]:
    """Values of a fact in the cases, and on and beside every constant of its kind in the rule."""
    found: set[Value | None] = {case.get(name) for case in cases}
    nodes = (node for expression in rule.expressions for node in walk(expression))
    for node in nodes:
        if isinstance(node, Literal) and node.type.is_number == type_.is_number:
            found |= set(_BESIDE[type_.kind](node.value)) if node.type.kind != "boolean" else {True, False}
    return sorted(found, key=str)


_CENT = Decimal("0.01")


def _whole(value: Value) -> list[Value]:
    number = int(value)  # type: ignore[arg-type]
    return [n for n in (number - 1, number, number + 1) if abs(n) < 2**31]


def _money(value: Value) -> list[Value]:
    number = Decimal(value).quantize(_CENT)  # type: ignore[arg-type]
    return [number - _CENT, number, number + _CENT]


def _text(value: Value) -> list[Value]:
    return [value, "别的"] if isinstance(value, str) else []


def _day(value: Value) -> list[Value]:
    return [value + timedelta(days=n) for n in (-1, 0, 1)] if isinstance(value, date) else []


_BESIDE: Mapping[Kind, object] = {
    "integer": _whole,
    "decimal": _money,
    "string": _text,
    "date": _day,
    "boolean": lambda value: [True, False],
}
