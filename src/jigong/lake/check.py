"""Checks a pack's facts against its contracts: the SQL binds, and every fact comes from a class."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import duckdb

from jigong.kernel.problems import JigongError, Problem, nearest
from jigong.kernel.text import Text
from jigong.lake.facts_build import SQL_TYPES, give_coverage
from jigong.lake.topics import ASKED, classes_read, parameters_read, with_values
from jigong.lake.uses import sources_of
from jigong.packs.contract import Contract
from jigong.packs.model import FactEntry, ParameterValue, Subject
from jigong.packs.pack import Pack, Topic
from jigong.packs.shape import Placed


def check_facts(pack: Pack, values: Mapping[str, ParameterValue], day: date) -> list[Problem]:
    """Every problem of the pack's subjects and topics, found on empty tables; nothing is computed.

    ``values`` are the parameters on ``day``.
    """
    connection = duckdb.connect()
    connection.execute(f'CREATE TABLE {ASKED} ("worker" VARCHAR, as_of DATE)')
    give_coverage(connection, {})
    for contract in pack.contracts.values():
        connection.execute(f'CREATE TABLE "{contract.name}" ({_columns(contract)})')
    problems: list[Problem] = []
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
    return problems


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
            f"主体 {name} 的 SQL 出错：{_first(bad)}",
            f"the SQL of subject {name} fails: {_first(bad)}",
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
        columns = [_first(bad)]
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
    unknown = [name for name in classes if name not in pack.contracts]
    for name in unknown:
        close = nearest(name, list(pack.contracts))
        line, column = _find(topic.sql, name)
        yield Problem(
            Text(
                f"没有数据类 {name}：没有数据标准供给这些事实",
                f"no class of data {name}: no contract feeds these facts",
            ),
            topic.place(line, column, len(name)),
            Text(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )
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
    elif not unknown:
        yield from _binds(topic, connection, with_values(topic.sql, values, day))


def _binds(topic: Topic, connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Problem]:
    """The SELECT runs on empty tables and gives the columns its header promises."""
    header = topic.header.value
    connection.execute(f'CREATE OR REPLACE TABLE {ASKED} ("{header.subject}" VARCHAR, as_of DATE)')
    try:
        given = [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
    except duckdb.Error as bad:
        yield Problem(
            Text(
                f"主题 {topic.name} 的 SQL 出错：{_first(bad)}",
                f"the SQL of topic {topic.name} fails: {_first(bad)}",
            ),
            topic.place(),
            Text("改正 SELECT", "correct the SELECT"),
        )
        return
    stored = {
        column: entry
        for name, entry in header.facts.items()
        for column in ((f"{name} least", f"{name} most") if entry.range else (name,))
    }
    wanted = [header.subject, "as_of", *stored]
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
    casts = ", ".join(f'CAST("{name}" AS {SQL_TYPES[entry.type]})' for name, entry in stored.items())
    try:
        connection.execute(f"SELECT {casts} FROM ({sql.rstrip().rstrip(';')}\n)")
    except duckdb.Error as bad:
        yield Problem(
            Text(
                f"主题 {topic.name} 的类型不符：{_first(bad)}",
                f"topic {topic.name}: a type does not fit: {_first(bad)}",
            ),
            topic.place(),
            Text(
                "改正头部的 type,或在 SELECT 里转换", "correct the type in the header, or cast in the SELECT"
            ),
        )


def _first(bad: duckdb.Error) -> str:
    return str(bad).splitlines()[0]


def _find(sql: str, name: str) -> tuple[int, int]:
    """Line and column, from 1, where ``name`` first stands."""
    for number, line in enumerate(sql.splitlines(), 1):
        if name in line:
            return number, line.index(name) + 1
    return 1, 1
