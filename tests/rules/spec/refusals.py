"""What is refused: each kind, with the part that is underlined and what to do instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """An expression that is not in the language, the part of it underlined, and the English words.

    ``expected`` is what the place needs: ``"boolean"``, ``"number"``, or None for anything.
    """

    expression: str
    marked: str
    what: str
    remedy: str | None = None
    expected: str | None = None


_NO_SUCH = "the language has no such thing: "
_MANUAL = "docs/language.md lists what there is"
_NEVER = (
    "what is not known must never decide; let the fact give a value for “none recorded”, such as 0 or FALSE"
)
_MALFORMED = "not a well-formed expression"
_CHECK = "check brackets, quotes and operators"
_NO_LIST = "a list stands only after IN"
_DEEP = "nested more than 100 deep"
_SPLIT = "split it into several conditions, or write IN (…)"

NAMES = (
    Refusal("member AND agee >= 16", "agee", "there is no fact named agee", "did you mean age?"),
    Refusal("Age >= 16", "Age", "there is no fact named Age", "did you mean age?"),
    Refusal("height > 170", "height", "there is no fact named height"),
    Refusal("least(all, age) > 1", "all", "there is no fact named all"),
    Refusal("grant > 1", "grant", "there is no fact named grant", "did you mean rank?"),
    Refusal("current_date > born", "current_date", "there is no fact named current_date"),
    Refusal("最高 > 1", "最高", "there is no fact named 最高"),
    Refusal("member AND\n  agee > 3", "agee", "there is no fact named agee", "did you mean age?"),
    Refusal(
        "age >= demo.min_agee",
        "demo.min_agee",
        "there is no parameter named demo.min_agee",
        "did you mean demo.min_age?",
    ),
    Refusal("age >= a.demo.min_age", "a.demo.min_age", f"{_NO_SUCH}a.demo.min_age", _MANUAL),
    Refusal(
        "year_between(born, as_of) > 1",
        "year_between(born, as_of)",
        f"{_NO_SUCH}year_between(born, as_of)",
        "did you mean years_between(a, b)?",
    ),
    Refusal("leest(age, 1) > 1", "leest(age, 1)", f"{_NO_SUCH}leest(age, 1)", "did you mean least(a, b)?"),
    Refusal("now() > born", "now()", f"{_NO_SUCH}now()", _MANUAL),
)

SYNTAX = (
    Refusal("", "", _MALFORMED, _CHECK),
    Refusal("age >", ">", _MALFORMED, _CHECK),
    Refusal("(age > 1", "1", _MALFORMED, _CHECK),
    Refusal("member\n  OR )", ")", _MALFORMED, _CHECK),
    Refusal("member\r\n  OR )", ")", _MALFORMED, _CHECK),
    Refusal("town = '甲镇", "'", "a quote or comment is not closed", "close it"),
    Refusal(
        "age" + " + 1" * 3_000,
        "a",
        "the expression has more than 10,000 characters",
        "split it into several conditions, or make it a fact",
    ),
    Refusal("age > 1; age > 2", "age > 1; age > 2", f"{_NO_SUCH}age > 1; age > 2", _MANUAL),
    Refusal("NOT " * 120 + "member", "NOT " * 120 + "member", _DEEP, _SPLIT),
    Refusal("(" * 500 + "age" + ")" * 500, "(" * 500 + "age" + ")" * 500, _DEEP, _SPLIT),
)

NOT_IN_THE_LANGUAGE = (
    Refusal(
        "age / 2",
        "age / 2",
        f"{_NO_SUCH}age / 2",
        "there is only whole division, a // b; for a share multiply by a decimal",
    ),
    Refusal("age % 2", "age % 2", f"{_NO_SUCH}age % 2", _MANUAL),
    Refusal("age = NULL", "age = NULL", f"{_NO_SUCH}age = NULL", _NEVER),
    Refusal("age IS NULL", "age IS NULL", f"{_NO_SUCH}age IS NULL", _NEVER),
    Refusal("town IS NOT NULL", "town IS NOT NULL", f"{_NO_SUCH}town IS NOT NULL", _NEVER),
    Refusal("coalesce(age, 0) > 1", "coalesce(age, 0)", f"{_NO_SUCH}coalesce(age, 0)", _NEVER),
    Refusal("ifnull(pay, 0)", "ifnull(pay, 0)", f"{_NO_SUCH}ifnull(pay, 0)", _NEVER),
    Refusal("max(age)", "max(age)", f"{_NO_SUCH}max(age)", "for the larger of several write greatest(a, b)"),
    Refusal("min(age)", "min(age)", f"{_NO_SUCH}min(age)", "for the smaller of several write least(a, b)"),
    Refusal("town LIKE '甲%'", "town LIKE '甲%'", f"{_NO_SUCH}town LIKE '甲%'", _MANUAL),
    Refusal("member IS TRUE", "member IS TRUE", f"{_NO_SUCH}member IS TRUE", _MANUAL),
    Refusal("1e5 > age", "1e5", f"{_NO_SUCH}1e5", _MANUAL),
    Refusal("age IN ()", "age IN ()", f"{_NO_SUCH}age IN ()", _MANUAL),
    Refusal("age IN (SELECT 1)", "age IN (SELECT 1)", f"{_NO_SUCH}age IN (SELECT 1)", _MANUAL),
    Refusal("SELECT age", "SELECT age", f"{_NO_SUCH}SELECT age", _MANUAL),
    Refusal("CAST(town AS DATE)", "CAST(town AS DATE)", f"{_NO_SUCH}CAST(town AS DATE)", _MANUAL),
    Refusal("CAST(20230101 AS DATE)", "CAST(20230101 AS DATE)", f"{_NO_SUCH}CAST(20230101 AS DATE)", _MANUAL),
    Refusal("floor(pay, 1)", "floor(pay, 1)", f"{_NO_SUCH}floor(pay, 1)", "write floor(a)"),
    Refusal("ceil(pay, 1)", "ceil(pay, 1)", f"{_NO_SUCH}ceil(pay, 1)", "write ceil(a)"),
    Refusal(
        "round(pay, 1, 'down')",
        "round(pay, 1, 'down')",
        f"{_NO_SUCH}round(pay, 1, 'down')",
        "write round(a, 2)",
    ),
    Refusal(
        "add_months(born, 1, TRUE)",
        "add_months(born, 1, TRUE)",
        f"{_NO_SUCH}add_months(born, 1, TRUE)",
        "write add_months(a, 3)",
    ),
    Refusal("add_months(born)", ")", _MALFORMED, _CHECK),
    Refusal(
        "years_between(born)",
        "years_between(born)",
        f"{_NO_SUCH}years_between(born)",
        "write years_between(a, b)",
    ),
    Refusal(
        "age BETWEEN SYMMETRIC 2 AND 1",
        "age BETWEEN SYMMETRIC 2 AND 1",
        f"{_NO_SUCH}age BETWEEN SYMMETRIC 2 AND 1",
        _MANUAL,
    ),
)

TYPES = (
    Refusal("age = '45'", "age = '45'", "a = b: integer and string are not of one kind"),
    Refusal("member = 1", "member = 1", "a = b: boolean and integer are not of one kind"),
    Refusal("born = '1980-01-01'", "born = '1980-01-01'", "a = b: date and string are not of one kind"),
    Refusal("town > '甲镇'", "town > '甲镇'", "a > b: string has no order"),
    Refusal("member < employed", "member < employed", "a < b: boolean has no order"),
    Refusal("NOT age", "age", "NOT a: needs a condition here, got integer"),
    Refusal("member AND age", "member AND age", "a AND b: needs a condition here, got integer"),
    Refusal("town + 1", "town + 1", "a + b: needs a number here, got string"),
    Refusal("least(born, as_of)", "least(born, as_of)", "least(a, b): needs a number here, got date"),
    Refusal(
        "years_between(age, as_of)",
        "years_between(age, as_of)",
        "years_between(a, b): needs a date here, got integer",
    ),
    Refusal("year(age)", "year(age)", "year(a): needs a date here, got integer"),
    Refusal("add_months(born, pay)", "add_months(born, pay)", "add_months(a, 3): months are a whole number"),
    Refusal("pay // 2", "pay // 2", "a // b: // is for whole numbers only"),
    Refusal("round(pay, 10)", "round(pay, 10)", "round keeps 0 to 9 digits"),
    Refusal("round(pay, age)", "round(pay, age)", "round keeps a constant number of digits"),
    Refusal("round(town, 1)", "round(town, 1)", "needs a number here, got string"),
    Refusal("age IN ('45')", "age IN ('45')", "a IN (b, c): integer and string are not of one kind"),
    Refusal("age IN (months)", "age IN (months)", "only constants and parameters may stand after IN"),
    Refusal("town = demo.towns", "town = demo.towns", f"a = b: {_NO_LIST}"),
    Refusal("demo.towns IN ('甲镇')", "demo.towns IN ('甲镇')", f"a IN (b, c): {_NO_LIST}"),
    Refusal("NOT demo.towns", "demo.towns", "NOT a: needs a condition here, got list of string"),
    Refusal(
        "CASE WHEN age THEN 1 END",
        "age THEN 1",
        "CASE WHEN a THEN b ELSE c END: needs a condition here, got integer",
    ),
    Refusal(
        "CASE WHEN member THEN 1 ELSE '无' END",
        "member THEN 1 ELSE '无'",
        "CASE WHEN a THEN b ELSE c END: integer and string are not of one kind",
    ),
    Refusal(
        "born = DATE '2023-02-29'", "'2023-02-29'", "there is no day '2023-02-29'", "write DATE '2022-05-01'"
    ),
    Refusal(
        "born = DATE '2023-W01-1'", "'2023-W01-1'", "there is no day '2023-W01-1'", "write DATE '2022-05-01'"
    ),
)

SIZES = (
    Refusal(
        "pay * pay * pay * pay",
        "pay * pay * pay * pay",
        "a * b: the result could have 48 digits, more than 38",
    ),
    Refusal("9" * 39, "9" * 39, "the result could have 39 digits, more than 38"),
    Refusal("0." + "1" * 38, "0." + "1" * 38, "the result could have 39 digits, more than 38"),
)

PLACES = (
    Refusal("age", "age", "needs a condition, got integer", expected="boolean"),
    Refusal("age > 1", "age > 1", "needs a number, got boolean", expected="number"),
    Refusal("demo.towns", "demo.towns", "needs a condition, got list of string", expected="boolean"),
    Refusal("demo.ranks", "demo.ranks", "needs a number, got list of integer", expected="number"),
)

REFUSALS = (*NAMES, *SYNTAX, *NOT_IN_THE_LANGUAGE, *TYPES, *SIZES, *PLACES)
