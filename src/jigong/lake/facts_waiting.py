"""Whom the rows and cells that wait could concern: their facts, their links, and whether they have a subject at all."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from jigong.lake.ghosts import Ghosts, attach_ghosts, ghost_table
from jigong.lake.lineage import SubjectUse, Use
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import name as quoted
from jigong.lake.sql import text as quoted_text
from jigong.lake.sql import texts
from jigong.lake.uses import Uses
from jigong.lake.waiting import WaitingRow

FILES = {
    "waiting": "kind VARCHAR, subject VARCHAR, as_of DATE, fact VARCHAR, ghost BIGINT",
    "open": "kind VARCHAR, link VARCHAR, subject VARCHAR, ghost BIGINT",
}


class Touched:
    """What waits, and whom it touches; filled in while the facts are built."""

    def __init__(self, rows: Sequence[WaitingRow], uses: Uses, ghosts: Mapping[str, Ghosts]) -> None:
        self.rows = rows
        self._uses = uses
        self._ghosts = ghosts
        self._losing: dict[tuple[str, frozenset[str]], frozenset[int]] = {}
        self._facts: dict[str, frozenset[str]] = {}
        self._raised: dict[str, frozenset[str]] = {}
        self._unsettled: set[str] = set()
        self._reached: set[int] = set()
        self.nobody: dict[str, int] = {}
        """How many rows of each class wait that name nobody that could be found, or not the person they are about."""

    def facts_of(self, kind: str) -> frozenset[str]:
        """The facts of a kind of subject that something could change, of anybody."""
        return self._facts.get(kind, frozenset())

    def raised_of(self, kind: str) -> frozenset[str]:
        """The facts of a kind of subject that something could raise, but not lower, of anybody."""
        return self._raised.get(kind, frozenset())

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
                losing = self._lost(use)
                if not losing:
                    continue
                those = ", ".join(map(str, sorted(losing)))
                reach = use.reach_key or self._everybody(kind, those)
                keys.append(
                    f"SELECT {quoted(kind)} AS subject, ghost FROM ({reach}) WHERE ghost IN ({those})"
                )
                for link in links[kind]:
                    reach = use.reach_link.get(link) or self._everybody(link, those)
                    connection.execute(
                        f"INSERT INTO open SELECT DISTINCT '{kind}', '{link}', CAST({quoted(link)} AS VARCHAR),"
                        f" ghost FROM ({reach}) WHERE ghost IN ({those})"
                    )
            if named := [name for name in {use.data_class for use in uses} if self._names(name)]:
                keys.append(
                    f"SELECT {quoted(kind)} AS subject, ghost FROM ({self._named(kind, links[kind], named)})"
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

        Makes ``touched <kind>`` (subject, ``as_of``, ``facts`` that could change, ``raised`` that could only rise).
        """
        # Many facts get to a class in the same way; each way is gone once.
        ways: dict[str, dict[int, set[str]]] = {}
        for fact in (fact for topic in topics for fact in self._uses.topics[topic]):
            for use in self._uses.facts[fact]:
                found = (
                    use.reach
                    or f"SELECT {quoted(kind)}, as_of, _ghost AS ghost FROM asked, {ghost_table(use.data_class)}"
                )
                for ghost in self._lost(use):
                    ways.setdefault(found, {}).setdefault(ghost, set()).add(fact)
                if named := self._names(use.data_class):
                    found = (
                        f"SELECT {quoted(kind)}, a.as_of, ghost"
                        f" FROM ({self._named(kind, links, [use.data_class])}) JOIN asked a USING ({quoted(kind)})"
                    )
                    for ghost in named:
                        ways.setdefault(found, {}).setdefault(ghost, set()).add(fact)
        if not ways:
            return
        raises = {
            (fact, ghost)
            for fact, classes in self._uses.rises.items()
            for name in classes & self._ghosts.keys()
            for ghost in self._ghosts[name].adding
        }
        rows = [
            (way, ghost, fact, (fact, ghost) in raises)
            for way, touched in enumerate(ways.values())
            for ghost, facts in touched.items()
            for fact in sorted(facts)
        ]
        names = {"way": pa.int32(), "ghost": pa.int64(), "fact": pa.string(), "rises": pa.bool_()}
        columns = zip(names.items(), zip(*rows, strict=True), strict=True)
        connection.register("touches", pa.table({name: pa.array(c, type_) for (name, type_), c in columns}))
        parts = [f"SELECT {way} AS way, * FROM ({found})" for way, found in enumerate(ways)]
        table = quoted(f"reached {kind}")
        connection.execute(
            f"CREATE TABLE {table} AS SELECT DISTINCT {quoted(kind)}, as_of, ghost, fact, rises"
            f" FROM ({' UNION ALL '.join(parts)}) JOIN touches USING (way, ghost)"
        )
        connection.unregister("touches")
        connection.execute(
            f"INSERT INTO waiting SELECT '{kind}', {quoted(kind)}, as_of, fact, ghost FROM {table}"
        )
        connection.execute(
            f"CREATE TABLE {quoted(f'touched {kind}')} AS SELECT {quoted(kind)}, as_of,"
            " list(DISTINCT fact) FILTER (NOT rises) AS facts, list(DISTINCT fact) FILTER (rises) AS raised"
            f" FROM {table} GROUP BY ALL"
        )
        some = connection.execute(f"SELECT DISTINCT fact, rises FROM {table}").fetchall()
        self._facts[kind] = frozenset(fact for fact, up in some if not up)
        self._raised[kind] = frozenset(fact for fact, up in some if up)
        self._reached |= {
            ghost for (ghost,) in connection.execute(f"SELECT DISTINCT ghost FROM {table}").fetchall()
        }
        connection.execute(f"DROP TABLE {table}")

    def forget_settled(
        self, connection: duckdb.DuckDBPyConnection, kind: str, topic: str, facts: Collection[str]
    ) -> None:
        """Drop what waits from those of the ``facts`` of ``topic <topic>`` that are known in spite of it."""
        if raised := sorted(self.raised_of(kind).intersection(facts)):
            settled = " OR ".join(
                f"w.fact = {quoted_text(fact)} AND t.{quoted(fact)} IS NOT NULL" for fact in raised
            )
            connection.execute(
                f"DELETE FROM waiting w USING (SELECT t.* FROM {quoted(f'topic {topic}')} t"
                f" SEMI JOIN {quoted(f'touched {kind}')} USING ({quoted(kind)}, as_of)) t"
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
        nameless = frozenset[int]().union(*(one.nameless for one in self._ghosts.values()))
        for row in self.rows:
            if row.number not in reached or row.number in nameless:
                self.nobody[row.class_name] = self.nobody.get(row.class_name, 0) + 1
        for table in FILES:
            connection.execute(
                f"COPY (SELECT DISTINCT * FROM {table} ORDER BY ALL)"
                f" TO {quoted_text(folder / f'{table}.parquet')} (FORMAT parquet, COMPRESSION zstd)"
            )

    def _lost(self, use: Use | SubjectUse) -> frozenset[int]:
        """What waits of a class, as whole rows, or as lost cells among the columns that are read."""
        key = (use.data_class, use.columns)
        if key not in self._losing:
            ghosts = self._ghosts.get(use.data_class)
            self._losing[key] = frozenset(
                ghost
                for ghost, cells in (ghosts.cells.items() if ghosts else ())
                if cells is None or cells & use.columns
            )
        return self._losing[key]

    @staticmethod
    def _everybody(kind: str, ghosts: str) -> str:
        """SQL for every subject of a kind with each of some ghosts, where nobody can tell whom they concern."""
        return (
            f"SELECT {quoted(kind)}, unnest([{ghosts}]::BIGINT[]) AS ghost FROM {quoted(f'subject {kind}')}"
        )

    def _names(self, class_name: str) -> frozenset[int]:
        """The rows of a class of which only the people and enterprises they name can tell what they are about."""
        return self._ghosts[class_name].named if class_name in self._ghosts else frozenset()

    @staticmethod
    def _named(kind: str, links: Sequence[str], classes: Sequence[str]) -> str:
        """SQL for the (subject, ghost) where a row with an unreadable key names the subject, or whom it links to."""
        ids = ", ".join(f"s.{quoted(column)}" for column in (kind, *links))
        return (
            f"SELECT s.{quoted(kind)}, n.ghost FROM {quoted(f'subject {kind}')} s JOIN named n ON n.number IN ({ids})"
            f" WHERE n.class_name IN ({texts(sorted(classes))})"
        )


def touch(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    uses: Uses,
    links: Mapping[str, Sequence[str]],
) -> Touched:
    """Make the tables of ghosts in ``connection``, and find whose subjects they could change."""
    for table, columns in FILES.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
    ghosts = attach_ghosts(connection, snapshot)
    touched = Touched(snapshot.waiting.rows, uses, ghosts)
    if ghosts:
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
