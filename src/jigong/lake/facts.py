"""Facts of every subject on a date, from a snapshot and a pack, as one Parquet file per kind of subject.

A subject's linked worker may be asked about on another day than the run's (an enrolment's worker on
the day of graduation), so a topic is run once for all *(subject, day)* pairs anybody asks about.
A fact is missing where a class it is read from is not covered on that day, and where something waits that
could change it; where that could only raise it, what is recorded is still its lower bound. A number may be known within
bounds: beside ``f`` then stand ``"f least"`` and ``"f most"``.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from jigong.kernel.hashing import content_hash
from jigong.kernel.text import Text
from jigong.lake.batches import contract_hash
from jigong.lake.coverage import Coverage
from jigong.lake.facts_build import SQL_TYPES, UNSETTLED, Builder, Built, Progress
from jigong.lake.facts_waiting import ghost_json
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import text as quoted_text
from jigong.lake.topics import parameters_read
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack

__all__ = [
    "PERSON",
    "SQL_TYPES",
    "UNSETTLED",
    "WAITING_FILES",
    "FactTables",
    "Ghost",
    "SubjectTable",
    "build_facts",
    "read_ghost",
]

PERSON = "worker"
"""The kind of subject that is a person."""

WAITING_FILES = ("waiting.parquet", "open.parquet", "ghosts.jsonl")
"""Beside the files of subjects: what waits, and whom it could concern."""

_LAYOUT = 7
"""Raised when the files' layout changes, so that old ones are not read."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A row that waits, or a record with cells that could not be read: where it stands and what is wrong with it."""

    number: int
    class_name: str
    batch: str
    file: str
    line: int
    known_on: date
    columns: tuple[str, ...]
    messages: tuple[Text, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class SubjectTable:
    """One kind of subject: its key, the subjects it links to, and its own facts.

    ``listed`` says whether the list itself may be relied on: every class it is read from is covered. Where it may
    not, a worker without such a subject may have one that nobody reported.
    """

    name: str
    links: tuple[str, ...]
    facts: tuple[str, ...]
    listed: bool


@dataclass(frozen=True)
class FactTables:
    """Facts on disk. ``<subject>.parquet`` has the subjects with their own facts; ``<subject>.at.parquet``, for
    subjects that others link to, the same facts on every other day anybody asks about.

    ``ranges`` are the facts that may be known within bounds, ``sources`` the classes each fact or kind depends on,
    ``reckoned`` the month to which a fact of monthly classes is counted, ``reckoning`` each class's newest covered
    month or last covered day. ``nobody`` counts, by class, what waits and cannot be told whose it is.
    """

    folder: Path
    as_of: date
    snapshot_id: str
    known_on: date
    subjects: Mapping[str, SubjectTable]
    ranges: frozenset[str] = frozenset()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reckoned: Mapping[str, date | None] = field(default_factory=dict)
    reckoning: Mapping[str, date] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)

    def connect(
        self, *kinds: str, columns: Mapping[str, Collection[str]] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """A fresh connection with one view per kind of subject (of all, unless some are named): key, links, ``as_of``,
        every fact reachable.

        With ``columns`` only these kinds have a view, each with these columns of facts: planning a view costs time for
        every column it has. The views ``waiting`` and ``open`` say what waits for whom (see :mod:`jigong.lake.facts_waiting`).
        """
        connection = duckdb.connect()
        for kind in columns or kinds or self.subjects:
            wanted = None if columns is None else columns[kind]
            connection.execute(f'CREATE VIEW "{kind}" AS {self.select(kind, wanted)}')
        for name in ("waiting", "open"):
            file = quoted_text(self.folder / f"{name}.parquet")
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({file})")
        return connection

    def facts_of(self, subject: str) -> tuple[str, ...]:
        """Names of all facts one may use about ``subject``: its own, then those of what it links to."""
        table = self.subjects[subject]
        linked = [fact for link in table.links for fact in self.subjects[link].facts]
        return tuple(dict.fromkeys([*table.facts, *linked]))

    @cached_property
    def ghosts(self) -> dict[int, Ghost]:
        """Everything that waits, by its number."""
        file = self.folder / "ghosts.jsonl"
        return {
            ghost.number: ghost
            for ghost in map(read_ghost, map(json.loads, file.read_text(encoding="utf-8").splitlines()))
        }

    def columns_of(self, fact: str) -> tuple[str, ...]:
        """The columns in which a fact is kept: its value, and its bounds where it may have some."""
        return (fact, f"{fact} least", f"{fact} most") if fact in self.ranges else (fact,)

    def select(self, kind: str, columns: Collection[str] | None = None) -> str:
        """SELECT of every subject of a kind: key, links, ``as_of``, and all columns of facts, or those of ``columns`` it has.

        A fact of a linked subject is read on the day the subject asks for; own facts come first. Where nothing is linked
        the rows come in the order of their keys.
        """
        subject = self.subjects[kind]
        told = [f's."{subject.name}"', *(f's."{link}"' for link in subject.links), "s.as_of"]
        own = self._columns(subject, columns)
        told += [f's."{column}"' for column in own]
        joins: list[str] = []
        for number, link in enumerate(subject.links):
            linked = self._columns(self.subjects[link], columns)
            if not linked:
                continue
            # Where it is not settled whose the subject is, nothing is known of whom it links to.
            told += [
                f'CASE WHEN NOT s.{UNSETTLED} THEN l{number}."{column}" END AS "{column}"'
                for column in linked
                if columns is None or column not in own
            ]
            joins.append(
                f"LEFT JOIN ({self._on_any_day(link, linked)}) l{number}"
                f' ON l{number}."{link}" = s."{link}" AND l{number}.as_of = s.as_of'
            )
        return f"SELECT {', '.join(told)} FROM {self._file(subject.name)} s {' '.join(joins)}"

    def _columns(self, subject: SubjectTable, wanted: Collection[str] | None) -> list[str]:
        columns = (column for fact in subject.facts for column in self.columns_of(fact))
        return [column for column in columns if wanted is None or column in wanted]

    def _on_any_day(self, kind: str, columns: Sequence[str]) -> str:
        told = ", ".join(f'"{column}"' for column in (kind, "as_of", *columns))
        files = (self._file(kind), self._file(f"{kind}.at"))
        return " UNION ALL ".join(f"SELECT {told} FROM {file}" for file in files)

    def _file(self, name: str) -> str:
        return f"read_parquet({quoted_text(self.folder / f'{name}.parquet')})"


def build_facts(
    snapshot: Snapshot,
    pack: Pack,
    values: Mapping[str, ParameterValue],
    as_of: date,
    cache: Path,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    kind: str = PERSON,
    reckoning: Mapping[str, date] | None = None,
) -> FactTables:
    """Facts of every subject of ``pack`` on ``as_of``, from ``cache`` if they were built before.

    ``values`` are the parameters on ``as_of``. ``only`` limits them to some subjects of ``kind`` (their keys)
    and those that link to them: their facts are those of the whole, and other kinds have no rows. With
    ``reckoning`` later months and days than those named are as if they had not come. The files are built aside
    and moved in one step, so a killed run leaves none half written.

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
            **({} if reckoning is None else {"reckoning": dict(reckoning)}),
            "snapshot": snapshot.id,
            "as_of": as_of,
            "contracts": {
                name: [contract_hash(contract), contract.latency_days, list(contract.covers.scopes)]
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
        coverage = snapshot.coverage if reckoning is None else snapshot.coverage.pinned(reckoning)
        _build(snapshot, coverage, pack, values, as_of, folder, progress or (lambda name: None), only, kind)
    stored = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return FactTables(
        folder,
        as_of,
        snapshot.id,
        snapshot.known_on,
        {
            name: SubjectTable(name, tuple(links), tuple(facts), listed)
            for name, links, facts, listed in stored["subjects"]
        },
        frozenset(name for name, entry in pack.facts.items() if entry.bounded),
        {fact: tuple(classes) for fact, classes in stored["sources"].items()},
        {fact: _day(month) for fact, month in stored["reckoned"].items()},
        {name: date.fromisoformat(day) for name, day in stored["reckoning"].items()},
        stored["nobody"],
    )


def _build(
    snapshot: Snapshot,
    coverage: Coverage,
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
        built = Builder(snapshot, coverage, pack, values, as_of, aside, only, kind).run(progress)
        ghosts = "".join(f"{ghost_json(row)}\n" for row in built.waiting.rows)
        (aside / "ghosts.jsonl").write_text(ghosts, encoding="utf-8")
        (aside / "facts.json").write_text(json.dumps(_stored(built, coverage)), encoding="utf-8")
        try:
            os.replace(aside, folder)
        except OSError:
            # Another run built the same facts in the meantime.
            if not (folder / "facts.json").is_file():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _stored(built: Built, coverage: Coverage) -> dict[str, Any]:
    return {
        "subjects": built.subjects,
        "sources": built.sources,
        "reckoned": {fact: str(month) if month else None for fact, month in built.reckoned.items()},
        "reckoning": {name: str(day) for name, day in coverage.reckoning.items()},
        "nobody": built.waiting.nobody,
    }


def read_ghost(data: Mapping[str, Any]) -> Ghost:
    """A ghost out of the JSON of :func:`jigong.lake.facts_waiting.ghost_json`."""
    return Ghost(
        data["ghost"],
        data["class"],
        data["batch"],
        data["file"],
        data["line"],
        date.fromisoformat(data["known_on"]),
        tuple(dict.fromkeys(c for columns, _, _, _ in data["faults"] for c in columns)),
        tuple(Text(zh, en) for _, _, zh, en in data["faults"]),
        tuple(data["cells"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
