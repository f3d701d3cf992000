"""SQL as a tree: one statement, of a length that can be parsed, and nothing printed on the way."""

import logging

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

MAX_LENGTH = 200_000
"""How many characters of SQL are parsed: far more than anybody writes."""

# What it does not know it would otherwise report on the terminal, and go on.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


class TooDeepError(ParseError):
    """It nests deeper than can be parsed."""


def parsed(text: str) -> exp.Expr:
    """The tree of a text in DuckDB's SQL.

    Raises:
        sqlglot.errors.SqlglotError: it is not one well-formed statement, nests too deep or is too long.
    """
    if len(text) > MAX_LENGTH:
        raise ParseError(f"more than {MAX_LENGTH} characters")
    try:
        return sqlglot.parse_one(text, dialect="duckdb")
    except RecursionError:
        raise TooDeepError("nested too deep") from None
