"""Every example of the specification, on every engine."""

from types import ModuleType

import pytest

from jigong.rules.engines import duckdb_operators, row_operators
from jigong.rules.language import parse
from jigong.rules.model import Award, Condition, Outcome, Rule
from jigong.rules.nodes import Call, Expression, bind, walk
from jigong.rules.operators import OPERATORS

from .judges import Duck, row_outcomes, row_values
from .spec import RULES, SPECS
from .spec.base import COLUMNS, LEAP_DAY, SCOPE, VALUES, Case, Example, RuleSpec, columns, money

EXAMPLES = [example for spec in SPECS for example in spec.examples]


def _id(example: Example) -> str:
    facts = ", ".join(f"{name}={value}" for name, value in example.facts.items())
    return f"{example.expression} [{facts}]"


@pytest.mark.parametrize("example", EXAMPLES, ids=_id)
def test_example(example: Example, duck: Duck) -> None:
    tree = bind(parse(example.expression, SCOPE), VALUES)
    people = [{**columns(example.facts), "as_of": example.as_of}]
    [(by_row,)] = row_values([tree], people)
    [(by_duckdb,)] = duck.values([tree], COLUMNS, people)
    assert (by_row, type(by_row)) == (example.value, type(example.value))
    assert (by_duckdb, type(by_duckdb)) == (example.value, type(example.value))


def _rule(spec: RuleSpec) -> Rule:
    def tree(text: str | None, expected: str) -> Expression | None:
        return None if text is None else parse(text, SCOPE, expected)

    conditions = tuple(Condition(id_, parse(text, SCOPE, "boolean")) for id_, text in spec.conditions.items())
    awards = tuple(
        Award(
            b.id,
            b.rank or position,
            tree(b.when, "boolean"),
            tree(b.amount, "number"),
            tree(b.most, "number"),
        )
        for position, b in enumerate(spec.awards, 1)
    )
    return Rule(spec.id, conditions, awards).bound(VALUES)


def _matches(outcome: Outcome, case: Case) -> None:
    found = (
        outcome.verdict,
        outcome.branch,
        outcome.amount,
        outcome.potential,
        outcome.missing,
        outcome.conflict,
    )
    amount = money(case.amount) if case.amount is not None else None
    potential = money(case.potential) if case.potential is not None else None
    assert found == (case.verdict, case.branch, amount, potential, case.missing, case.conflict)
    assert all(value is None or value.as_tuple().exponent == -2 for value in found[2:4])


@pytest.mark.parametrize("spec", RULES, ids=lambda spec: spec.id)
def test_rule(spec: RuleSpec, duck: Duck) -> None:
    rule = _rule(spec)
    people = [{**columns(case.facts), "as_of": LEAP_DAY} for case in spec.cases]
    by_row, by_duckdb = row_outcomes(rule, people), duck.outcomes(rule, COLUMNS, people)
    for case, one, other in zip(spec.cases, by_row, by_duckdb, strict=True):
        _matches(one, case)
        assert one == other


def test_every_operator_has_examples_with_missing_data() -> None:
    for name in OPERATORS:
        examples = [example for spec in SPECS if spec.operator == name for example in spec.examples]
        assert any(example.value is not None for example in examples), name
        used = [bind(parse(example.expression, SCOPE), VALUES) for example in examples]
        assert all(
            any(isinstance(node, Call) and node.operator == name for node in walk(tree)) for tree in used
        ), name
        assert any(example.value is None for example in examples), name


@pytest.mark.parametrize("engine", [row_operators, duckdb_operators], ids=["row", "duckdb"])
def test_every_engine_covers_exactly_the_operators(engine: ModuleType) -> None:
    assert set(engine.WRITERS) == set(OPERATORS)
