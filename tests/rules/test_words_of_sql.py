"""Names of a pack that are words of SQL: they mean the fact or the parameter, at every place of an expression."""

from datetime import date

import duckdb
import pytest

from jigong.rules.judge import judge
from jigong.rules.language import WORDS, LanguageError, Scope, parse
from jigong.rules.model import Award, Condition, Rule
from jigong.rules.nodes import BOOLEAN, DATE, INTEGER, STRING, Call, Expression, Fact, Parameter

with duckdb.connect() as _connection:
    _KEYWORDS = [
        row[0] for row in _connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
    ]
PLAIN = [
    "age",
    "all",
    "any",
    "area",
    "array",
    "assert",
    "at",
    "atomic",
    "base",
    "batch",
    "begin",
    "bit",
    "blob",
    "boolean",
    "both",
    "branch",
    "budget",
    "by",
    "cache",
    "call",
    "cap",
    "char",
    "child",
    "class",
    "clause",
    "code",
    "cost",
    "count",
    "cross",
    "current",
    "data",
    "database",
    "date",
    "day",
    "days",
    "decimal",
    "default",
    "degree",
    "delete",
    "desc",
    "describe",
    "distinct",
    "dose",
    "draw",
    "drop",
    "each",
    "employer",
    "event",
    "every",
    "except",
    "exists",
    "explain",
    "fact",
    "family",
    "field",
    "file",
    "filter",
    "first",
    "float",
    "for",
    "format",
    "from",
    "full",
    "fund",
    "gender",
    "global",
    "go",
    "grade",
    "grant",
    "group",
    "having",
    "height",
    "home",
    "hour",
    "household",
    "id",
    "ignore",
    "import",
    "income",
    "index",
    "inner",
    "insert",
    "int",
    "integer",
    "interval",
    "into",
    "join",
    "kind",
    "label",
    "last",
    "lateral",
    "left",
    "length",
    "level",
    "like",
    "limit",
    "list",
    "local",
    "lock",
    "map",
    "match",
    "max",
    "medal",
    "member",
    "merge",
    "min",
    "minute",
    "mode",
    "month",
    "months",
    "name",
    "natural",
    "new",
    "no",
    "note",
    "number",
    "object",
    "off",
    "offset",
    "on",
    "only",
    "option",
    "order",
    "outer",
    "over",
    "owner",
    "partition",
    "pass",
    "percent",
    "period",
    "person",
    "pivot",
    "place",
    "plan",
    "points",
    "pool",
    "position",
    "power",
    "prepare",
    "primary",
    "prior",
    "private",
    "procedure",
    "range",
    "rank",
    "rate",
    "read",
    "real",
    "record",
    "ref",
    "region",
    "release",
    "replace",
    "reset",
    "result",
    "return",
    "revoke",
    "right",
    "role",
    "rollback",
    "row",
    "rows",
    "rule",
    "sample",
    "schema",
    "school",
    "score",
    "second",
    "section",
    "select",
    "set",
    "share",
    "show",
    "since",
    "skill",
    "some",
    "sort",
    "start",
    "state",
    "station",
    "status",
    "step",
    "store",
    "struct",
    "sum",
    "table",
    "team",
    "temp",
    "text",
    "tier",
    "time",
    "timestamp",
    "title",
    "to",
    "top",
    "total",
    "town",
    "transaction",
    "trial",
    "truncate",
    "type",
    "union",
    "unique",
    "unit",
    "until",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "value",
    "values",
    "varchar",
    "view",
    "wage",
    "week",
    "weight",
    "where",
    "window",
    "with",
    "work",
    "year",
    "years",
    "zone",
    "_number",
    "r0_c0",
    "verdict",
    "as_of_day",
    "asc",
    "collate",
    "create",
    "if",
    "is_null",
    "notnull",
    "isnull",
    "sql",
    "tablesample",
    "xml",
    "xor",
    "yes",
]
NAMES = sorted({*_KEYWORDS, *PLAIN} - WORDS)
"""Every word of SQL, and what a pack may well call something."""

PLACES = [
    "{} > 1", "({}) > 1", "1 < {}", "-{} < 1", "{} + {other} > 1", "{other} - {} > 1", "{} // 2 = {}", "{}*{other}>1",
    "NOT {} = 1", "NOT ({} > 1) AND {other} > 1", "{other} > 1 OR {} > 1", "{} BETWEEN 1 AND {other}",
    "{other} BETWEEN {} AND {}", "{} IN (1, 2)", "{other} IN ({topic}, 2)", "{} = {topic}", "{topic} <= {}",
    "least({}, {other}) > 1", "greatest({other}, {}) > 1", "least({}, {}) > 1", "abs({}) > 1", "floor({}) > {topic}",
    "round({}, 1) > 1", "CASE WHEN {} > 1 THEN {} ELSE {other} END > 1", "CASE {} WHEN {topic} THEN {} END > 1",
    "\n{}\n>\n1", "{} -- all\n > 1", "{}/* all */> 1", "{}>{} AND {}<1", "add_months(as_of, {}) > as_of",
]  # fmt: skip


def scope(name: str) -> Scope:
    """A fact and a parameter of this name, and another fact."""
    return Scope({name: INTEGER, "other": INTEGER}, {f"{name}.{name}": INTEGER})


def plain(node: Expression, name: str) -> Expression:
    """The tree with the name as if it were an ordinary word."""
    match node:
        case Fact():
            return Fact("plain" if node.name == name else node.name, node.type)
        case Parameter():
            return Parameter("plain.plain", node.type)
        case Call():
            return Call(node.operator, tuple(plain(part, name) for part in node.arguments), node.type)
    return node


def test_there_are_many() -> None:
    assert len(NAMES) >= 275


@pytest.mark.parametrize("place", PLACES)
def test_a_name_means_itself_wherever_it_stands(place: str) -> None:
    wanted = parse(
        place.format(*["plain"] * 3, other="other", topic="plain.plain"), scope("plain"), "boolean"
    )
    for name in NAMES:
        text = place.format(*[name] * 3, other="other", topic=f"{name}.{name}")
        assert plain(parse(text, scope(name), "boolean"), name) == wanted, text


@pytest.mark.parametrize("type_", [BOOLEAN, DATE, STRING])
def test_so_do_names_of_other_types(type_: object) -> None:
    place = {BOOLEAN: "{} AND NOT {}", DATE: "{} < as_of AND year({}) > 1", STRING: "{} = 'a' OR {} IN ('b')"}
    for name in NAMES:
        text = place[type_].format(name, name)  # type: ignore[index]
        found = parse(text, Scope({name: type_}, {}), "boolean")  # type: ignore[dict-item]
        assert plain(found, name) == parse(
            place[type_].format("plain", "plain"),  # type: ignore[index]
            Scope({"plain": type_}, {}),  # type: ignore[dict-item]
        ), text


def test_both_engines_decide_by_them() -> None:
    day = date(2023, 1, 1)
    for start in range(0, len(NAMES), 30):
        names = NAMES[start : start + 30]
        facts = Scope(dict.fromkeys(names, INTEGER), {})
        conditions = tuple(Condition(n, parse(f"{n} > 1", facts, "boolean")) for n in names)
        awards = tuple(
            Award(n, rank, parse(f"{n} = 4", facts, "boolean"), parse(f"{n} * 100", facts, "number"))
            for rank, n in enumerate(names)
        )
        rule = Rule("rule", conditions, awards)
        people = [
            dict.fromkeys(names, 2) | {names[0]: 1},
            dict.fromkeys(names, 2) | {names[-1]: 4},
            dict.fromkeys(names[1:], 2),
        ]
        row, columnar = (judge(rule, people, day, engine) for engine in ("row", "duckdb"))
        assert row == columnar
        no, yes, undecided = row
        assert (no.verdict, yes.verdict, yes.branch, yes.amount) == ("no", "yes", names[-1], 400)
        assert (undecided.verdict, undecided.missing) == ("undecided", (names[0],))


@pytest.mark.parametrize("name", ["least", "greatest", "round", "year", "abs"])
def test_a_fact_may_be_called_like_a_function(name: str) -> None:
    assert parse(f"least({name}, 1) > {name}", Scope({name: INTEGER}, {}), "boolean")


def test_words_of_the_language_are_no_names() -> None:
    for word in WORDS - {"as_of"}:
        with pytest.raises(LanguageError):
            parse(f"{word} > 1", Scope({word: INTEGER}, {}), "boolean")


def test_quotes_do_not_make_a_name_of_ours() -> None:
    assert parse('"age" > 1', Scope({"age": INTEGER}, {})) == parse("age > 1", Scope({"age": INTEGER}, {}))
    with pytest.raises(LanguageError, match="no fact named #age"):
        parse('"#age" > 1', Scope({"age": INTEGER}, {}))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for text in (
        "grant x",
        "SET x = 1",
        "CREATE TABLE x (a",
        "COPY a TO 'b'",
        "x x x x",
        "VACUUM",
        "PRAGMA x",
    ):
        with pytest.raises(LanguageError):
            parse(text, Scope({"grant": INTEGER}, {}))
    assert capfd.readouterr() == ("", "")
