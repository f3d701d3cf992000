"""Small helpers for writing DuckDB SQL by hand."""

from collections.abc import Iterable
from pathlib import Path


def name(identifier: str) -> str:
    """``identifier`` quoted as an SQL name."""
    return '"' + identifier.replace('"', '""') + '"'


def names(identifiers: Iterable[str], prefix: str = "") -> str:
    """Quoted names with commas between; ``prefix`` is an alias such as ``t.``."""
    return ", ".join(prefix + name(identifier) for identifier in identifiers)


def text(value: str | Path) -> str:
    """``value`` as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def texts(values: Iterable[str | Path]) -> str:
    """SQL strings with commas between."""
    return ", ".join(text(value) for value in values)
