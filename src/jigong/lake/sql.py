"""Small helpers for writing DuckDB SQL by hand."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import duckdb


def scratch() -> duckdb.DuckDBPyConnection:
    """A connection to look something up with, to be closed; what is made in it must be TEMP, as others share the rest.

    To start an engine of one's own takes longer than most look-ups.
    """
    return _engine(os.getpid()).cursor()


@cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    # One for each process: the threads of an engine do not come along into a fork.
    return duckdb.connect()


def close_to_the_rest(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """Let ``connection`` read and write ``files`` and no others, with half of the machine's memory; for good.

    Nothing that runs in it later can change a setting, attach a database or load an extension.
    """
    connection.execute("SET memory_limit = '50%'")
    connection.execute(f"SET allowed_paths = [{texts(sorted({str(file) for file in files}))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


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
