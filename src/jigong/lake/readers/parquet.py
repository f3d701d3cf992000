"""Parquet files, and tables of databases archived as Parquet."""

from pathlib import Path

import duckdb

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.errors import Refused
from jigong.lake.readers.headers import match
from jigong.lake.readers.reading import Lines, Reading, Stage
from jigong.packs.contract import Contract

_FIRST_LINE = 2
"""The first row of a table counts as line 2, as under a header."""


def read_parquet(file: Path, contract: Contract, stage: Stage, con: duckdb.DuckDBPyConnection) -> Reading:
    """Stage the rows of a Parquet file; native values are read as the text they would be written in.

    Raises:
        Refused: not a whole Parquet file, or a required column is missing.
    """
    relation = f"read_parquet({sql.text(file)})"
    try:
        headers = [str(row[0]) for row in con.execute(f"DESCRIBE FROM {relation}").fetchall()]
        matched = match(headers, contract)
        raw = {column: f"CAST({sql.name(headers[at])} AS VARCHAR)" for column, at in matched.columns.items()}
        stage(relation, raw)
    except (duckdb.InvalidInputException, duckdb.IOException) as bad:
        detail = str(bad).splitlines()[0].replace(str(file), "")
        raise Refused(
            "file:format", Text(f"不是完整的 Parquet 文件：{detail}", f"not a whole Parquet file: {detail}")
        ) from bad
    return Reading(Lines(_FIRST_LINE), (), matched.ignored)
