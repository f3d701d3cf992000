"""What the language refuses: the words, the place, and the nearest name."""

import re

import pytest

from jigong.rules.language import LanguageError, parse
from jigong.rules.nodes import (
    INTEGER,
    MONEY,
    Expression,
    Parameter,
    Type,
    bind,
    columns_of,
    fact_of,
    facts_of,
    parameters_of,
)
from jigong.rules.operators import ArgumentError, number, unify

from .spec.base import SCOPE, VALUES
from .spec.refusals import REFUSALS, Refusal


def _refused(refusal: Refusal) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse(refusal.expression, SCOPE, refusal.expected)
    return caught.value


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.expression[:40])
def test_refusal(refusal: Refusal) -> None:
    error = _refused(refusal)
    marked = refusal.expression[error.start : error.start + error.width]
    remedy = error.remedy.en if error.remedy else None
    assert (error.text.en, marked, remedy) == (refusal.what, refusal.marked, refusal.remedy)
    assert str(error) == error.text.en


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.expression[:40])
def test_refusal_speaks_chinese(refusal: Refusal) -> None:
    error = _refused(refusal)
    for text in filter(None, (error.text, error.remedy)):
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert text.zh != text.en


def _tree(text: str) -> Expression:
    return parse(text, SCOPE)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("age", INTEGER),
        ("pay", MONEY),
        ("45", Type("integer", 2)),
        ("0.750", Type("decimal", 4, 3)),
        ("age + 1", Type("integer", 11)),
        ("age * 2", Type("integer", 11)),
        ("age + 0.5", Type("decimal", 12, 1)),
        ("pay * 0.75", Type("decimal", 15, 4)),
        ("round(pay * 0.75, 2)", Type("decimal", 14, 2)),
        ("round(pay * 0.75, 9)", Type("decimal", 16, 4)),
        ("floor(pay)", Type("integer", 11)),
        ("age // 12", Type("integer", 11)),
        ("least(pay, 5)", MONEY),
        ("CASE WHEN member THEN age ELSE pay END", MONEY),
        ("year(born)", Type("integer", 4)),
        ("months_between(born, as_of)", Type("integer", 6)),
    ],
)
def test_sizes_are_known_before_anything_runs(text: str, type_: Type) -> None:
    assert _tree(text).type == type_


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("age BETWEEN 16 AND 45", "age >= 16 AND age <= 45"),
        ("age NOT BETWEEN 16 AND 45", "NOT (age >= 16 AND age <= 45)"),
        ("CASE age WHEN 1 THEN 2 END", "CASE WHEN age = 1 THEN 2 END"),
        ("town IN demo.towns", "town IN (demo.towns)"),
        ("age != 1", "age <> 1"),
        ("((age))", "age"),
        ("round(pay)", "round(pay, 0)"),
        ("member -- 会员", "member"),
    ],
)
def test_two_ways_to_write_one_tree(text: str, same: str) -> None:
    assert _tree(text) == _tree(same)


def test_names_are_listed_once_in_order() -> None:
    tree = _tree("age > demo.min_age AND pay > demo.cap AND age < 60")
    assert facts_of(tree, None, _tree("member")) == ("age", "pay", "member")
    assert parameters_of(tree, None) == ("demo.min_age", "demo.cap")


def test_a_ranged_fact_is_read_with_its_bounds() -> None:
    read = columns_of(_tree("age + streak > 1"), None, _tree("streak < 3"))
    assert read == ("age", "streak", "streak least", "streak most")
    assert [fact_of(name) for name in read] == ["age", "streak", "streak", "streak"]


def test_binding_needs_every_value() -> None:
    tree = _tree("age > demo.min_age")
    with pytest.raises(KeyError):
        bind(tree, {})
    assert parameters_of(bind(tree, VALUES)) == ()


def test_a_list_is_bound_only_after_in() -> None:
    with pytest.raises(TypeError, match="only after IN"):
        bind(Parameter("demo.towns", Type("string", is_list=True)), VALUES)


def test_kinds_do_not_unify() -> None:
    with pytest.raises(ArgumentError, match="not of one kind"):
        unify([INTEGER, Type("string")])
    with pytest.raises(ArgumentError, match="39 digits"):
        number(39, 0, whole=True)
