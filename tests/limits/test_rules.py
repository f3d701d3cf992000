"""Expressions that once took minutes, or gigabytes: an answer within bounds from both engines."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from jigong.kernel.problems import JigongError
from jigong.rules.engines import duckdb_columns
from jigong.rules.engines.duckdb import decide_sql
from jigong.rules.judge import judge
from jigong.rules.language import MAX_LENGTH, LanguageError, Scope, parse
from jigong.rules.model import Condition, Rule
from jigong.rules.nodes import INTEGER, MONEY

SCOPE = Scope({"age": INTEGER, "months": INTEGER, "pay": MONEY}, {}, {"months", "pay"})
DAY = date(2023, 1, 1)
PERSON = {"age": 7, "months": 4, "pay": Decimal("3.50")}


def nested(level: Callable[[str], str], innermost: str, depth: int) -> str:
    """An expression so many levels deep."""
    text = innermost
    for _ in range(depth):
        text = level(text)
    return text


DEEP = {
    "division": (lambda t: f"(age // {t})", "age"),
    "division within bounds": (lambda t: f"(months // {t})", "months"),
    "least": (lambda t: f"least(age, {t})", "months"),
    "greatest": (lambda t: f"greatest({t}, 1.5)", "pay"),
    "size": (lambda t: f"abs(-{t})", "months"),
    "choice": (lambda t: f"CASE WHEN {t} > age THEN 1 ELSE age END", "months"),
    "dates": (lambda t: f"months_between(as_of, add_months(as_of, {t}))", "months"),
    "products": (lambda t: f"round(0.5 * least({t}, 10), 0)", "pay"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_sql_grows_with_the_depth_and_does_not_double(kind: str) -> None:
    level, innermost = DEEP[kind]
    sizes = []
    for depth in (3, 6, 12):
        text = f"{nested(level, innermost, depth)} > 0"
        rule = Rule("deep", (Condition("deep", parse(text, SCOPE, "boolean")),), ())
        sizes.append(len(decide_sql([rule], "facts", (), f"DATE '{DAY}'")))
        people = [PERSON, {"age": 7, "months least": 2, "pay most": Decimal(9)}, {}]
        assert judge(rule, people, DAY, "row") == judge(rule, people, DAY, "duckdb")
    assert sizes[2] < 5 * sizes[0], sizes


def test_too_long_a_text_is_not_parsed() -> None:
    with pytest.raises(LanguageError, match="more than 10,000 characters"):
        parse("age" + " + 1" * MAX_LENGTH, SCOPE)


@pytest.mark.parametrize(
    "text", ["(" * 4_000 + "age" + ")" * 4_000, "NOT " * 2_000 + "age > 1", "- " * 4_000 + "age"]
)
def test_too_deep_a_text_is_explained(text: str) -> None:
    with pytest.raises(LanguageError, match="nested more than 100 deep"):
        parse(text, SCOPE)


def test_too_much_sql_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_columns, "LONGEST", 1_000)
    holds = parse("age IN (" + ", ".join(map(str, range(100))) + ")", SCOPE, "boolean")
    with pytest.raises(JigongError, match="characters of SQL, more than 1,000"):
        judge(Rule("long", (Condition("long", holds),), ()), [PERSON], DAY, "duckdb")
