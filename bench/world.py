"""A made-up world of facts, written straight as facts files: complete, and random around every threshold."""

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import duckdb

from bench.clauses import DAY, WORKER, Book
from jigong.lake.facts import UNSETTLED, FactTables, SubjectTable
from jigong.rules.engines.duckdb import quoted, text_literal
from jigong.rules.nodes import Call, Fact, Literal, Type, walk

SHARES = {
    "skill_certificate": 0.9,
    "child": 0.2,
    "vehicle": 0.1,
    "degree_enrolment": 0.05,
    "honour": 0.03,
    "competition_result": 0.02,
    "enterprise": 0.02,
    "hardship_case": 0.01,
}
"""Subjects for each worker, about as in the made-up district."""

_OTHER = "其他"


def make_world(book: Book, folder: Path, workers: int) -> FactTables:
    """The facts of ``workers`` workers and of what belongs to them, in ``folder``; made once for each state of the pack.

    Every fact is known: openfisca has no missing values. A number is drawn between 0 and twice the largest
    constant it is compared with, so that every condition goes both ways.
    """
    tables = {kind: _subject(book, kind) for kind in book.kinds}
    ranges = frozenset(name for name, entry in book.pack.facts.items() if entry.bounded)
    facts = FactTables(folder, DAY, f"world of {workers}", DAY, tables, ranges)
    done = folder / "done"
    if done.is_file() and done.read_text() == book.pack.hash:
        return facts
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for kind, table in tables.items():
            _write(connection, book, table, facts, workers, int(workers * SHARES.get(kind, 1)))
        # Nothing waits in this world.
        waiting = "'' AS kind, '' AS subject, CAST(0 AS BIGINT) AS ghost"
        for file, more in (("waiting", f"DATE '{DAY}' AS as_of, '' AS fact"), ("open", "'' AS link")):
            connection.execute(
                f"COPY (SELECT {waiting}, {more} LIMIT 0) TO '{folder / file}.parquet' (FORMAT parquet)"
            )
    done.write_text(book.pack.hash)
    return facts


def _subject(book: Book, kind: str) -> SubjectTable:
    read = book.facts(kind)
    others = {book.owner(name) for name in read} - {kind}
    if kind == WORKER:
        read = {n: t for k in book.kinds for n, t in book.facts(k).items() if book.owner(n) == WORKER}
    elif others - {WORKER}:
        raise AssertionError(f"{kind} reads facts of {others}")
    own = tuple(name for name in read if book.owner(name) == kind)
    return SubjectTable(kind, tuple(others), own, listed=True)


def _write(
    connection: duckdb.DuckDBPyConnection,
    book: Book,
    table: SubjectTable,
    tables: FactTables,
    workers: int,
    count: int,
) -> None:
    kind = table.name
    constants = constants_of(book)
    types = {name: type_ for k in book.kinds for name, type_ in book.facts(k).items()}
    key = f"printf('{kind[0].upper()}%017d', i) AS {quoted(kind)}"
    links = "".join(f", printf('W%017d', hash(i, 'link') % {workers}) AS {WORKER}" for _ in table.links)
    facts = [f"{_random(name, types[name], constants[name])} AS {quoted(name)}" for name in table.facts]
    # Where a number is known its bounds are not read.
    bounds = [column for name in table.facts for column in tables.columns_of(name) if column != name]
    facts += [f"CAST(NULL AS INTEGER) AS {quoted(column)}" for column in bounds]
    day = f"DATE '{DAY}' AS as_of"
    told = ", ".join([day, f"FALSE AS {UNSETTLED}", *facts])
    # Everybody is asked about on the day itself, so nobody stands in the file of other days.
    for file, columns, rows in ((kind, f"{key}{links}, {told}", count), (f"{kind}.at", f"{key}, {told}", 0)):
        connection.execute(
            f"COPY (SELECT {columns} FROM range({rows}) r(i)) TO '{tables.folder / file}.parquet'"
            " (FORMAT parquet, COMPRESSION zstd)"
        )


def constants_of(book: Book) -> Mapping[str, list[object]]:
    """For each fact the constants it is compared with anywhere."""
    found: dict[str, list[object]] = {}
    for kind in book.kinds:
        for expression in book.expressions(kind):
            for node in walk(expression):
                if isinstance(node, Fact):
                    found.setdefault(node.name, [])
                elif isinstance(node, Call):
                    values = [a.value for a in node.arguments if isinstance(a, Literal)]
                    for argument in node.arguments:
                        if isinstance(argument, Fact):
                            found.setdefault(argument.name, []).extend(values)
    return found


def _random(name: str, type_: Type, constants: list[object]) -> str:
    draw = f"hash(i, {text_literal(name)})"
    numbers = [abs(float(value)) for value in constants if isinstance(value, int | Decimal)]
    most = int(2 * max(numbers, default=0))
    match type_.kind:
        case "boolean":
            return f"({draw} % 10 < 7)"
        case "integer":
            return f"CAST({draw} % {(most or 10) + 2} AS INTEGER)"
        case "decimal":
            # Whole yuan: openfisca counts in 32-bit floats, and must not lose by that.
            return f"CAST({draw} % {max(most, 20_000)} AS DECIMAL(12,2))"
        case "string":
            texts = strings_of(constants)
            return f"list_value({', '.join(map(text_literal, texts))})[CAST({draw} % {len(texts)} AS INTEGER) + 1]"
        case _:
            raise AssertionError(f"no clause reads a date, but {name} is one")


def strings_of(constants: list[object]) -> list[str]:
    """The texts a fact can have in this world."""
    return [*dict.fromkeys(value for value in constants if isinstance(value, str)), _OTHER]
