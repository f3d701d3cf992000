"""The law of less data: making facts missing, or their bounds wider, never turns one answer into another."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jigong.rules.model import Rule
from jigong.rules.nodes import Expression, bind
from jigong.rules.operators import OPERATORS

from .judges import Duck, row_bounds, row_outcomes, row_values
from .less_data import RULES, Facts, broken, less_known, within
from .random_people import QIANTANG, column_types, everything_ranged, people_near
from .random_trees import COLUMNS, VALUES, people, rooted, rules
from .written import written

_DUCK = Duck()
_TREES = st.sampled_from(list(OPERATORS)).flatmap(lambda name: rooted(name, depth=2))


@given(st.lists(_TREES, min_size=4, max_size=8), people(), st.randoms(use_true_random=False))
def test_less_data_tells_no_more_by_any_expression(
    expressions: list[Expression], everybody: list[Facts], random: Random
) -> None:
    bound = [bind(expression, VALUES) for expression in expressions]
    less = [less_known(person, COLUMNS, random) for person in everybody]
    pairs = zip(everybody, row_values(bound, everybody), less, row_values(bound, less), strict=True)
    for person, more, known, fewer in pairs:
        for expression, before, after in zip(expressions, more, fewer, strict=True):
            assert after in (before, None), (written(expression), person, known)
    numbers = [expression for expression in bound if expression.type.is_number]
    found = zip(row_bounds(numbers, everybody), row_bounds(numbers, less), strict=True)
    for place, (more, fewer) in enumerate(found):
        for expression, inner, outer in zip(numbers, more, fewer, strict=True):
            assert within(inner, outer), (expression, everybody[place], less[place])


@given(rules(), people(), st.randoms(use_true_random=False))
def test_less_data_decides_no_more_by_any_rule(rule: Rule, everybody: list[Facts], random: Random) -> None:
    bound = rule.bound(VALUES)
    less = [less_known(person, COLUMNS, random) for person in everybody]
    by_row = row_outcomes(bound, [*everybody, *less])
    assert by_row == _DUCK.outcomes(bound, COLUMNS, [*everybody, *less])
    for person, known, more, fewer in zip(everybody, less, by_row, by_row[len(less) :], strict=False):
        assert broken(fewer, more) is None, (person, known)
        RULES.subjects[f"{more.verdict} → {fewer.verdict}"] += 1


@pytest.mark.parametrize("clause", QIANTANG.clauses)
def test_less_data_decides_no_more_by_any_clause(clause: str, request: pytest.FixtureRequest) -> None:
    """Every clause of the pack, for people close to its thresholds; each number may be known within bounds."""
    seed = request.config.getoption("--hypothesis-seed")
    random, size = Random(f"{clause} {seed}" if seed else clause), max(600, 5 * settings().max_examples)
    rule, day = everything_ranged(clause)
    types = column_types(rule)
    everybody: list[Facts] = [{**person, "as_of": day} for person in people_near(clause, rule, random, size)]
    less = [less_known(person, types, random) for person in everybody]
    by_row = row_outcomes(rule, [*everybody, *less])
    assert by_row == _DUCK.outcomes(rule, types, [*everybody, *less])
    for person, known, more, fewer in zip(everybody, less, by_row, by_row[size:], strict=False):
        assert broken(fewer, more) is None, (person, known)
        RULES.subjects[f"{more.verdict} → {fewer.verdict}"] += 1
    seen = Counter(outcome.verdict for outcome in by_row[:size])
    kept = Counter(outcome.verdict for outcome in by_row[size:])
    assert min(seen["yes"], seen["no"], kept["yes"], kept["no"]) > 0, (seen, kept)
