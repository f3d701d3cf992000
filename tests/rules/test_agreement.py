"""Random rules and random people: the engines agree on everything, and text on its tree."""

from decimal import Decimal
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jigong.rules.engines.row_ranges import known
from jigong.rules.language import LanguageError, parse
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import Expression, Literal, Type, Value, bind, facts_of
from jigong.rules.operators import OPERATORS

from .judges import Duck, row_bounds, row_outcomes, row_values
from .random_trees import COLUMNS, RANGED, SCOPE, VALUES, people, rooted, rules, trees
from .written import written

_TREES = st.one_of(*(trees(kind) for kind in ("boolean", "integer", "decimal", "string", "date")))
_DUCK = Duck()
_ZERO = Literal(0, Type("integer", 1))

Facts: TypeAlias = dict[str, Value | None]


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
@settings(max_examples=settings().max_examples // 10)
def test_engines_agree_on_each_operator(name: str, data: st.DataObject) -> None:
    _agree(data.draw(st.lists(rooted(name), min_size=4, max_size=8)), data.draw(people()))


@given(st.lists(_TREES, min_size=1, max_size=3), people())
def test_engines_agree_on_expressions(expressions: list[Expression], everybody: list[Facts]) -> None:
    _agree(expressions, everybody)


def _agree(expressions: list[Expression], everybody: list[Facts]) -> None:
    bound = [bind(expression, VALUES) for expression in expressions]
    by_row, by_duckdb = row_values(bound, everybody), _DUCK.values(bound, COLUMNS, everybody)
    numbers = [expression for expression in bound if expression.type.is_number] or [_ZERO]
    assert row_bounds(numbers, everybody) == _DUCK.bounds(numbers, COLUMNS, everybody)
    for person, one, other in zip(everybody, by_row, by_duckdb, strict=True):
        for expression, mine, theirs in zip(expressions, one, other, strict=True):
            assert (mine, type(mine)) == (theirs, type(theirs)), (written(expression), person)
            assert _fits(mine, expression.type), (written(expression), person)


@given(rules(), people())
def test_engines_agree_on_rules(rule: Rule, everybody: list[Facts]) -> None:
    bound = rule.bound(VALUES)
    by_row, by_duckdb = row_outcomes(bound, everybody), _DUCK.outcomes(bound, COLUMNS, everybody)
    for person, one, other in zip(everybody, by_row, by_duckdb, strict=True):
        assert one == other, person
        _is_consistent(bound, one, person)


@given(_TREES)
def test_a_written_tree_reads_back(expression: Expression) -> None:
    assert parse(written(expression), SCOPE) == expression


_WORDS = """
    as_of NULL TRUE DATE '2024-02-30' ' " ( ) , ; -- /* */ :: AND OR NOT IN IS BETWEEN CASE WHEN THEN ELSE END
    SELECT FROM least( round( years_between( floor( cast( x -> [ ] { } $ @ ? : + - * / // % = < 1 0.5 1e5 ² 中文
"""
_FRAGMENTS = st.sampled_from(
    [*SCOPE.facts, *SCOPE.parameters, *_WORDS.split(), "\n", "\r", "\x00", "9" * 40, "(" * 80, "NOT " * 120]
)


@given(st.text(max_size=30) | st.lists(_FRAGMENTS, max_size=12).map(" ".join))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    refused = _refusal(text)
    if refused is not None:
        assert refused.text.zh
        assert refused.text.en
        assert 0 <= refused.start <= len(text)
        assert refused.width >= 1


def _refusal(text: str) -> LanguageError | None:
    try:
        parse(text, SCOPE)
    except LanguageError as refused:
        return refused
    return None


def _fits(value: Value | None, type_: Type) -> bool:
    """Whether the value has no more digits than its type foresees."""
    if value is None or not type_.is_number:
        return True
    assert isinstance(value, int | Decimal)
    return bool(abs(value) * 10**type_.scale < 10**type_.digits)


def _is_consistent(rule: Rule, outcome: Outcome, person: Facts) -> None:
    """What the outcome's own definition promises, whatever the engine."""
    holds = outcome.conditions
    assert outcome.verdict == ("no" if False in holds else "undecided" if None in holds else "yes")
    faulty = (
        {name for award in rule.awards for name in facts_of(award.amount)}
        if outcome.verdict == "yes"
        else set()
    )
    assert all(person[name] is None or name in faulty for name in outcome.missing)
    within = [known(person, name) for name in outcome.missing if name in RANGED.difference(faulty)]
    assert all(None in bounds or bounds[0] != bounds[1] for bounds in within)
    assert not (outcome.verdict == "no" and outcome.missing)
    assert outcome.branch is None or outcome.verdict == "yes"
    if outcome.verdict == "yes":
        assert outcome.amount == outcome.potential
        assert outcome.potential is None or not outcome.missing
    if outcome.potential is not None:
        assert outcome.most == outcome.potential
    if not rule.pays_money:
        assert outcome.amount is None
        assert outcome.potential is None
