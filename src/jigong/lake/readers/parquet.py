"""Parquet files, and tables of databases archived as Parquet."""

import re
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


_PLAIN = re.compile(r"(?!BLOB|STRUCT|MAP|UNION|BIT)[A-Z0-9_ ]+(\(\d+,\d+\))?|ENUM\(.*\)")
"""The types of single values that can be written as text."""


def _nested(label: Text, kind: str) -> Refused:
    return Refused(
        "file:columns",
        Text(
            f"“{label.zh}”列的每一格装的不是一个值，而是 {kind}",
            f"each cell of column “{label.en}” holds not one value but {kind}",
        ),
    )


def read_parquet(file: Path, contract: Contract, stage: Stage, con: duckdb.DuckDBPyConnection) -> Reading:
    """Stage the rows of a Parquet file; native values are read as the text they would be written in.

    Raises:
        Refused: not a whole Parquet file, or a required column is missing.
    """
    relation = f"read_parquet({sql.text(file)})"
    try:
        described = con.execute(f"DESCRIBE FROM {relation}").fetchall()
        headers, kinds = [str(row[0]) for row in described], [str(row[1]) for row in described]
        matched = match(headers, contract)
        for column, at in matched.columns.items():
            if not _PLAIN.fullmatch(kinds[at]):
                raise _nested(contract.column(column).label, kinds[at])
        raw = {column: f"CAST({sql.name(headers[at])} AS VARCHAR)" for column, at in matched.columns.items()}
        stage(relation, raw)
    except (duckdb.InvalidInputException, duckdb.IOException) as bad:
        detail = str(bad).splitlines()[0].replace(str(file), "")
        raise Refused(
            "file:format", Text(f"不是完整的 Parquet 文件：{detail}", f"not a whole Parquet file: {detail}")
        ) from bad
    return Reading(Lines(_FIRST_LINE), (), matched.ignored)
