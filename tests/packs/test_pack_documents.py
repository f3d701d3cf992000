"""Pack files as data with places, and values as they go into SQL."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from jigong.kernel.hashing import canonical_json, content_hash
from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text
from jigong.lake.topics import sql_value, with_values
from jigong.packs.authored_functions import FUNCTIONS
from jigong.packs.document import Document, parse_document


def parsed(text: str) -> Document:
    return parse_document(text, Path("file.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("true", True), ("null", None), ("", None), ("~", None),
        ("45", 45), ("-3", -3), ("007", "007"), ("2.50", Decimal("2.50")), ("1e5", "1e5"), ("1_000", "1_000"),
        ("2022-05-01", date(2022, 5, 1)), ("2022-13-01", "2022-13-01"), ("'45'", "45"), ('"true"', "true"),
    ],
)  # fmt: skip
def test_plain_words_are_yaml_1_2_and_numbers_exact(text: str, value: object) -> None:
    found = parsed(f"key: {text}").data["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_decimal_keeps_its_places() -> None:
    assert str(parsed("2.50").data) == "2.50"


def test_a_place_is_that_of_the_value_or_the_nearest_around_it() -> None:
    document = parsed("a:\n  - b: 'x'\n    c: 2\n")
    assert (document.place(("a", 0, "b")).line, document.place(("a", 0, "b")).column) == (2, 9)
    assert document.place(("a", 0, "d")) == document.place(("a", 0))
    assert document.place(("z",)).line == 1


@pytest.mark.parametrize(
    "text", ["a: [1", "a: &x [*x]", "a: 1\n---\nb: 2", "a:\tb\n\t- c", "a: \x00", "a: 1\na: 2"]
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(JigongError) as caught:
        parsed(text)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.file == "file.yaml"
    assert problem.place.line is not None
    assert problem.remedy is not None


def test_a_caret_stands_under_the_word_also_after_chinese() -> None:
    place = Place("f", 1, 5, "zh: 学历资助", 4)
    text = Problem(Text("错", "wrong"), place, Text("改", "mend")).render("zh")
    assert text.splitlines()[3] == "    " + " " * 4 + "^^^^"
    wide = Problem(Text("错", "wrong"), Place("f", 1, 3, "学历x", 1)).render("en")
    assert wide.splitlines()[-1] == "    　　^"


@pytest.mark.parametrize(
    "value", [5, -5, 10**20, Decimal("-2.50"), Decimal("1E-7"), True, date(2022, 5, 1), "it's", 0]
)
def test_a_parameter_means_the_same_in_sql(value: object) -> None:
    text = with_values(
        "SELECT 1 -topic.value IS NULL, topic.value"
        if isinstance(value, int | Decimal) and not isinstance(value, bool)
        else "SELECT FALSE, topic.value",
        {"topic.value": value},
        date(2022, 1, 1),
    )  # type: ignore[dict-item]
    _, found = duckdb.execute(text).fetchall()[0]
    assert found == value


def test_a_list_and_the_date_in_sql() -> None:
    assert sql_value(("a", "b'c")) == "('a', 'b''c')"
    text = with_values("x <= :as_of AND y::DATE = t.day AND 'a:as_of'", {}, date(2022, 1, 2))
    assert text == "x <= DATE '2022-01-02' AND y::DATE = t.day AND 'a:as_of'"


def test_equal_content_has_an_equal_hash() -> None:
    assert content_hash({"a": Decimal("1.0"), "b": [date(2022, 1, 1)]}) == content_hash(
        {"b": [date(2022, 1, 1)], "a": Decimal("1.0")}
    )
    assert canonical_json({"甲": True}) == '{"甲":true}'
    with pytest.raises(TypeError):
        content_hash(0.1)


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(JigongError, match="unfolds to too much"):
        parsed("\n".join(lines))


def test_a_whole_number_without_end_is_a_text() -> None:
    assert parsed(f"key: {'9' * 5000}").data["key"] == "9" * 5000


def test_the_guide_lists_the_functions_there_are_and_each_depends_on_its_arguments_alone() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "pack.md").read_text(encoding="utf-8")
    assert {name for name in FUNCTIONS if f"`{name}`" not in guide} == set()
    with duckdb.connect() as connection:
        moody = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        ).fetchall()
    assert {name for (name,) in moody} & FUNCTIONS == set()
