"""Checks a pack's facts against its contracts: the SQL binds, and every fact comes from a class."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from jigong.kernel.problems import JigongError, Problem, nearest
from jigong.kernel.text import Text
from jigong.lake.check_runs import first_line, on_made_up, on_nothing, stored
from jigong.lake.facts_build import SQL_TYPES, give_coverage
from jigong.lake.sql import close_to_the_rest
from jigong.lake.topics import ASKED, PROGRAM_TABLES, WORDS, classes_read, parameters_read, with_values
from jigong.lake.uses import sources_of
from jigong.packs.authored import faults
from jigong.packs.contract import Contract
from jigong.packs.model import FactEntry, ParameterValue, Subject
from jigong.packs.pack import Pack, Topic
from jigong.packs.shape import Placed

_FITTING = {
    "integer": re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"),
    "decimal": re.compile(r"DECIMAL\(\d+,[0-2]\)|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"),
    "boolean": re.compile(r"BOOLEAN"),
    "string": re.compile(r"VARCHAR|ENUM\(.*\)"),
    "date": re.compile(r"DATE"),
}
"""The types of DuckDB's that hold what a fact is said to be, without rounding and without a time of day."""

_NULL = '"NULL"'


def check_facts(pack: Pack, values: Mapping[str, ParameterValue], day: date) -> list[Problem]:
    """Every problem of the pack's SQL, found on empty tables and, where there is none, on made-up records.

    ``values`` are the parameters on ``day``.
    """
    problems = list(_beyond_data(pack))
    if problems:
        # Nothing runs that is more than data.
        return problems
    connection = duckdb.connect()
    close_to_the_rest(connection, ())
    connection.execute(f'CREATE TABLE {ASKED} ("worker" VARCHAR, as_of DATE)')
    give_coverage(connection, {})
    connection.execute(f"CREATE TABLE {WORDS} (list VARCHAR, value VARCHAR, zh VARCHAR, en VARCHAR)")
    for contract in pack.contracts.values():
        connection.execute(f'CREATE TABLE "{contract.name}" ({_columns(contract)})')
    names: dict[str, str] = {}
    for topic in pack.topics.values():
        for fact in topic.header.value.facts:
            if fact in names:
                problems.append(
                    topic.header.problem(
                        ("facts", fact),
                        f"事实 {fact} 在主题 {names[fact]} 中已有",
                        f"fact {fact} is given by topic {names[fact]} already",
                        remedy=("换一个名字", "choose another name"),
                    )
                )
            names[fact] = topic.name
        problems += _topic(topic, pack, connection, values, day)
    for name, entry in pack.facts.items():
        # What a fact reads can be told only of SQL that is right.
        problems += _rises(name, entry, pack, () if problems else sources_of(pack, name))
    for name, placed in pack.subjects.items():
        problems += _subject(name, placed, pack, connection, with_values(placed.value.sql, values, day))
        if placed.value.members is not None:
            members = with_values(placed.value.members, values, day)
            problems += _members(name, placed, connection, members)
    for kind in (pack.directory, pack.papers, pack.credentials):
        problems += [
            problem for placed in kind.values() for problem in _listed(placed, connection, values, day)
        ]
    if not problems:
        problems += on_nothing(connection, pack, values, day)
    return problems or list(on_made_up(connection, pack, values, day))


def _beyond_data(pack: Pack) -> Iterator[Problem]:
    """What SQL of the pack says beyond a SELECT of its classes."""
    for topic in pack.topics.values():
        for fault in faults(topic.sql, {*pack.contracts, *PROGRAM_TABLES, ASKED}, pack.parameters):
            line, column = _line_of(topic.sql, fault.start or 0)
            yield fault.problem(topic.place(line, column, fault.width))
    texts: list[tuple[Placed[Any], str, str, frozenset[str]]] = [
        (p, "sql", p.value.sql, PROGRAM_TABLES) for p in pack.subjects.values()
    ]
    texts += [(p, "members", p.value.members, frozenset()) for p in pack.subjects.values() if p.value.members]
    for kind in (pack.directory, pack.papers):
        texts += [(placed, "sql", placed.value.sql, frozenset()) for placed in kind.values()]
    texts += [(p, "sql", p.value.sql, frozenset({WORDS})) for p in pack.credentials.values()]
    for placed, field, text, beside in texts:
        for fault in faults(text, {*pack.contracts, *beside}, pack.parameters):
            yield fault.problem(placed.place(field))


def _listed(
    placed: Placed[Any],
    connection: duckdb.DuckDBPyConnection,
    values: Mapping[str, ParameterValue],
    day: date,
) -> Iterator[Problem]:
    """SQL that lists something beside facts runs on empty tables."""
    try:
        connection.execute(f"DESCRIBE {with_values(placed.value.sql, values, day)}")
    except duckdb.Error as bad:
        yield placed.problem(
            ("sql",),
            f"SQL 出错：{first_line(bad)}",
            f"the SQL fails: {first_line(bad)}",
            remedy=("改正 SQL;数据类见 contracts", "correct the SQL; contracts has the classes"),
        )


def _rises(name: str, entry: FactEntry, pack: Pack, sources: Sequence[str]) -> Iterator[Problem]:
    """That more records raise a fact is said only where they can, of classes it reads (``sources``, if known)."""
    header = pack.fact_topics[name].header
    if entry.rises and entry.type not in ("boolean", "integer", "decimal"):
        yield header.problem(
            ("facts", name, "rises"),
            f"{name} 是 {entry.type}，没有只升不降可言",
            f"{name} is {entry.type}, and so cannot be said to rise",
            remedy=(
                "删去 rises,它只用于 boolean、integer 和 decimal",
                "remove rises; it is for boolean, integer and decimal",
            ),
        )
        return
    for place, data_class in enumerate(entry.rises):
        path = ("facts", name, "rises", place)
        if data_class not in pack.contracts:
            close = nearest(data_class, list(pack.contracts))
            yield header.problem(
                path,
                f"没有数据类 {data_class}",
                f"no class of data {data_class}",
                remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
            )
        elif pack.contracts[data_class].no_overlap:
            yield header.problem(
                path,
                f"{data_class} 的记录不得重叠：多一条，可能意味着另一条已经结束",
                f"records of {data_class} may not overlap: one more can mean that another has ended",
                remedy=(f"从 rises 中删去 {data_class}", f"remove {data_class} from rises"),
            )
        elif sources and data_class not in sources:
            yield header.problem(
                path,
                f"{name} 不取自 {data_class}",
                f"{name} is not read from {data_class}",
                remedy=(f"它取自 {'、'.join(sources)}", f"it is read from {', '.join(sources)}"),
            )


def _subject(
    name: str, placed: Placed[Subject], pack: Pack, connection: duckdb.DuckDBPyConnection, sql: str
) -> Iterator[Problem]:
    """The SQL of a kind of subject runs on empty tables and gives its key, links and date, and nothing else."""
    try:
        columns = [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
    except duckdb.Error as bad:
        yield placed.problem(
            ("sql",),
            f"主体 {name} 的 SQL 出错：{first_line(bad)}",
            f"the SQL of subject {name} fails: {first_line(bad)}",
            remedy=("改正 SQL;数据类见 contracts", "correct the SQL; contracts has the classes"),
        )
        return
    if columns[0] != name or any(c not in pack.subjects and c != "as_of" for c in columns[1:]):
        yield placed.problem(
            ("sql",),
            f"主体 {name} 的 SQL 给出 {columns}：第一列应叫 {name}，其余应是其他主体或 as_of",
            f"the SQL of subject {name} gives {columns}: the first must be {name}, the others subjects or as_of",
            remedy=("用 AS 给列改名", "name the columns with AS"),
        )
    for fact, topic in pack.fact_topics.items():
        if topic.header.value.subject in columns and fact in (*columns, "as_of"):
            yield topic.header.problem(
                ("facts", fact),
                f"{fact} 与主体 {name} 的一列同名",
                f"{fact} is also the name of a column of subject {name}",
                remedy=("换一个名字", "choose another name"),
            )


def _members(
    name: str, placed: Placed[Subject], connection: duckdb.DuckDBPyConnection, sql: str
) -> Iterator[Problem]:
    """The SQL of who belongs to a subject runs on empty tables and gives its key and ``person``."""
    try:
        columns = [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
    except duckdb.Error as bad:
        columns = [first_line(bad)]
    if columns != [name, "person"]:
        yield placed.problem(
            ("members",),
            f"主体 {name} 的 members 应给出 {name} 和 person 两列，却是：{columns}",
            f"members of subject {name} must give {name} and person, and gives: {columns}",
            remedy=("改正 SQL,用 AS 给列改名", "correct the SQL; name the columns with AS"),
        )


def parameters_of_facts(pack: Pack) -> set[str]:
    """Parameters that the pack's facts and subjects read."""
    texts = [topic.sql for topic in pack.topics.values()]
    texts += [sql for one in pack.subjects.values() for sql in (one.value.sql, one.value.members) if sql]
    return {name for text in texts for name in parameters_read(text, pack.parameters)}


def _columns(contract: Contract) -> str:
    own = [f'"{column.name}" {column.duckdb_type}' for column in contract.columns]
    return ", ".join([*own, "_file VARCHAR", "_line BIGINT", "_batch VARCHAR", "_known_on DATE"])


def _topic(
    topic: Topic,
    pack: Pack,
    connection: duckdb.DuckDBPyConnection,
    values: Mapping[str, ParameterValue],
    day: date,
) -> Iterator[Problem]:
    header = topic.header
    try:
        classes = classes_read(topic)
    except JigongError as bad:
        yield from bad.problems
        return
    if not classes:
        yield header.problem(
            (),
            f"主题 {topic.name} 不读任何数据类",
            f"topic {topic.name} reads no class of data",
            remedy=("从有数据标准的数据类取数", "read a class that has a contract"),
        )
    if header.value.subject not in pack.subjects:
        close = nearest(header.value.subject, list(pack.subjects))
        yield header.problem(
            ("subject",),
            f"没有主体 {header.value.subject}",
            f"there is no subject {header.value.subject}",
            remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )
    else:
        yield from _binds(topic, connection, with_values(topic.sql, values, day))


def _binds(topic: Topic, connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Problem]:
    """The SELECT runs on empty tables and gives the columns its header promises."""
    header = topic.header.value
    connection.execute(f'CREATE OR REPLACE TABLE {ASKED} ("{header.subject}" VARCHAR, as_of DATE)')
    try:
        given = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}
    except duckdb.Error as bad:
        yield Problem(
            Text(
                f"主题 {topic.name} 的 SQL 出错：{first_line(bad)}",
                f"the SQL of topic {topic.name} fails: {first_line(bad)}",
            ),
            topic.place(),
            Text("改正 SELECT", "correct the SELECT"),
        )
        return
    stored_columns = stored(header.facts)
    wanted = [header.subject, "as_of", *stored_columns]
    if sorted(given) != sorted(wanted):
        extra, absent = sorted(set(given) - set(wanted)), sorted(set(wanted) - set(given))
        yield Problem(
            Text(
                f"主题 {topic.name}:SELECT 缺少 {absent}，多出 {extra}",
                f"topic {topic.name}: the SELECT lacks {absent} and adds {extra}",
            ),
            topic.place(),
            Text("让头部与 SELECT 一致", "make header and SELECT agree"),
        )
        return
    for column, entry in stored_columns.items():
        if given[column] != _NULL and not _FITTING[entry.type].fullmatch(given[column]):
            line, at = _find(topic.sql, column)
            yield Problem(
                Text(
                    f"主题 {topic.name} 的类型不符：{column} 写作 {entry.type}，SELECT 给出的却是 {given[column]}",
                    f"topic {topic.name}: a type does not fit: {column} is {entry.type}, but the SELECT gives {given[column]}",
                ),
                topic.place(line, at, len(column)),
                Text(
                    f"改正头部的 type,或写 CAST(… AS {SQL_TYPES[entry.type]})",
                    f"correct the type in the header, or write CAST(… AS {SQL_TYPES[entry.type]})",
                ),
            )


def _line_of(sql: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a place in a text."""
    before = sql[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _find(sql: str, name: str) -> tuple[int, int]:
    """Line and column, from 1, where ``name`` first stands."""
    for number, line in enumerate(sql.splitlines(), 1):
        if name in line:
            return number, line.index(name) + 1
    return 1, 1
