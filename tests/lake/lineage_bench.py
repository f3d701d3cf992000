"""A database where rows come, go and change, and the law of lineage: only whom a row reaches may notice."""

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from jigong.lake.lineage import SubjectUse, Use
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

Row: TypeAlias = dict[str, Any]
Value: TypeAlias = Callable[[random.Random], Any]


QIANTANG = Path(__file__).parents[2] / "packs/qiantang"


@cache
def pack() -> Pack:
    """Qiantang's pack. Read only."""
    return read_pack(QIANTANG)


@dataclass(frozen=True)
class Class:
    """A class to make rows of: how each column's values are drawn, and what no two rows may have in common.

    Rows that agree on ``alone``, if any, may not overlap in time: from the one to the other column of ``period``.
    """

    name: str
    types: Mapping[str, str]
    values: Mapping[str, Value]
    key: Sequence[str]
    alone: Sequence[str] = ()
    period: tuple[str, str | None] = ("", None)

    def row(self, chance: random.Random) -> Row:
        return {name: value(chance) for name, value in self.values.items()}

    def fits(self, row: Row, rows: Iterable[Row]) -> bool:
        """Whether ``row`` may stand beside ``rows``."""
        return not any(
            _agree(row, other, self.key)
            or (bool(self.alone) and _agree(row, other, self.alone) and self._overlap(row, other))
            for other in rows
        )

    def _overlap(self, row: Row, other: Row) -> bool:
        start, end = self.period
        ends = [(one[end] if end else one[start]) or date.max for one in (row, other)]
        return bool(row[start] <= ends[1] and other[start] <= ends[0])


def _agree(row: Row, other: Row, columns: Iterable[str]) -> bool:
    return all(row[column] is not None and row[column] == other[column] for column in columns)


def maybe(value: Value, empty: float) -> Value:
    """Draws nothing as often as ``empty`` says."""
    return lambda chance: None if chance.random() < empty else value(chance)


def ghost_table(name: str) -> str:
    return f'"ghost {name}"'


def connected(classes: Iterable[Class]) -> duckdb.DuckDBPyConnection:
    """A database with empty tables of ``classes`` and of their ghosts."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    # Ties are broken by the order in which rows come, which must not depend on how many there are.
    connection.execute("PRAGMA disable_optimizer")
    for one in classes:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in one.types.items())
        connection.execute(f'CREATE TABLE "{one.name}" ({columns}, _file VARCHAR, _line BIGINT)')
        connection.execute(f"CREATE TABLE {ghost_table(one.name)} ({columns}, _ghost VARCHAR)")
    return connection


class Bench:
    """A query and the classes it reads, where rows come and go."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, classes: Sequence[Class], sql: str) -> None:
        self.classes = {one.name: one for one in classes}
        self._connection = connection
        self._sql = sql

    def ask(self, subject: str, asked: Sequence[tuple[str, date]]) -> None:
        self._connection.execute(f'CREATE OR REPLACE TABLE asked ("{subject}" VARCHAR, as_of DATE)')
        rows = ", ".join(f"({_text(key)}, {_text(day)})" for key, day in asked)
        self._connection.execute(f"INSERT INTO asked VALUES {rows}")

    def fill(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Replace everything; the number of a row becomes its line."""
        for name in self.classes:
            self._connection.execute(f'DELETE FROM "{name}"')
            self._add(name, rows[name], range(len(rows[name])))

    def make(self, change: "Change") -> None:
        for name, line in change.gone.items():
            self._connection.execute(f'DELETE FROM "{name}" WHERE _line = {line}')
        for name, row in change.new.items():
            self._add(name, [row], [-1])

    def add(self, name: str, row: Row) -> None:
        """One more record."""
        self._add(name, [row], [-1])

    def forget(self, change: "Change") -> None:
        """Leave only what is the same before and after ``change``."""
        for name in change.new:
            self._connection.execute(f'DELETE FROM "{name}" WHERE _line = -1')

    def restore(self, change: "Change", rows: Mapping[str, Sequence[Row]]) -> None:
        for name, line in change.gone.items():
            self._add(name, [rows[name][line]], [line])

    def _add(self, name: str, rows: Sequence[Row], lines: Iterable[int]) -> None:
        self._insert(f'"{name}"', name, rows, [f"NULL, {line}" for line in lines])

    def rows(self) -> list[Row]:
        """What the query gives."""
        cursor = self._connection.execute(self._sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def haunt(self, ghosts: Mapping[str, Sequence[Row]]) -> Callable[[str], set[tuple[Any, ...]]]:
        """Set up ``ghosts``; what is returned gives those whom a reach finds."""
        for name in self.classes:
            self._connection.execute(f"DELETE FROM {ghost_table(name)}")
            rows = ghosts.get(name, [])
            self._insert(ghost_table(name), name, rows, ["'g'"] * len(rows))
        return cache(lambda reach: {row[:-1] for row in self._connection.execute(reach).fetchall()})

    def _insert(self, table: str, name: str, rows: Sequence[Row], rest: Sequence[str]) -> None:
        if rows:
            texts = [
                ", ".join([*map(_text, row.values()), last]) for row, last in zip(rows, rest, strict=True)
            ]
            self._connection.execute(f"INSERT INTO {table} VALUES {', '.join(f'({text})' for text in texts)}")


def _text(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'"


@dataclass(frozen=True)
class Change:
    """Rows that come and rows that go, by class; ``ghosts`` are all of them."""

    gone: Mapping[str, int]
    new: Mapping[str, Row]
    ghosts: Mapping[str, Sequence[Row]]
    columns: frozenset[str] | None
    """The columns in which one record changed; None where rows came."""

    def concerns(self, use: Use | SubjectUse) -> bool:
        return use.data_class in self.ghosts and (self.columns is None or bool(use.columns & self.columns))


def district(classes: Iterable[Class], chance: random.Random, most: int = 9) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {one.name: [] for one in classes}
    for one in classes:
        for _ in range(chance.randint(2, most)):
            if one.fits(row := one.row(chance), rows[one.name]):
                rows[one.name].append(row)
    return rows


def _changes(
    classes: Sequence[Class], rows: Mapping[str, Sequence[Row]], chance: random.Random
) -> Iterator[Change]:
    """A row that comes, a record that changes, and rows of several classes that come at once."""
    coming = {one.name: row for one in classes if one.fits(row := one.row(chance), rows[one.name])}
    for name in chance.sample(list(coming), min(1, len(coming))):
        yield Change({}, {name: coming[name]}, {name: [coming[name]]}, None)
    for one in chance.sample(classes, 1):
        line = chance.randrange(len(rows[one.name]))
        old = rows[one.name][line]
        wanted = chance.sample(list(old), chance.choice([1, 1, 2, len(old)]))
        new = old | {name: one.values[name](chance) for name in wanted}
        columns = frozenset(name for name in old if old[name] != new[name])
        if one.fits(new, (row for row in rows[one.name] if row is not old)):
            yield Change({one.name: line}, {one.name: new}, {one.name: [old, new]}, columns)
    if len(coming) > 1:
        yield Change({}, coming, {name: [row] for name, row in coming.items()}, None)


def check_topic(
    bench: Bench,
    uses: Mapping[str, Sequence[Use]],
    subject: str,
    asked: Sequence[tuple[str, date]],
    chance: random.Random,
) -> int:
    """How many facts changed; every one of them was reached."""
    count = 0
    rows = district(bench.classes.values(), chance)
    bench.ask(subject, asked)
    bench.fill(rows)
    before = {(row[subject], row["as_of"]): row for row in bench.rows()}
    for change in _changes(list(bench.classes.values()), rows, chance):
        bench.make(change)
        after = {(row[subject], row["as_of"]): row for row in bench.rows()}
        assert before.keys() == after.keys() == set(asked)
        bench.forget(change)
        reached = bench.haunt(change.ghosts)
        for fact in uses:
            changed = {key for key in before if before[key][fact] != after[key][fact]}
            found: set[tuple[Any, ...]] = set()
            for use in uses[fact] if changed else ():
                if change.concerns(use):
                    found |= set(asked) if use.reach is None else reached(use.reach)
            assert changed <= found, (fact, changed - found, change, rows)
            count += len(changed)
        bench.restore(change, rows)
    return count


def check_subject(
    bench: Bench, uses: Sequence[SubjectUse], key: str, links: Sequence[str], chance: random.Random
) -> int:
    """How many rows changed; each was reached by its key, and by what it links to before and after."""
    count = 0
    rows = district(bench.classes.values(), chance)
    bench.fill(rows)
    before = {tuple(row.items()) for row in bench.rows()}
    for change in _changes(list(bench.classes.values()), rows, chance):
        bench.make(change)
        changed = before ^ {tuple(row.items()) for row in bench.rows()}
        bench.forget(change)
        reached = bench.haunt(change.ghosts)
        mine = [use for use in uses if change.concerns(use)]
        for column in (key, *links):
            texts = [use.reach_key if column == key else use.reach_link[column] for use in mine]
            if None not in texts:
                values = {dict(row)[column] for row in changed} - {None}
                found = {value for text in texts if text for (value,) in reached(text)}
                assert values <= found, (column, values - found, change, rows)
        count += len(changed)
        bench.restore(change, rows)
    return count


_MORE = 5
"""Records added at once."""


def check_rising(
    bench: Bench,
    rises: Mapping[str, Collection[str]],
    subject: str,
    asked: Sequence[tuple[str, date]],
    chance: random.Random,
) -> set[str]:
    """The columns that rose as records were added; none of them fell.

    ``rises`` has for each column the classes in which it rises. A number may become unknown, which is no fall.
    """
    found: set[str] = set()
    rising = sorted(set().union(*rises.values()))
    few, others = chance.choice([*rising, ""]), chance.choice((4, 12, 40, 40))
    rows: dict[str, list[Row]] = {}
    for name, one in bench.classes.items():
        # Where only one class has few records, one more of them is often the last one wanting.
        rows |= district([one], chance, most=2 if name == few else others)
    bench.ask(subject, asked)
    bench.fill(rows)
    before = {(row[subject], row["as_of"]): row for row in bench.rows()}
    for name in rising * 2:
        one = bench.classes[name]
        for row in (one.row(chance) for _ in range(_MORE)):
            if one.fits(row, rows[name]):
                rows[name].append(row)
                bench.add(name, row)
        after = {(row[subject], row["as_of"]): row for row in bench.rows()}
        for key, was in before.items():
            for column in (column for column, classes in rises.items() if name in classes):
                old, new = was[column], after[key][column]
                fell = old is not None and (new < old if new is not None else old is True)
                assert not fell, (column, key, old, new, rows)
                if new is not None and (old is None or new > old):
                    found.add(column)
        before = after
    return found
