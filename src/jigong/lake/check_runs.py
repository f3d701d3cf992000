"""Runs a pack's facts where nothing is known, and on made-up records: every topic gives each subject its one row."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import duckdb

from jigong.kernel.names import own
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.lake.facts_build import SQL_TYPES
from jigong.lake.made_up import fill
from jigong.lake.sql import name as quoted
from jigong.lake.topics import ASKED, with_values
from jigong.packs.authored import in_time
from jigong.packs.model import FactEntry, ParameterValue
from jigong.packs.pack import Pack, Topic

SECONDS = 20
"""How long one text may run on so few records."""
_NOBODY = ("made up 1", "made up 2")


def stored(facts: Mapping[str, FactEntry]) -> dict[str, FactEntry]:
    """The columns a topic's SELECT gives for its facts: two for one that may be known within bounds."""
    return {
        column: entry
        for name, entry in facts.items()
        for column in ((f"{name} least", f"{name} most") if entry.range else (name,))
    }


def first_line(bad: duckdb.Error) -> str:
    """What an error of DuckDB says, in one line."""
    return str(bad).splitlines()[0]


def on_nothing(
    connection: duckdb.DuckDBPyConnection, pack: Pack, values: Mapping[str, ParameterValue], day: date
) -> Iterator[Problem]:
    """What is wrong where no class has a record: a subject of whom nothing is known still has its row."""
    for topic in pack.topics.values():
        _ask(connection, topic.header.value.subject, [(key, day) for key in _NOBODY])
        yield from _rows(connection, topic, values, day, Text("没有任何记录时", "where there is no record"))


def on_made_up(
    connection: duckdb.DuckDBPyConnection, pack: Pack, values: Mapping[str, ParameterValue], day: date
) -> Iterator[Problem]:
    """What is wrong on made-up records: subjects that are there twice, rows that are lost or doubled, values that do
    not fit."""
    fill(connection, pack.contracts, day)
    connection.execute(
        "INSERT INTO covered_months SELECT unnest(?), unnest(?), unnest(?)", _covered(pack, day)
    )
    subjects: dict[str, list[tuple[str, date]]] = {name: [] for name in pack.subjects}
    for name in pack.subjects:
        yield from _subjects(connection, name, pack, values, day, subjects)
    when = Text("用虚拟数据试算时", "on made-up records")
    for topic in pack.topics.values():
        _ask(connection, topic.header.value.subject, subjects[topic.header.value.subject])
        yield from _rows(connection, topic, values, day, when)


def _covered(pack: Pack, day: date) -> list[list[object]]:
    months = [
        (name, date(year, month, 1), contract.latency_days)
        for name, contract in pack.contracts.items()
        if contract.valid_time.kind == "month"
        for year in range(day.year - 5, day.year + 1)
        for month in range(1, 13)
        if date(year, month, 1) < day.replace(day=1)
    ]
    return [list(column) for column in zip(*months, strict=True)] or [[], [], []]


def _ask(connection: duckdb.DuckDBPyConnection, kind: str, pairs: Sequence[tuple[str, date]]) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {ASKED} ({quoted(kind)} VARCHAR, as_of DATE)")
    keys, days = [key for key, _ in pairs], [day for _, day in pairs]
    connection.execute(
        f"INSERT INTO {ASKED} SELECT DISTINCT unnest(?::VARCHAR[]), unnest(?::DATE[])", [keys, days]
    )


def _subjects(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    pack: Pack,
    values: Mapping[str, ParameterValue],
    day: date,
    found: dict[str, list[tuple[str, date]]],
) -> Iterator[Problem]:
    """Gather the subjects of one kind, and whom they link to on which day; each may be there only once."""
    placed = pack.subjects[name]
    try:
        with in_time(connection, placed.place("sql"), SECONDS):
            cursor = connection.execute(with_values(placed.value.sql, values, day))
            columns = [column[0] for column in cursor.description or []]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    except JigongError as slow:
        yield from slow.problems
        return
    except duckdb.Error as bad:
        yield placed.problem(
            ("sql",),
            f"用虚拟数据试算时，主体 {name} 的 SQL 出错：{first_line(bad)}",
            f"on made-up records the SQL of subject {name} fails: {first_line(bad)}",
            remedy=("改正 SQL", "correct the SQL"),
        )
        return
    keys = [row[name] for row in rows]
    if (
        len(set(keys)) < len(keys)
        or None in keys
        or any("as_of" in row and row["as_of"] is None for row in rows)
    ):
        yield placed.problem(
            ("sql",),
            f"用虚拟数据试算时，主体 {name} 的 SQL 把同一个主体给出了不止一次，或没有给出编号、日期",
            f"on made-up records the SQL of subject {name} gives one more than once, or without its key or day",
            remedy=("每个主体只给一行：用 DISTINCT ON 或 GROUP BY", "give one row for each: use DISTINCT ON or GROUP BY"),
        )  # fmt: skip
    for row in rows:
        when = row.get("as_of", day) or day
        for kind in (name, *(column for column in columns if column in pack.subjects and column != name)):
            if row[kind] is not None:
                found[kind].append((str(row[kind]), when))


def _rows(
    connection: duckdb.DuckDBPyConnection,
    topic: Topic,
    values: Mapping[str, ParameterValue],
    day: date,
    when: Text,
) -> Iterator[Problem]:
    """Run a topic for those asked about: its values must fit, and everybody have one row."""
    key = quoted(topic.header.value.subject)
    sql = with_values(topic.sql, values, day).rstrip().rstrip(";")
    casts = ", ".join(
        f"CAST({quoted(column)} AS {SQL_TYPES[entry.type]}) AS {quoted(column)}"
        for column, entry in stored(topic.header.value.facts).items()
    )
    table = own("tried")
    try:
        with in_time(connection, topic.place(), SECONDS):
            connection.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT {key}, as_of, {casts} FROM ({sql}\n)"
            )
    except JigongError as slow:
        yield from slow.problems
        return
    except duckdb.Error as bad:
        yield Problem(
            Text(
                f"{when.zh}，主题 {topic.name} 的 SQL 出错：{first_line(bad)}",
                f"{when.en} the SQL of topic {topic.name} fails: {first_line(bad)}",
            ),
            topic.place(),
            Text("改正 SELECT;事实放得下的值见头部的 type", "correct the SELECT; the type in the header says which values fit"),
        )  # fmt: skip
        return
    lost, twice, strange = (
        connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
        for query in (
            f"SELECT {key}, as_of FROM {ASKED} EXCEPT SELECT {key}, as_of FROM {table}",
            f"SELECT 1 FROM {table} GROUP BY {key}, as_of HAVING count(*) > 1",
            f"SELECT {key}, as_of FROM {table} EXCEPT SELECT {key}, as_of FROM {ASKED}",
        )
    )
    asked = connection.execute(f"SELECT count(*) FROM {ASKED}").fetchall()[0][0]
    if lost:
        yield Problem(
            Text(
                f"{when.zh}，主题 {topic.name} 漏掉 {asked} 个主体中的 {lost} 个",
                f"{when.en} topic {topic.name} drops {lost} of {asked} subjects",
            ),
            topic.place(),
            Text(
                "从 asked 出发用 LEFT JOIN;条件写进 ON,不要写进 WHERE",
                "start FROM asked and use LEFT JOIN; put conditions into ON, not into WHERE",
            ),
        )
    if twice or strange:
        yield Problem(
            Text(
                f"{when.zh}，主题 {topic.name} 给 {twice} 个主体不止一行，给出 {strange} 个没有问到的",
                f"{when.en} topic {topic.name} gives {twice} subjects more than one row, and {strange} nobody asked about",
            ),
            topic.place(),
            Text("从 asked 出发，并按主体和 as_of 分组", "start FROM asked, and group by subject and as_of"),
        )
