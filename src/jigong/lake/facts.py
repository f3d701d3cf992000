"""Facts of every subject on a date, from a snapshot and a pack, as one Parquet file per kind of subject.

A subject's linked worker may be asked about on another day than the run's (an enrolment's worker on
the day of graduation), so a topic is run once for all *(subject, day)* pairs anybody asks about.
A fact whose source class never came, or was stale on that day, is missing.
"""

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from jigong.kernel.hashing import content_hash
from jigong.kernel.problems import error
from jigong.lake.batches import contract_hash
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import text as quoted_text
from jigong.lake.topics import ASKED, parameters_read, sources_of, subject_classes, with_values
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack, Topic

Progress = Callable[[str], None]

PERSON = "worker"
"""The kind of subject that is a person."""

_ROW_GROUP = 20_480
"""Rows of a group: DuckDB shares a file between cores by its groups, and a district has few rows."""

SQL_TYPES = {
    "integer": "INTEGER",
    "decimal": "DECIMAL(12,2)",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "date": "DATE",
}
_LAYOUT = 3
"""Raised when the files' layout changes, so that old ones are not read."""


@dataclass(frozen=True)
class SubjectTable:
    """One kind of subject: its key, the subjects it links to, and its own facts.

    ``listed`` says whether the list itself may be relied on: every class it is read from came, and is
    not stale. Where it may not, a worker without such a subject may have one that nobody reported.
    """

    name: str
    links: tuple[str, ...]
    facts: tuple[str, ...]
    listed: bool


@dataclass(frozen=True)
class FactTables:
    """Facts on disk. ``<subject>.parquet`` has the subjects with their own facts; ``<subject>.at.parquet``, for
    subjects that others link to, the same facts on every day anybody asks about."""

    folder: Path
    as_of: date
    snapshot_id: str
    known_on: date
    subjects: Mapping[str, SubjectTable]

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A fresh connection with one view per kind of subject: key, links, ``as_of``, every fact reachable.

        A fact of a linked subject is read on the day the subject asks for; own facts come first.
        """
        connection = duckdb.connect()
        for subject in self.subjects.values():
            connection.execute(f'CREATE VIEW "{subject.name}" AS {self._view(subject)}')
        return connection

    def facts_of(self, subject: str) -> tuple[str, ...]:
        """Names of all facts one may use about ``subject``: its own, then those of what it links to."""
        table = self.subjects[subject]
        linked = [fact for link in table.links for fact in self.subjects[link].facts]
        return tuple(dict.fromkeys([*table.facts, *linked]))

    def _view(self, subject: SubjectTable) -> str:
        columns = [f's."{subject.name}"', *(f's."{link}"' for link in subject.links), "s.as_of"]
        columns += [f's."{fact}"' for fact in subject.facts]
        joins: list[str] = []
        for number, link in enumerate(subject.links):
            columns += [f'l{number}."{fact}"' for fact in self.subjects[link].facts]
            joins.append(
                f"LEFT JOIN {self._file(link, at=True)} l{number}"
                f' ON l{number}."{link}" = s."{link}" AND l{number}.as_of = s.as_of'
            )
        return f"SELECT {', '.join(columns)} FROM {self._file(subject.name)} s {' '.join(joins)}"

    def _file(self, subject: str, *, at: bool = False) -> str:
        file = self.folder / f"{subject}{'.at' if at else ''}.parquet"
        return f"read_parquet({quoted_text(file)})"


def build_facts(
    snapshot: Snapshot,
    pack: Pack,
    values: Mapping[str, ParameterValue],
    as_of: date,
    cache: Path,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    kind: str = PERSON,
) -> FactTables:
    """Facts of every subject of ``pack`` on ``as_of``, from ``cache`` if they were built before.

    ``values`` are the parameters on ``as_of``. ``only`` limits them to some subjects of ``kind`` (their keys)
    and those that link to them: their facts are those of the whole, and other kinds have no rows. The files
    are built aside and moved in one step, so a killed run leaves none half written.

    Raises:
        JigongError: a topic's SQL fails, or does not give exactly one row for each subject asked about.
    """
    texts = [topic.sql for topic in pack.topics.values()]
    texts += [placed.value.sql for placed in pack.subjects.values()]
    read = {name for text in texts for name in parameters_read(text, pack.parameters)}
    key = content_hash(
        {
            "layout": _LAYOUT,
            **({} if only is None else {"only": [kind, *sorted(only)]}),
            "snapshot": snapshot.id,
            "as_of": as_of,
            "contracts": {
                name: [contract_hash(contract), contract.latency_days]
                for name, contract in pack.contracts.items()
            },
            "values": {
                name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if name in read
            },
            "subjects": {name: placed.value.sql for name, placed in pack.subjects.items()},
            "topics": {
                name: [topic.sql, topic.header.value.model_dump(mode="json")]
                for name, topic in pack.topics.items()
            },
        }
    )
    folder = cache / key[:32]
    if not (folder / "facts.json").is_file():
        _build(snapshot, pack, values, as_of, folder, progress or (lambda name: None), only, kind)
    stored = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    subjects = {
        name: SubjectTable(name, tuple(links), tuple(facts), listed)
        for name, links, facts, listed in stored["subjects"]
    }
    return FactTables(folder, as_of, snapshot.id, snapshot.known_on, subjects)


def _build(
    snapshot: Snapshot,
    pack: Pack,
    values: Mapping[str, ParameterValue],
    as_of: date,
    folder: Path,
    progress: Progress,
    only: Collection[str] | None,
    kind: str,
) -> None:
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        connection = snapshot.connect()
        builder = _Builder(connection, pack, values, as_of, snapshot.coverage(), aside, only, kind)
        subjects = builder.run(progress)
        (aside / "facts.json").write_text(
            json.dumps({"subjects": [[s.name, s.links, s.facts, s.listed] for s in subjects]}),
            encoding="utf-8",
        )
        try:
            os.replace(aside, folder)
        except OSError:
            # Another run built the same facts in the meantime.
            if not (folder / "facts.json").is_file():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


class _Builder:
    """Builds the tables in one connection over a snapshot."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        pack: Pack,
        values: Mapping[str, ParameterValue],
        as_of: date,
        coverage: Mapping[str, date | None],
        folder: Path,
        only: Collection[str] | None,
        kind: str,
    ) -> None:
        self._only = only
        self._kind = kind
        self._connection = connection
        self._pack = pack
        self._values = values
        self._as_of = as_of
        self._coverage = coverage
        self._folder = folder

    def run(self, progress: Progress) -> list[SubjectTable]:
        links = {name: self._subject(name) for name in self._pack.subjects}
        tables = []
        for name in self._pack.subjects:
            self._asked(name, links)
            topics = [t for t in self._pack.topics.values() if t.header.value.subject == name]
            for topic in topics:
                progress(topic.name)
                self._topic(topic)
            facts = self._write(name, topics, links)
            tables.append(SubjectTable(name, links[name], facts, self._listed(name)))
        return tables

    def _listed(self, name: str) -> bool:
        classes = subject_classes(self._pack.subjects[name].value.sql)
        until = self._relied_until([c for c in classes if c in self._pack.contracts])
        return until is not None and until >= self._as_of

    def _subject(self, name: str) -> tuple[str, ...]:
        """Create the table of subjects of one kind; returns the kinds it links to."""
        placed = self._pack.subjects[name]
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
        self._connection.execute(
            f'CREATE TABLE "subject {name}" AS SELECT {kept}, {day} FROM ({sql}){whose} ORDER BY "{name}"',
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

    def _asked(self, name: str, links: Mapping[str, Sequence[str]]) -> None:
        """Create ``asked``: every (subject, day) pair of this kind that anybody asks about."""
        parts = [f'SELECT "{name}", as_of FROM "subject {name}"']
        parts += [
            f'SELECT "{name}", as_of FROM "subject {other}" WHERE "{name}" IN (SELECT "{name}" FROM "subject {name}")'
            for other, others_links in links.items()
            if name in others_links
        ]
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {ASKED} AS SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL"
        )

    def _topic(self, topic: Topic) -> None:
        """Run a topic's SELECT into a table, with what was stale on the day asked made missing."""
        header = topic.header.value
        sql = with_values(topic.sql, self._values, self._as_of)
        columns = [f'"{header.subject}"', "as_of"]
        for name, entry in header.facts.items():
            cast = f'CAST("{name}" AS {SQL_TYPES[entry.type]})'
            until = self._relied_until(sources_of(topic, entry))
            if until is None:
                cast = f"CAST(NULL AS {SQL_TYPES[entry.type]})"
            elif until < self._as_of:
                cast = f"CASE WHEN as_of <= DATE '{until}' THEN {cast} END"
            columns.append(f'{cast} AS "{name}"')
        try:
            self._connection.execute(
                f'CREATE TABLE "topic {topic.name}" AS SELECT {", ".join(columns)} FROM ({sql.rstrip().rstrip(";")}\n)'
            )
        except duckdb.Error as bad:
            raise error(
                f"事实主题 {topic.name} 的 SQL 出错：{bad}",
                f"the SQL of topic {topic.name} fails: {bad}",
                place=topic.place(),
                remedy=("用 jigong pack check 检查这个包", "check the pack with jigong pack check"),
            ) from None
        self._check_rows(topic)

    def _relied_until(self, classes: Sequence[str]) -> date | None:
        """The last day on which all classes may be relied on; None where one never came."""
        days = [self._coverage.get(name) for name in classes]
        known = [day for day in days if day is not None]
        return None if len(known) < len(days) else min(known, default=date.max)

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
        self, name: str, topics: Sequence[Topic], links: Mapping[str, Sequence[str]]
    ) -> tuple[str, ...]:
        facts = [fact for topic in topics for fact in topic.header.value.facts]
        joins = "".join(f' JOIN "topic {topic.name}" USING ("{name}", as_of)' for topic in topics)
        columns = ", ".join(f'"{fact}"' for fact in ("as_of", *facts))
        own = ", ".join(f's."{column}"' for column in (name, *links[name]))
        self._copy(f'SELECT {own}, {columns} FROM "subject {name}" s{joins} ORDER BY s."{name}"', name)
        if any(name in others for others in links.values()):
            self._copy(
                f'SELECT "{name}", {columns} FROM {ASKED}{joins} ORDER BY "{name}", as_of', f"{name}.at"
            )
        for topic in topics:
            self._connection.execute(f'DROP TABLE "topic {topic.name}"')
        return tuple(facts)

    def _copy(self, sql: str, file: str) -> None:
        self._connection.execute(
            f"COPY ({sql}) TO {quoted_text(self._folder / f'{file}.parquet')}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        )
