"""A district of a few hand-written records, from which the pack's own SQL makes facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jigong.lake.facts import FactTables, build_facts
from jigong.packs.contract import Contract
from jigong.packs.pack import Pack

FOUR = ("pension", "medical", "injury", "unemployment")


def months(first: date, last: date) -> list[date]:
    """The first day of every month from ``first`` to ``last``, both included."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = (month + timedelta(31)).replace(day=1)
    return found


class District:
    """Records by class; classes without records are delivered but empty, unless said otherwise."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self._contracts = contracts
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._number = 0

    def add(self, class_: str, **values: Any) -> None:
        """One record; what is not given is empty, an empty first key column gets a number of its own."""
        self._number += 1
        contract = self._contracts[class_]
        self._rows[class_].append({contract.key[0]: f"{self._number:06}"} | values)

    def person(self, id_: str, born: date = date(1990, 1, 1), place: str = "340000") -> None:
        """A registered person."""
        self.add(
            "person",
            person_id=id_,
            birth_date=born,
            sex="男",
            household_place=place,
            registered_on=date(2012, 1, 1),
        )

    def contribution(
        self, kind: str, id_: str, month: date, paid_on: date | None = None, **values: Any
    ) -> None:
        """One month of one insurance, paid on the fifteenth unless said otherwise."""
        self.add(
            f"{kind}_contribution",
            person_id=id_,
            month=month,
            paid_on=paid_on or month + timedelta(14),
            **values,
        )

    def insured(self, id_: str, first: date, last: date, *, but: Sequence[date] = ()) -> None:
        """All four insurances from one month to another, without the months in ``but``."""
        for month in months(first, last):
            if month not in but:
                for kind in FOUR:
                    self.contribution(kind, id_, month)

    def studies(self, id_: str, graduated: date | None = None, **values: Any) -> str:
        """An enrolment for an associate degree; returns its number."""
        number = f"E-{id_}"
        values = {"level": "专科", "start_on": date(2014, 1, 1), "graduated_on": graduated} | values
        self.add("degree_enrolment", enrolment_no=number, person_id=id_, **values)
        return number

    def facts(
        self,
        pack: Pack,
        as_of: date,
        cache: Path,
        *,
        coverage: Mapping[str, date | None] | None = None,
    ) -> "Facts":
        """Facts on ``as_of``; ``coverage`` replaces the last reliable day of some classes."""
        reliable = {name: date(9999, 12, 31) for name in self._contracts} | dict(coverage or {})
        snapshot = _Handmade(self, reliable)
        return Facts(build_facts(snapshot, pack, pack.parameters_on(as_of), as_of, cache))  # type: ignore[arg-type]

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with a table for each class."""
        connection = duckdb.connect()
        for name, contract in self._contracts.items():
            columns = ", ".join(f'"{column.name}" {column.duckdb_type}' for column in contract.columns)
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            for row in self._rows[name]:
                names = ", ".join(f'"{column}"' for column in row)
                connection.execute(
                    f'INSERT INTO "{name}" ({names}) VALUES ({", ".join("?" * len(row))})', list(row.values())
                )
        return connection


class _Handmade:
    """Stands in for a snapshot: what the harness asks of one."""

    id = "handmade"
    known_on = date(2022, 12, 16)

    def __init__(self, district: District, coverage: Mapping[str, date | None]) -> None:
        self.connect = district.connect
        self._coverage = dict(coverage)

    def coverage(self) -> dict[str, date | None]:
        return self._coverage


class Facts:
    """What came out: call it with a kind of subject, a key, and the names of facts."""

    def __init__(self, tables: FactTables) -> None:
        self._connection = tables.connect()

    def __call__(self, subject: str, key: str, *names: str) -> Any:
        """One subject's facts: the fact alone if one is asked for, else a tuple."""
        columns = ", ".join(f'"{name}"' for name in names)
        rows = self._connection.execute(
            f'SELECT {columns} FROM "{subject}" WHERE "{subject}" = ?', [key]
        ).fetchall()
        assert len(rows) == 1, f"{subject} {key}: {len(rows)} rows"
        return rows[0][0] if len(names) == 1 else rows[0]
