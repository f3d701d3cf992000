"""Whom the rows and cells that wait could concern: their facts, their links, and whether they have a subject at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from jigong.lake.ghosts import attach_ghosts, ghost_table
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import name as quoted
from jigong.lake.sql import text as quoted_text
from jigong.lake.sql import texts
from jigong.lake.uses import Uses
from jigong.lake.waiting import WaitingRow

_FILES = {
    "waiting": "kind VARCHAR, subject VARCHAR, as_of DATE, fact VARCHAR, ghost BIGINT",
    "open": "kind VARCHAR, link VARCHAR, subject VARCHAR, ghost BIGINT",
}


class Touched:
    """What waits, and whom it touches; filled in while the facts are built."""

    def __init__(self, rows: Sequence[WaitingRow], uses: Uses, classes: Sequence[str]) -> None:
        self.rows = rows
        self._uses = uses
        self._classes = frozenset(classes)
        self._facts: dict[str, frozenset[str]] = {}
        self._raised: dict[str, frozenset[str]] = {}
        self._unsettled: set[str] = set()
        self._reached: set[int] = set()
        self.nobody: dict[str, int] = {}
        """How many rows of each class wait that name nobody that could be found, or not the person they are about."""

    def facts_of(self, topic: str) -> frozenset[str]:
        """The facts of a topic that something could change, of anybody."""
        return self._facts.get(topic, frozenset())

    def raised_of(self, topic: str) -> frozenset[str]:
        """The facts of a topic that something could raise, but not lower, of anybody."""
        return self._raised.get(topic, frozenset())

    def unsettled(self, kind: str) -> str:
        """SQL, over ``subject <kind>`` as ``s``: whether something could change whom it links to, or its day."""
        if kind not in self._unsettled:
            return "FALSE"
        return f"s.{quoted(kind)} IN (SELECT subject FROM {quoted(f'unsettled {kind}')})"

    def see_subjects(self, connection: duckdb.DuckDBPyConnection, links: Mapping[str, Sequence[str]]) -> None:
        """Find which subjects' rows could be others, and whose list of subjects could lack one."""
        for kind, uses in self._uses.subjects.items():
            keys: list[str] = []
            for use in uses:
                if use.data_class not in self._classes:
                    continue
                lost = self._lost(use.columns)
                if use.reach_key is None:
                    keys.append(
                        f"SELECT {quoted(kind)} AS subject, _ghost AS ghost FROM {quoted(f'subject {kind}')},"
                        f" {ghost_table(use.data_class)} WHERE {lost}"
                    )
                else:
                    keys.append(
                        f"SELECT {quoted(kind)} AS subject, ghost FROM ({use.reach_key})"
                        f" WHERE ghost IN (SELECT _ghost FROM {ghost_table(use.data_class)} WHERE {lost})"
                    )
                for link in links[kind]:
                    reach = use.reach_link.get(link)
                    everybody = (
                        f"SELECT {quoted(link)}, _ghost AS ghost FROM {quoted(f'subject {link}')},"
                        f" {ghost_table(use.data_class)}"
                    )
                    connection.execute(
                        f"INSERT INTO open SELECT DISTINCT '{kind}', '{link}', CAST({quoted(link)} AS VARCHAR),"
                        f" ghost FROM ({everybody if reach is None else reach})"
                        f" WHERE ghost IN (SELECT _ghost FROM {ghost_table(use.data_class)} WHERE {lost})"
                    )
            classes = sorted({use.data_class for use in uses} & self._classes)
            if classes:
                keys.append(
                    f"SELECT {quoted(kind)} AS subject, ghost FROM ({self._named(kind, links[kind], classes)})"
                )
            if keys:
                self._unsettled.add(kind)
                connection.execute(
                    f"CREATE TABLE {quoted(f'unsettled {kind}')} AS SELECT DISTINCT subject, ghost"
                    f" FROM ({' UNION ALL '.join(keys)})"
                    f" WHERE subject IN (SELECT {quoted(kind)} FROM {quoted(f'subject {kind}')})"
                )
                connection.execute(
                    f"INSERT INTO waiting SELECT '{kind}', subject, NULL, NULL, ghost"
                    f" FROM {quoted(f'unsettled {kind}')}"
                )

    def see(
        self,
        connection: duckdb.DuckDBPyConnection,
        kind: str,
        links: Sequence[str],
        topics: Sequence[str],
    ) -> None:
        """Find whose facts could be others, for the subjects in ``asked``.

        Makes ``touched <topic>`` (subject, ``as_of``, ``facts`` that could change, ``raised`` that could only rise).
        """
        for topic in topics:
            # Facts of one topic often get to a class in the same way; each way is gone once.
            ways: dict[tuple[str, str | None, str], list[str]] = {}
            for fact in self._uses.topics[topic]:
                for use in self._uses.facts[fact]:
                    if use.data_class in self._classes:
                        way = (use.data_class, use.reach, self._lost(use.columns))
                        ways.setdefault(way, []).append(fact)
            parts = []
            for (data_class, reach, lost), facts in ways.items():
                ghosts = ghost_table(data_class)
                found = reach or f"SELECT {quoted(kind)}, as_of, _ghost AS ghost FROM asked, {ghosts}"
                parts.append(
                    f"SELECT {quoted(kind)}, as_of, ghost, unnest([{texts(dict.fromkeys(facts))}]) AS fact"
                    f" FROM ({found}) WHERE ghost IN (SELECT _ghost FROM {ghosts} WHERE {lost})"
                )
            if not parts:
                continue
            by_class: dict[str, set[str]] = {}
            for (data_class, _, _), facts in ways.items():
                by_class.setdefault(data_class, set()).update(facts)
            for data_class, every in by_class.items():
                parts.append(
                    f"SELECT {quoted(kind)}, a.as_of, ghost, unnest([{texts(sorted(every))}]) AS fact"
                    f" FROM ({self._named(kind, links, [data_class])}) JOIN asked a USING ({quoted(kind)})"
                )
            table = quoted(f"reached {topic}")
            connection.execute(
                f"CREATE TABLE {table} AS SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})"
            )
            connection.execute(
                f"INSERT INTO waiting SELECT '{kind}', {quoted(kind)}, as_of, fact, ghost FROM {table}"
            )
            raises = "(ghost, fact) IN (SELECT (ghost, fact) FROM raises)"
            connection.execute(
                f"CREATE TABLE {quoted(f'touched {topic}')} AS SELECT {quoted(kind)}, as_of,"
                f" list(DISTINCT fact) FILTER (NOT {raises}) AS facts, list(DISTINCT fact) FILTER ({raises}) AS raised"
                f" FROM {table} GROUP BY ALL"
            )
            for kept, test in ((self._facts, f"NOT {raises}"), (self._raised, raises)):
                rows = connection.execute(f"SELECT DISTINCT fact FROM {table} WHERE {test}").fetchall()
                kept[topic] = frozenset(fact for (fact,) in rows)
            rows = connection.execute(f"SELECT DISTINCT ghost FROM {table}").fetchall()
            self._reached |= {ghost for (ghost,) in rows}
            connection.execute(f"DROP TABLE {table}")

    def forget_settled(self, connection: duckdb.DuckDBPyConnection, kind: str, topic: str) -> None:
        """Drop what waits from the facts of ``topic <topic>`` that are known in spite of it."""
        if raised := sorted(self.raised_of(topic)):
            settled = " OR ".join(
                f"w.fact = {quoted_text(fact)} AND t.{quoted(fact)} IS NOT NULL" for fact in raised
            )
            connection.execute(
                f"DELETE FROM waiting w USING (SELECT t.* FROM {quoted(f'topic {topic}')} t"
                f" SEMI JOIN {quoted(f'touched {topic}')} USING ({quoted(kind)}, as_of)) t"
                f" WHERE w.kind = '{kind}' AND w.subject = t.{quoted(kind)} AND w.as_of = t.as_of AND ({settled})"
            )

    def write(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Write what keeps which facts open, and count by class what waits of which nobody can tell whose it is."""
        reached = self._reached | {
            ghost
            for (ghost,) in connection.execute(
                "SELECT DISTINCT ghost FROM waiting UNION SELECT DISTINCT ghost FROM open"
            ).fetchall()
        }
        # A payment that names its employer only touches the employer, but it is some person's all the same.
        nameless = {ghost for (ghost,) in connection.execute("SELECT ghost FROM nameless").fetchall()}
        for row in self.rows:
            if row.number not in reached or row.number in nameless:
                self.nobody[row.class_name] = self.nobody.get(row.class_name, 0) + 1
        for table in _FILES:
            connection.execute(
                f"COPY (SELECT DISTINCT * FROM {table} ORDER BY ALL)"
                f" TO {quoted_text(folder / f'{table}.parquet')} (FORMAT parquet, COMPRESSION zstd)"
            )

    @staticmethod
    def _named(kind: str, links: Sequence[str], classes: Sequence[str]) -> str:
        """SQL for the (subject, ghost) where a row with an unreadable key names the subject, or whom it links to."""
        ids = ", ".join(f"s.{quoted(column)}" for column in (kind, *links))
        return (
            f"SELECT s.{quoted(kind)}, n.ghost FROM {quoted(f'subject {kind}')} s JOIN named n ON n.number IN ({ids})"
            f" WHERE n.class_name IN ({texts(classes)})"
        )

    @staticmethod
    def _lost(columns: frozenset[str]) -> str:
        """SQL that keeps whole rows, and lost cells among ``columns``."""
        if not columns:
            return "_cells IS NULL"
        return f"(_cells IS NULL OR list_has_any(_cells, [{texts(sorted(columns))}]))"


def touch(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    uses: Uses,
    links: Mapping[str, Sequence[str]],
) -> Touched:
    """Make the tables of ghosts in ``connection``, and find whose subjects they could change."""
    for table, columns in _FILES.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
    classes = attach_ghosts(connection, snapshot)
    rising = [(fact, name) for fact, names in uses.rises.items() for name in sorted(names)]
    connection.execute("CREATE TABLE rising (fact VARCHAR, class_name VARCHAR)")
    if rising:
        connection.executemany("INSERT INTO rising VALUES (?, ?)", rising)
    connection.execute(
        "CREATE TABLE raises AS SELECT ghost, fact FROM additions JOIN rising USING (class_name)"
    )
    touched = Touched(snapshot.waiting.rows, uses, classes)
    if classes:
        touched.see_subjects(connection, links)
    return touched


def ghost_json(row: WaitingRow) -> str:
    """A row that waits, as it is kept beside the facts: where it stood and why it waits; never what it says."""
    return json.dumps(
        {
            "ghost": row.number,
            "class": row.class_name,
            "batch": row.batch,
            "file": row.file,
            "line": row.line,
            "known_on": str(row.known_on),
            "cells": list(row.cells),
            "faults": [
                [list(fault.columns), fault.reason, fault.message.zh, fault.message.en]
                for fault in row.faults
            ],
        },
        ensure_ascii=False,
    )
