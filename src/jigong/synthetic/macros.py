"""The SQL that every district's SELECTs may use: random numbers, numbers of nobody, and the calibration.

Everything random is a function of (seed, id, salt), never of the order in which threads run.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import duckdb

from jigong.synthetic.calibration import Calibration, Table, Value

_RANDOM = """
-- DuckDB joins the hashes of several arguments by XOR, which would tie the numbers of two salts of one id
-- together; hashing once more mixes them.
CREATE MACRO u(id, salt) AS (hash(hash(getvariable('seed'), id, salt)) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO z(id, salt) AS sqrt(-2 * ln(1 - u(id, salt))) * cos(2 * pi() * u(id, salt || ' angle'));
CREATE MACRO workers() AS getvariable('workers');
CREATE MACRO first_worker() AS getvariable('first_worker');
CREATE MACRO last_worker() AS getvariable('last_worker')
"""

# One number for each index: 499 of either sex to a block of one place code; the birth date is free.
_NUMBERS = """
CREATE MACRO citizen_number(body) AS body || substr('10X98765432', 1 + (
  7 * substr(body, 1, 1)::INTEGER + 9 * substr(body, 2, 1)::INTEGER + 10 * substr(body, 3, 1)::INTEGER
  + 5 * substr(body, 4, 1)::INTEGER + 8 * substr(body, 5, 1)::INTEGER + 4 * substr(body, 6, 1)::INTEGER
  + 2 * substr(body, 7, 1)::INTEGER + 1 * substr(body, 8, 1)::INTEGER + 6 * substr(body, 9, 1)::INTEGER
  + 3 * substr(body, 10, 1)::INTEGER + 7 * substr(body, 11, 1)::INTEGER + 9 * substr(body, 12, 1)::INTEGER
  + 10 * substr(body, 13, 1)::INTEGER + 5 * substr(body, 14, 1)::INTEGER + 8 * substr(body, 15, 1)::INTEGER
  + 4 * substr(body, 16, 1)::INTEGER + 2 * substr(body, 17, 1)::INTEGER) % 11, 1);
CREATE MACRO nobody(index, birth, male, provinces) AS citizen_number(
  provinces[1 + index // 4990000] || printf('%04d', index // 499 % 10000) || strftime(birth::DATE, '%Y%m%d')
  || printf('%03d', 2 * (index % 499 + 1) - CASE WHEN male THEN 1 ELSE 0 END));
CREATE MACRO organisation_number(body) AS body || substr('0X987654321', 1 + (
  3 * substr(body, 1, 1)::INTEGER + 7 * substr(body, 2, 1)::INTEGER + 9 * substr(body, 3, 1)::INTEGER
  + 10 * substr(body, 4, 1)::INTEGER + 5 * substr(body, 5, 1)::INTEGER + 8 * substr(body, 6, 1)::INTEGER
  + 4 * substr(body, 7, 1)::INTEGER + 2 * substr(body, 8, 1)::INTEGER) % 11, 1);
CREATE MACRO credit_checked(body) AS body || substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + (31 - list_sum(
  list_transform([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], lambda weight, place: weight
    * (strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(body, place::INTEGER, 1)) - 1)))::INTEGER % 31) % 31, 1);
CREATE MACRO credit_code(division, number) AS
  credit_checked('91' || division || organisation_number(printf('%08d', number)));
CREATE MACRO certificate_number(letter, institution, province, year, digit, number) AS
  letter || institution || province || printf('%06d', number // 1000000) || printf('%02d', year % 100) || digit
  || printf('%06d', number % 1000000)
"""

# What a careless hand does to a cell; intake undoes it. `kind` is a random number.
_CARELESS = """
CREATE MACRO careless(cell, kind) AS CASE
  WHEN kind < 0.25 THEN ' ' || cell
  WHEN kind < 0.50 THEN cell || ' '
  WHEN kind < 0.60 THEN cell || '\u3000'
  ELSE translate(cell, '0123456789', '\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19') END
"""


def install(
    connection: duckdb.DuckDBPyConnection, calibration: Calibration, *, seed: int, workers: int
) -> None:
    """Give ``connection`` the macros and the calibration (schema ``cal``)."""
    connection.execute("SET VARIABLE seed = $1", [seed])
    connection.execute("SET VARIABLE workers = $1", [workers])
    connection.execute(_RANDOM + ";" + _NUMBERS + ";" + _CARELESS)
    connection.execute("CREATE SCHEMA cal")
    for name, value in calibration.figures.items():
        connection.execute(f"CREATE MACRO cal.{name}() AS {literal(value)}")
    for name, table in calibration.tables.items():
        for statement in _table(name, table):
            connection.execute(statement)


def literal(value: Value) -> str:
    """``value`` as DuckDB reads it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Decimal):
        return f"{value}::DOUBLE"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _table(name: str, table: Table) -> Iterator[str]:
    """Statements for the table ``cal.<name>`` and its ``pick`` and lookup macros."""
    bounds = _bounds(table.column("weight")) if "weight" in table.columns else None
    columns = ["id", *table.columns, *(("low", "high") if bounds else ())]
    rows = ", ".join(
        "(" + ", ".join([str(at + 1), *map(literal, row), *(map(str, bounds[at]) if bounds else ())]) + ")"
        for at, row in enumerate(table.rows)
    )
    yield f"CREATE TABLE cal.{name} AS SELECT * FROM (VALUES {rows}) AS t({', '.join(columns)})"
    keys = table.column(table.columns[0])
    for column in table.columns[1:]:
        branches = " ".join(
            f"WHEN {literal(key)} THEN {literal(value)}"
            for key, value in zip(keys, table.column(column), strict=True)
        )
        yield f"CREATE MACRO cal.{name}_{column}(key) AS CASE key {branches} END"
        if table.is_number(column) and any(table.column(column)):
            suffix = "" if column == "weight" else f"_{column}"
            yield f"CREATE MACRO cal.pick_{name}{suffix}(x) AS {_pick(keys, _bounds(table.column(column)))}"


def _pick(keys: Sequence[Value], bounds: Sequence[tuple[float, float]]) -> str:
    branches = [
        f"WHEN x < {high} THEN {literal(key)}"
        for key, (low, high) in zip(keys, bounds, strict=True)
        if high > low
    ]
    return (
        f"CASE {' '.join(branches[:-1])} ELSE {branches[-1].partition(' THEN ')[2]} END"
        if branches[1:]
        else (branches[0].partition(" THEN ")[2])
    )


def _bounds(weights: Sequence[Value]) -> list[tuple[float, float]]:
    """The part of [0, 1] that each weight takes."""
    numbers = [float(weight) for weight in weights if isinstance(weight, int | Decimal)]
    total, below, bounds = sum(numbers), 0.0, []
    for number in numbers:
        bounds.append((below / total, (below + number) / total))
        below += number
    return bounds
