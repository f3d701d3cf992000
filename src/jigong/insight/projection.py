"""Facts moved to a later day: what moves by itself (age, months since) moves, all else stays as it is known now.

Nobody is taken to stop paying insurance, or to earn a new certificate, in the meantime; and data that
would be stale by then are taken to have gone on coming. What is missing now stays missing.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from jigong.lake.facts import SQL_TYPES, UNSETTLED, WAITING_FILES, FactTables
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import Columns, quoted, text_literal
from jigong.rules.nodes import bind, facts_of
from jigong.rules.rulebook import Rulebook


def project(
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    day: date,
    folder: Path,
) -> FactTables:
    """``facts`` as they will be on ``day``, written to ``folder``; ``facts`` themselves on their own day.

    ``values`` are the parameters on ``day``.
    """
    if day == facts.as_of:
        return facts
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    connection = facts.connect()
    moving = {name: bind(expression, values) for name, expression in rulebook.over_time.items()}
    for name, table in facts.subjects.items():
        nodes, reach = Columns(f"DATE '{day}'"), set(facts.facts_of(name))
        columns = [quoted(name), *(quoted(link) for link in table.links), _moved_day(facts.as_of, day)]
        for fact in table.facts:
            read = set(facts_of(rulebook.over_time[fact])) if fact in moving else set()
            sql = nodes.value(moving[fact]) if fact in moving and read <= reach else None
            columns += _moved(facts.columns_of(fact), sql, pack.facts[fact].type, facts.as_of)
        # What waits is taken to go on waiting.
        source = f"read_parquet({text_literal(str(facts.folder / f'{name}.parquet'))})"
        unsettled = f"JOIN (SELECT {quoted(name)}, {UNSETTLED} FROM {source}) USING ({quoted(name)})"
        _write(
            connection,
            f"SELECT {', '.join(columns)}, {UNSETTLED} FROM {nodes.over(quoted(name))} {unsettled}",
            folder / f"{name}.parquet",
        )
        kept = facts.folder / f"{name}.at.parquet"
        if kept.is_file():
            nodes = Columns(f"DATE '{day}'")
            own = [quoted(name), _moved_day(facts.as_of, day)]
            for fact in table.facts:
                read = set(facts_of(rulebook.over_time[fact])) if fact in moving else set()
                sql = nodes.value(moving[fact]) if fact in moving and read <= set(table.facts) else None
                own += _moved(facts.columns_of(fact), sql, pack.facts[fact].type, facts.as_of)
            source = f"read_parquet({text_literal(str(kept))})"
            _write(connection, f"SELECT {', '.join(own)} FROM {nodes.over(source)}", folder / kept.name)
    for kept_name in WAITING_FILES:
        shutil.copy(facts.folder / kept_name, folder / kept_name)
    return replace(facts, folder=folder, as_of=day)


def _moved_day(before: date, day: date) -> str:
    """What was asked about on the day of the facts is asked about on the later day; earlier days stay."""
    return f"CASE WHEN as_of = DATE '{before}' THEN DATE '{day}' ELSE as_of END AS as_of"


def _moved(columns: Sequence[str], sql: str | None, kind: str, before: date) -> list[str]:
    """A fact's columns: its value, and its bounds where it has some. Bounds do not move; nobody knows them then."""
    names = [quoted(column) for column in columns]
    if sql is None:
        return names
    then = [f"CAST({sql} AS {SQL_TYPES[kind]})", *("NULL" for _ in names[1:])]
    return [
        f"CASE WHEN as_of = DATE '{before}' THEN {value} ELSE {name} END AS {name}"
        for value, name in zip(then, names, strict=True)
    ]


def _write(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    connection.execute(f"COPY ({select}) TO {text_literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")
