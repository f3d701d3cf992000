"""Builds the files of facts: runs each topic over the snapshot, under what its classes cover."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from jigong.kernel.names import own
from jigong.kernel.problems import error
from jigong.lake.coverage import ClassCoverage, Coverage
from jigong.lake.facts_waiting import FILES, Touched, touch
from jigong.lake.lineage import classes_of
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import name as quoted
from jigong.lake.sql import text as quoted_text
from jigong.lake.topics import ASKED, PROGRAM_TABLES, with_values
from jigong.lake.uses import Uses, uses_of
from jigong.packs.authored import in_time, refuse
from jigong.packs.model import FactEntry, ParameterValue
from jigong.packs.pack import Pack, Topic

Progress = Callable[[str], None]

_ROW_GROUP = 20_480
"""Rows of a group: DuckDB shares a file between cores by its groups, and a district has few rows."""

SQL_TYPES = {
    "integer": "INTEGER",
    "decimal": "DECIMAL(12,2)",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "date": "DATE",
}
UNSETTLED = own("unsettled")
"""Column of a file of subjects: something waits that could change whom the subject links to, or its day."""


@dataclass(frozen=True)
class Built:
    """What was built: for each kind (name, links, facts, listed); for each fact and kind its classes; the month to
    which a fact of monthly classes is counted."""

    subjects: list[tuple[str, tuple[str, ...], tuple[str, ...], bool]]
    sources: dict[str, tuple[str, ...]]
    reckoned: dict[str, date | None]
    waiting: Touched


def give_coverage(connection: duckdb.DuckDBPyConnection, coverage: Mapping[str, ClassCoverage]) -> None:
    """Give authors' SQL what is covered.

    The table ``covered_months`` (``data_class``, ``month``, ``latency``) has the months that are covered for
    everybody. ``reckoned([classes])`` gives, for each day that is asked about, the newest ``month`` before it that
    all these classes cover and that is not older than their latency: counts end there.
    """
    connection.execute("CREATE TABLE covered_months (data_class VARCHAR, month DATE, latency INTEGER)")
    rows = [(one.class_name, month, one.latency) for one in coverage.values() for month in one.months]
    if rows:
        connection.executemany("INSERT INTO covered_months VALUES (?, ?, ?)", rows)
    connection.execute(
        "CREATE MACRO reckoned(classes) AS TABLE"
        " SELECT as_of, CASE WHEN last_day(month) + latency >= as_of THEN month END AS month FROM ("
        f" SELECT d.as_of, max(c.month) AS month, any_value(c.latency) AS latency"
        f" FROM (SELECT DISTINCT as_of FROM {ASKED}) d LEFT JOIN ("
        "  SELECT month, min(latency) AS latency FROM covered_months WHERE list_contains(classes, data_class)"
        "  GROUP BY month HAVING count(*) = len(classes)) c ON last_day(c.month) < d.as_of GROUP BY d.as_of)"
    )


def columns_of(fact: str, entry: FactEntry) -> tuple[str, ...]:
    """The columns of a fact: its value, and its bounds where it may be known only within some."""
    return (fact, f"{fact} least", f"{fact} most") if entry.bounded else (fact,)


class Builder:
    """Builds the tables in one connection over a snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        coverage: Coverage,
        pack: Pack,
        values: Mapping[str, ParameterValue],
        as_of: date,
        folder: Path,
        only: Collection[str] | None,
        kind: str,
    ) -> None:
        files = [f"{name}{end}" for name in pack.subjects for end in ("", ".at")] + list(FILES)
        self._connection = snapshot.connect(writes=(folder / f"{file}.parquet" for file in files))
        self._tables = {*pack.contracts, *PROGRAM_TABLES}
        self._snapshot = snapshot
        self._coverage = coverage
        self._pack = pack
        self._values = values
        self._as_of = as_of
        self._folder = folder
        self._only = only
        self._kind = kind
        self._uses: Uses = uses_of(pack, values, as_of)

    def run(self, progress: Progress) -> Built:
        """Build every file; the connection is closed afterwards."""
        connection = self._connection
        connection.execute(f"CREATE TABLE {ASKED} (as_of DATE)")
        give_coverage(connection, self._coverage.classes)
        links = {name: self._subject(name) for name in self._pack.subjects}
        waiting = touch(connection, self._snapshot, self._uses, links)
        tables = []
        for name in self._pack.subjects:
            topics = [t for t in self._pack.topics.values() if t.header.value.subject == name]
            if self._asked(name, links) or self._only is None:
                waiting.see(connection, name, links[name], [t.name for t in topics])
                for topic in topics:
                    progress(topic.name)
                    self._topic(topic, waiting)
            else:
                # Of one person most kinds have no subject: nothing has to be read for them.
                for topic in topics:
                    self._no_rows(topic)
            facts = self._write(name, topics, links, waiting)
            tables.append((name, links[name], facts, self._listed(name)))
        waiting.write(connection, self._folder)
        connection.close()
        sources = self._uses.classes
        reckoned = {
            fact: self._coverage.reckoned_to(classes, self._as_of)
            for fact, classes in sources.items()
            if fact in self._uses.facts and any(self._is_monthly(name) for name in classes)
        }
        return Built(tables, sources, reckoned, waiting)

    def _is_monthly(self, class_name: str) -> bool:
        one = self._coverage.classes.get(class_name)
        return one is not None and one.monthly

    def _listed(self, name: str) -> bool:
        until = self._coverage.relied_until(classes_of(self._uses.subjects[name]))
        return until is not None and until >= self._as_of

    def _subject(self, name: str) -> tuple[str, ...]:
        """Create the table of subjects of one kind; returns the kinds it links to."""
        placed = self._pack.subjects[name]
        refuse(placed.value.sql, self._tables, self._pack.parameters, placed.place("sql"))
        sql = with_values(placed.value.sql, self._values, self._as_of)
        try:
            columns = [row[0] for row in self._connection.execute(f"DESCRIBE {sql}").fetchall()]
        except duckdb.Error as bad:
            raise error(
                f"主体 {name} 的 SQL 出错：{bad}",
                f"the SQL of subject {name} fails: {bad}",
                place=placed.place("sql"),
                remedy=("用 jigong pack check 检查这个包", "check the pack with jigong pack check"),
            ) from None
        links = tuple(column for column in columns[1:] if column in self._pack.subjects)
        unknown = [c for c in columns[1:] if c not in self._pack.subjects and c != "as_of"]
        if columns[0] != name or unknown:
            raise error(
                f"主体 {name} 的 SQL 给出 {columns}：第一列应叫 {name}，其余应是其他主体或 as_of",
                f"the SQL of subject {name} gives {columns}: the first must be {name}, the others subjects or as_of",
                place=placed.place("sql"),
            )
        kept = ", ".join(f'"{column}"' for column in (name, *links))
        day = "CAST(as_of AS DATE) AS as_of" if "as_of" in columns else f"DATE '{self._as_of}' AS as_of"
        whose, given = self._whose(name, links)
        with in_time(self._connection, placed.place("sql")):
            self._connection.execute(
                f'CREATE TABLE "subject {name}" AS SELECT {kept}, {day} FROM ({sql}\n){whose} ORDER BY "{name}"',
                given,
            )
        twice = self._connection.execute(
            f'SELECT "{name}" FROM "subject {name}" GROUP BY 1'
            f' HAVING count(*) > 1 OR "{name}" IS NULL OR any_value(as_of) IS NULL ORDER BY 1 LIMIT 1'
        ).fetchone()
        if twice is not None:
            raise error(
                f"主体 {name} 的 SQL 把 {twice[0]} 给出了不止一次，或没有给出它的 as_of",
                f"the SQL of subject {name} gives {twice[0]} more than once, or without its as_of",
                place=placed.place("sql"),
                remedy=("每个主体只给一行", "give one row for each subject"),
            )
        return links

    def _whose(self, name: str, links: Sequence[str]) -> tuple[str, list[list[str]]]:
        """A condition that keeps the subjects asked for and those that link to them."""
        if self._only is None:
            return "", []
        if name != self._kind and self._kind not in links:
            return " WHERE FALSE", []
        return f' WHERE "{self._kind}" IN (SELECT unnest(?))', [list(self._only)]

    def _asked(self, name: str, links: Mapping[str, Sequence[str]]) -> bool:
        """Create ``asked``: every (subject, day) pair of this kind that anybody asks about; whether there is any."""
        parts = [f'SELECT "{name}", as_of FROM "subject {name}"']
        parts += [
            f'SELECT "{name}", as_of FROM "subject {other}" WHERE "{name}" IN (SELECT "{name}" FROM "subject {name}")'
            for other, others_links in links.items()
            if name in others_links
        ]
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {ASKED} AS SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL"
        )
        return bool(self._connection.execute(f"SELECT 1 FROM {ASKED} LIMIT 1").fetchall())

    def _no_rows(self, topic: Topic) -> None:
        """The table of a topic for nobody."""
        columns = [
            f"CAST(NULL AS {SQL_TYPES[entry.type]}) AS {quoted(column)}"
            for fact, entry in topic.header.value.facts.items()
            for column in columns_of(fact, entry)
        ]
        self._connection.execute(
            f'CREATE TABLE "topic {topic.name}" AS SELECT {", ".join(("*", *columns))} FROM {ASKED}'
        )

    def _topic(self, topic: Topic, waiting: Touched) -> None:
        """Run a topic's SELECT into a table; what is not covered, or waits, is missing."""
        header = topic.header.value
        refuse(topic.sql, {*self._tables, ASKED}, self._pack.parameters, topic.place())
        sql = with_values(topic.sql, self._values, self._as_of).rstrip().rstrip(";")
        key = f't."{header.subject}"'
        columns = [key, "t.as_of"]
        touched, raised = waiting.facts_of(header.subject), waiting.raised_of(header.subject)
        for fact, entry in header.facts.items():
            unknown, beneath = self._doubts(fact)
            if fact in touched:
                unknown.append(f"list_contains(w.facts, {quoted_text(fact)})")
            if fact in raised:
                beneath.append(f"list_contains(w.raised, {quoted_text(fact)})")
            columns += self._columns(fact, entry, unknown, beneath)
        join = ""
        if not header.facts.keys().isdisjoint(touched | raised):
            join = (
                f" LEFT JOIN {quoted(f'touched {header.subject}')} w"
                f' ON w."{header.subject}" = t."{header.subject}" AND w.as_of = t.as_of'
            )
        try:
            with in_time(self._connection, topic.place()):
                self._connection.execute(
                    f'CREATE TABLE "topic {topic.name}" AS SELECT {", ".join(columns)} FROM ({sql}\n) t{join}'
                )
        except duckdb.Error as bad:
            raise error(
                f"事实主题 {topic.name} 的 SQL 出错：{bad}",
                f"the SQL of topic {topic.name} fails: {bad}",
                place=topic.place(),
                remedy=("用 jigong pack check 检查这个包", "check the pack with jigong pack check"),
            ) from None
        self._check_rows(topic)
        waiting.forget_settled(self._connection, header.subject, topic.name, header.facts)

    def _doubts(self, fact: str) -> tuple[list[str], list[str]]:
        """Conditions under which nothing is known of the fact, and those under which it may be higher than it seems.

        Records of a class of which some scope never came are there, but others may be missing. Where these may take
        something back, as refunds do, nothing is known.
        """
        rises = self._uses.rises.get(fact, ())
        beneath: list[str] = []
        days = []
        for name in classes_of(self._uses.facts[fact]):
            one = self._coverage.classes.get(name)
            until = one.relied_until if one else None
            if one is not None and until is None and name in rises and not self._pack.contracts[name].signed:
                until = one.recorded_until
                beneath = ["TRUE"]
            if until is None:
                return ["TRUE"], []
            days.append(until)
        until = min(days, default=self._as_of)
        # Nobody asks about a later day than the run's.
        return [f"t.as_of > DATE '{until}'"] if until < self._as_of else [], beneath

    def _columns(
        self, fact: str, entry: FactEntry, unknown: Sequence[str], beneath: Sequence[str]
    ) -> list[str]:
        """The fact's columns: its value, and where it may be known only within bounds these as well.

        It is not known where one of ``unknown`` holds; where one of ``beneath`` does, it is at least what it seems.
        """
        kind = SQL_TYPES[entry.type]

        def masked(value: str, tests: Sequence[str]) -> str:
            if "TRUE" in tests:
                return f"CAST(NULL AS {kind})"
            cast = f"CAST({value} AS {kind})"
            return f"CASE WHEN NOT coalesce({' OR '.join(tests)}, FALSE) THEN {cast} END" if tests else cast

        if not entry.bounded:
            value, tests = f"t.{quoted(fact)}", list(beneath)
            if entry.type == "boolean":
                # Nothing is higher than true.
                tests = [f"({test} AND CAST({value} AS BOOLEAN) IS NOT TRUE)" for test in beneath]
            return [f'{masked(value, [*unknown, *tests])} AS "{fact}"']
        ends = (f"t.{quoted(f'{fact} {end}' if entry.range else fact)}" for end in ("least", "most"))
        least, most = (
            masked(end, tests) for end, tests in zip(ends, (unknown, [*unknown, *beneath]), strict=True)
        )
        return [
            f'CASE WHEN {least} = {most} THEN {least} END AS "{fact}"',
            f'{least} AS "{fact} least"',
            f'{most} AS "{fact} most"',
        ]

    def _check_rows(self, topic: Topic) -> None:
        key = topic.header.value.subject
        row = self._connection.execute(
            f'SELECT (SELECT count(*) FROM {ASKED}), count(*), count(DISTINCT ("{key}", as_of)) FROM "topic {topic.name}"'
        ).fetchone()
        asked, given, distinct = row or (0, 0, 0)
        if not asked == given == distinct:
            raise error(
                f"事实主题 {topic.name} 应为 {asked} 个“主体+日期”各给一行，却给出 {given} 行({distinct} 个不同)",
                f"topic {topic.name} must give one row for each of {asked} subjects and days, but gives {given} ({distinct} distinct)",
                place=topic.place(),
                remedy=("从 asked 出发 LEFT JOIN,并按主体和 as_of 分组", "start FROM asked, LEFT JOIN, and group by subject and as_of"),
            )  # fmt: skip

    def _write(
        self, name: str, topics: Sequence[Topic], links: Mapping[str, Sequence[str]], waiting: Touched
    ) -> tuple[str, ...]:
        facts = [fact for topic in topics for fact in topic.header.value.facts]
        joins = "".join(f' JOIN "topic {topic.name}" USING ("{name}", as_of)' for topic in topics)
        stored = [
            column
            for topic in topics
            for fact, entry in topic.header.value.facts.items()
            for column in columns_of(fact, entry)
        ]
        columns = ", ".join(f'"{column}"' for column in ("as_of", *stored))
        own = ", ".join(f's."{column}"' for column in (name, *links[name]))
        unsettled = f"{waiting.unsettled(name)} AS {UNSETTLED}"
        self._copy(
            f'SELECT {own}, {columns}, {unsettled} FROM "subject {name}" s{joins} ORDER BY s."{name}"', name
        )
        if any(name in others for others in links.values()):
            self._copy(
                f'SELECT "{name}", {columns} FROM {ASKED} ANTI JOIN "subject {name}" USING ("{name}", as_of){joins}'
                f' ORDER BY "{name}", as_of',
                f"{name}.at",
            )
        for topic in topics:
            self._connection.execute(f'DROP TABLE "topic {topic.name}"')
        return tuple(facts)

    def _copy(self, sql: str, file: str) -> None:
        self._connection.execute(
            f"COPY ({sql}) TO {quoted_text(self._folder / f'{file}.parquet')}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        )


__all__ = ["PROGRAM_TABLES", "SQL_TYPES", "UNSETTLED", "Builder", "Built", "give_coverage"]
