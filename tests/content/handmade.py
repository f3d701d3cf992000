"""A district of a few hand-written records, from which the pack's own SQL makes facts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jigong.lake.claims import month_end
from jigong.lake.coverage import ClassCoverage, Coverage
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.waiting import Waiting
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
        self.contracts = contracts
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._number = 0

    def add(self, class_: str, **values: Any) -> None:
        """One record; what is not given is empty, an empty first key column gets a number of its own."""
        self._number += 1
        contract = self.contracts[class_]
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
        """Facts on ``as_of``; ``coverage`` replaces the last day on which some classes may be relied on."""
        given = dict(coverage or {})
        classes = {
            name: self._coverage(contract, as_of, given.get(name, date.max), name in given)
            for name, contract in self.contracts.items()
        }
        snapshot = _Handmade(self, Coverage(classes))
        return Facts(build_facts(snapshot, pack, pack.parameters_on(as_of), as_of, cache))  # type: ignore[arg-type]

    def _coverage(self, contract: Contract, as_of: date, until: date | None, given: bool) -> ClassCoverage:
        """Every month from the first that anybody has to the last before ``as_of``; every day up to ``until``."""
        latency = contract.latency_days
        if contract.valid_time.kind != "month":
            return ClassCoverage(contract.name, 0, monthly=False, until=until)
        newest = (until - timedelta(latency) if given and until else as_of).replace(day=1)
        first = min(
            (row[contract.valid_time.start] for row in self._rows[contract.name]), default=date(2021, 1, 1)
        )
        covered = [month for month in months(first, newest) if month_end(month) < as_of]
        return ClassCoverage(contract.name, latency, monthly=True, months=tuple(covered) if until else ())

    def connect(self, writes: Iterable[Path] = ()) -> duckdb.DuckDBPyConnection:
        """A connection with a table for each class."""
        connection = duckdb.connect()
        for name, contract in self.contracts.items():
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

    def __init__(self, district: District, coverage: Coverage) -> None:
        self.connect = district.connect
        self.coverage = coverage
        self.waiting = Waiting(self)  # type: ignore[arg-type]
        self.contracts = district.contracts

    def stored(self, kind: str) -> str:
        """No file of any kind lies anywhere."""
        return ""


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
