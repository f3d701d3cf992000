"""A few made-up records of every class, to try the SQL of a pack on: nobody's, and the same each time."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

import duckdb
import pyarrow as pa

from jigong.kernel.dates import add_months, month_start
from jigong.lake.sql import name as quoted
from jigong.lake.sql import names
from jigong.packs.contract import Column, Contract

ROWS = 120
"""Records of a class: so many that people have none, one and several of it."""
_NUMBERS = 40
"""How many people, enterprises and so on there are to be named."""
_YEARS = 4


def fill(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], day: date) -> None:
    """Put made-up records, as known on ``day``, into the tables of the classes in ``connection``, which are empty.

    They are what intake lets in: references lead somewhere, keys are unique, periods that may not overlap do not, and
    no row breaks a rule. Cells that may be empty sometimes are.
    """
    maker = _Maker(contracts, day)
    for contract in contracts.values():
        maker.make(connection, contract)


class _Maker:
    def __init__(self, contracts: Mapping[str, Contract], day: date) -> None:
        self._contracts = contracts
        self._day = day
        self._random = Random(0)

    def make(self, connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        """Fill the table of one class."""
        rows: dict[tuple[object, ...], dict[str, object]] = {}
        periods: set[tuple[object, ...]] = set()
        for number in range(ROWS):
            row = {column.name: self._cell(contract, column, number) for column in contract.columns}
            self._order(contract, row)
            alone = tuple(row[name] for name in contract.no_overlap)
            if alone and alone in periods:
                continue
            periods.add(alone)
            rows.setdefault(tuple(row[name] for name in contract.key), row)
        columns = [column.name for column in contract.columns]
        cells = {
            name: pa.array(
                [None if (v := row[name]) is None else str(v) for row in rows.values()], pa.string()
            )
            for name in columns
        }
        connection.register("made", pa.table(cells))
        cast = ", ".join(
            f"CAST({quoted(column.name)} AS {column.duckdb_type})" for column in contract.columns
        )
        table = quoted(contract.name)
        connection.execute(
            f"INSERT INTO {table} SELECT {cast}, 'made', row_number() OVER (), 'made', DATE '{self._day}' FROM made"
        )
        connection.unregister("made")
        for rule in contract.row_rules:
            breaks = f"FROM {table} WHERE NOT coalesce(TRY({rule.sql}\n), TRUE)"
            kept, broken = connection.execute(
                f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) {breaks})"
            ).fetchall()[0]
            # A rule that hardly any of them keep, such as one about the parts of a number, is passed over.
            if 2 * broken < kept:
                connection.execute(f"DELETE {breaks}")
        for column in contract.columns:
            if column.unique:
                connection.execute(
                    f"DELETE FROM {table} WHERE _line NOT IN (SELECT min(_line) FROM {table} GROUP BY {names([column.name])})"
                )

    def _cell(self, contract: Contract, column: Column, number: int) -> object:
        """The value of a cell in the ``number``-th record of a class."""
        alone = contract.key == (column.name,)
        needed = column.required or column.name in contract.key or column.name == contract.valid_time.start
        if column.name == contract.main or (not needed and self._random.random() < 0.2):
            return None
        if column.reference is not None and column.reference[0] in self._contracts:
            there = self._contracts[column.reference[0]]
            return self._text(there, there.column(column.reference[1]), self._random.randrange(_NUMBERS))
        match column.kind:
            case "boolean":
                return self._random.random() < 0.5
            case "integer" | "decimal":
                return self._number(column)
            case "date":
                return self._day - timedelta(days=self._random.randrange(365 * _YEARS))
            case "month":
                return add_months(month_start(self._day), -1 - self._random.randrange(12 * _YEARS))
            case _:
                return self._text(contract, column, number if alone else self._random.randrange(_NUMBERS))

    def _number(self, column: Column) -> object:
        least = column.minimum if column.minimum is not None else column.exclusive_minimum
        most = column.maximum if column.maximum is not None else column.exclusive_maximum
        low = int(least) + (column.minimum is None) if least is not None else 0
        usual = low + (50 if column.kind == "integer" else 100_000)
        high = min(int(most) - (column.maximum is None), usual) if most is not None else usual
        return self._random.randint(low, max(low, high))

    def _text(self, contract: Contract, column: Column, number: int) -> str:
        """One of the values a text column may have, always the same for a number."""
        if column.values:
            return column.values[number % len(column.values)].value
        match column.identifier:
            case "citizen" | "person":
                born = self._day.year - 20 - number
                return f"110000{born:04d}{1 + number % 12:02d}{1 + number % 28:02d}{number:03d}X"
            case "credit_code":
                return f"91110000MA{number:07d}X"
            case "certificate":
                return f"Y{number:014d}{1 + number % 5}{number:06d}"
            case "occupation":
                return f"6-{1 + number % 31:02d}-{1 + number % 5:02d}-01"
            case _:
                return (
                    f"{contract.name} {column.name} {number}" if column.name in contract.key else str(number)
                )

    def _order(self, contract: Contract, row: dict[str, object]) -> None:
        """Let a period end after it has begun."""
        start, end = contract.valid_time.start, contract.valid_time.end
        if end is not None and row[end] is not None:
            begun = row[start]
            assert isinstance(begun, date)
            row[end] = begun + timedelta(days=self._random.randrange(900))
