"""Where a subject's facts come from: the records of the lake behind them, with file, line, batch and date."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from sqlglot import exp

from jigong.lake.snapshot import Snapshot
from jigong.lake.uses import sources_of
from jigong.lake.withdrawals import Withdrawn, withdrawn_since
from jigong.packs.contract import PEOPLE, Column, Contract
from jigong.packs.pack import Pack
from jigong.packs.sqltext import parsed


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record behind a fact: its class, what it says, when it holds, and where it came from."""

    data_class: str
    values: Mapping[str, Any]
    holds_from: date | None
    file: str
    line: int
    batch: str
    known_on: date


class Provenance:
    """Finds the records behind facts in one snapshot.

    A record belongs to a subject if it carries the subject's key (or refers to it, or is about the
    same person). Where a fact joins several classes, a class that knows nothing of the subject is
    reached through the columns it shares with one that does.
    """

    def __init__(self, snapshot: Snapshot, pack: Pack) -> None:
        self._snapshot = snapshot
        self._connection: duckdb.DuckDBPyConnection = snapshot.connect()
        self._pack = pack
        self._found: dict[tuple[str, str, str, tuple[str, ...]], list[Evidence]] = {}

    def of(self, fact: str, subject: str, key: str | None, as_of: date, most: int = 3) -> list[Evidence]:
        """The newest records, at most ``most`` of each class, behind ``fact`` of a subject on ``as_of``.

        None where there is no such subject (``key`` is None).
        """
        if key is None:
            return []
        classes = sources_of(self._pack, fact)
        remembered = (subject, key, str(as_of), classes)
        if remembered not in self._found:
            self._found[remembered] = self._search(classes, subject, key, as_of, most)
        return self._found[remembered]

    def withdrawn(self, numbers: Collection[str]) -> list[Withdrawn]:
        """The withdrawn records that name one of these people and enterprises."""
        return withdrawn_since(self._snapshot, None, numbers)

    def _search(
        self, classes: Sequence[str], subject: str, key: str, as_of: date, most: int
    ) -> list[Evidence]:
        found: list[Evidence] = []
        reached: dict[str, str] = {}
        waiting = list(classes)

        def take(filter_of: Callable[[str], str | None]) -> bool:
            """Take the waiting classes for which there is a filter; whether there were any."""
            before = len(waiting)
            for name in list(waiting):
                where = filter_of(name)
                if where is not None:
                    reached[name] = where
                    waiting.remove(name)
                    found.extend(self._records(name, where, as_of, most))
            return len(waiting) < before

        # Classes that name the subject first; then, again and again, those that share a column with one reached.
        take(lambda name: self._names(name, subject, key))
        while take(lambda name: self._shares(name, reached)):
            pass
        return found

    def _names(self, data_class: str, subject: str, key: str) -> str | None:
        """SQL that keeps the class's records about the subject; None if it does not name subjects of the kind."""
        origin = self._origin(subject)
        if origin is None:
            return None
        columns = [
            column.name
            for column in self._pack.contracts[data_class].columns
            if (data_class, column.name) == origin
            or column.reference == origin
            or (column.identifier in PEOPLE and self._column(origin).identifier in PEOPLE)
        ]
        literal = "'" + key.replace("'", "''") + "'"
        return " OR ".join(f'"{column}" = {literal}' for column in columns) or None

    def _shares(self, data_class: str, reached: Mapping[str, str]) -> str | None:
        """SQL that keeps records which share a key with records already reached."""
        here = self._pack.contracts[data_class]
        for other, where in reached.items():
            for column in self._pack.contracts[other].columns:
                if target := self._same(here, column):
                    return f'"{target}" IN (SELECT "{column.name}" FROM "{other}" WHERE {where})'
        return None

    @staticmethod
    def _same(here: Contract, column: Column) -> str | None:
        """The column of ``here`` that ``column`` refers to, or a key column of the same name."""
        if column.reference is not None and column.reference[0] == here.name:
            return column.reference[1]
        # A month or a date is nobody's key: it would reach everybody's records.
        return column.name if column.name in here.key and column.kind not in ("date", "month") else None

    def _origin(self, subject: str) -> tuple[str, str] | None:
        """The class and column in which a kind of subject has its key."""
        tree = parsed(self._pack.subjects[subject].value.sql.replace(":as_of", "NULL"))
        select = tree.find(exp.Select) if not isinstance(tree, exp.Select) else tree
        if select is None:
            return None
        column = select.expressions[0].find(exp.Column)
        tables = [table.name for table in select.find_all(exp.Table) if table.name in self._pack.contracts]
        if column is None:
            return None
        for name in tables:
            if any(known.name == column.name for known in self._pack.contracts[name].columns):
                return name, column.name
        return None

    def _column(self, origin: tuple[str, str]) -> Column:
        return self._pack.contracts[origin[0]].column(origin[1])

    def _records(self, data_class: str, where: str, as_of: date, most: int) -> list[Evidence]:
        contract = self._pack.contracts[data_class]
        names = [column.name for column in contract.columns]
        start = contract.valid_time.start
        rows = self._connection.execute(
            f"SELECT {', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)}, _file, _line, _batch, _known_on"
            f' FROM "{data_class}" WHERE ({where}) AND ("{start}" IS NULL OR "{start}" <= DATE \'{as_of}\')'
            f' ORDER BY "{start}" DESC, _batch DESC, _file, _line LIMIT {most}'
        ).fetchall()
        return [
            Evidence(
                data_class,
                dict(zip(names, row, strict=False)),
                row[names.index(start)],
                *row[len(names) :],
            )
            for row in rows
        ]
