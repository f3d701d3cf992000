"""The SQL of a topic of facts: which classes it reads, and its text with parameters filled in."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError

from jigong.kernel.problems import error
from jigong.packs.authored import AS_OF, PARAMETER
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Topic
from jigong.packs.sqltext import parsed

ASKED = "asked"
WORDS = "words"
"""What the program gives the SQL of credentials: list, value, zh and en of all that ``words.yaml`` names."""
PROGRAM_TABLES = frozenset({"covered_months", "reckoned"})
"""What the program gives authors' SQL beside classes and ``asked``: what is covered (see :mod:`facts_build`)."""


def classes_read(topic: Topic) -> tuple[str, ...]:
    """The tables a topic's SELECT reads besides ``asked`` and its own WITH names, in the order of the text.

    Raises:
        JigongError: the SELECT cannot be parsed.
    """
    try:
        found = _tables_read(topic.sql)
        if found is None:
            raise error(
                f"{topic.file.name} 须是一个 SELECT",
                f"{topic.file.name} must be one SELECT",
                place=topic.place(),
                remedy=("写成 SELECT … FROM asked …", "write SELECT … FROM asked …"),
            )
    except SqlglotError as bad:
        detail = (getattr(bad, "errors", None) or [{}])[0]
        raise error(
            f"{topic.file.name} 的 SELECT 写法有误",
            f"the SELECT of {topic.file.name} is not well formed",
            place=topic.place(detail.get("line") or 1, max(detail.get("col") or 1, 1)),
            remedy=("检查括号、逗号和关键字", "check brackets, commas and keywords"),
        ) from None
    return found


# Parsing takes longer than many a topic itself, and texts are asked about again for every fact and every worker.
@lru_cache(maxsize=256)
def _tables_read(sql: str) -> tuple[str, ...] | None:
    """The tables an SQL text reads; None where it is no SELECT."""
    tree = parsed(sql)
    return tables_of(tree) if isinstance(tree, exp.Query) else None


@lru_cache(maxsize=256)
def subject_classes(sql: str) -> tuple[str, ...]:
    """The tables a subject's SQL reads; none where it cannot be parsed."""
    try:
        return tables_of(parsed(AS_OF.sub("NULL", sql)))
    except SqlglotError:
        return ()


def tables_of(tree: exp.Expr) -> tuple[str, ...]:
    """Names of the tables a statement reads, without ``asked`` and names it defines itself."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)} | {ASKED} | PROGRAM_TABLES
    names = dict.fromkeys(table.name for table in tree.find_all(exp.Table) if table.name not in own)
    return tuple(name for name in names if name)


def parameters_read(text: str, known: Mapping[str, object]) -> set[str]:
    """Names of the pack's parameters that stand in an SQL text."""
    return {match for match in PARAMETER.findall(text) if match in known}


def with_values(text: str, values: Mapping[str, ParameterValue], as_of: date) -> str:
    """An SQL text with ``topic.name`` and ``:as_of`` replaced by their values."""

    def fill(match: re.Match[str]) -> str:
        return sql_value(values[match[0]]) if match[0] in values else match[0]

    return AS_OF.sub(sql_value(as_of), PARAMETER.sub(fill, text))


def sql_value(value: ParameterValue) -> str:
    """A value as an SQL constant; a list as ``('a', 'b')``."""
    if isinstance(value, tuple):
        return f"({', '.join(sql_value(item) for item in value)})"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, date):
        return f"DATE '{value}'"
    if isinstance(value, int | Decimal):
        # A bare minus after another would begin a comment, and an exponent would make a float.
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        return f"({text})" if value < 0 else text
    return "'" + value.replace("'", "''") + "'"
