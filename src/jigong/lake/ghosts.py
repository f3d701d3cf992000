"""What could be read of the rows and cells that wait, as tables that facts can be asked about."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from jigong.lake import sql
from jigong.lake.additions import additions
from jigong.lake.identifiers import valid
from jigong.lake.parts import WAITING, Part
from jigong.lake.stored import columns_of, with_batches
from jigong.packs.contract import PEOPLE, Column, Contract, Identifier

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot
    from jigong.lake.waiting import WaitingRow

NUMBERS: Mapping[Identifier, str] = {
    "citizen": "[0-9]{17}[0-9Xx]",
    "person": "[0-9]{17}[0-9Xx]",
    "credit_code": "[0-9A-HJ-NPQRTUWXY]{18}",
}
"""How a number is found again in a row whose cells have slipped."""


def ghost_table(class_name: str) -> str:
    """The name, quoted, of the table with what waits of a class."""
    return sql.name(f"ghost {class_name}")


def links_table(class_name: str) -> str:
    """The name, quoted, of the table (``number``, ``main``) with the other numbers of a class's records."""
    return sql.name(f"~{class_name}")


def read_waiting(
    con: duckdb.DuckDBPyConnection, snapshot: "Snapshot", contract: Contract, rows: Sequence["WaitingRow"]
) -> None:
    """Make the table ``read`` in ``con``: what could be read of rows of a class that wait, with number, batch and text."""
    con.register(
        "marks",
        pa.table(
            {
                "_ghost": pa.array([row.number for row in rows], pa.int64()),
                "_batch": pa.array([row.batch for row in rows], pa.string()),
                "_came": pa.array([row.known_on for row in rows], pa.date32()),
                "_file": pa.array([row.file for row in rows], pa.string()),
                "_line": pa.array([row.line for row in rows], pa.int64()),
                "_whole": pa.array([not row.cells for row in rows], pa.bool_()),
            }
        ),
    )
    root, wanted = snapshot.store.root, {row.batch for row in rows}
    parts = [
        part
        for part in snapshot.batches.parts(WAITING, contract.name)
        if part.told or part.batches[0] in wanted
    ]
    # Files of an older contract lack a column, or have it of another kind.
    alike: dict[tuple[tuple[str, str], ...], list[Part]] = {}
    for part in parts:
        alike.setdefault(part.columns or columns_of(root, part), []).append(part)
    selects = []
    for columns, those in alike.items():
        written = dict(columns)
        cells = ", ".join(
            f"CAST({sql.name(c.name) if c.name in written else 'NULL'} AS {c.duckdb_type}) AS {sql.name(c.name)}"
            for c in contract.columns
        )
        selects.append(
            f"SELECT {cells}, _batch, _file, _line, _whole, _cells, _text FROM ({with_batches(root, those)})"
        )
    own = sql.names(column.name for column in contract.columns)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE read AS SELECT {own}, _ghost, _batch, _came, _file,"
        " CASE WHEN NOT _whole THEN _cells END AS _cells, _text"
        f" FROM ({' UNION ALL '.join(selects)}) JOIN marks USING (_batch, _file, _line, _whole)"
    )
    con.unregister("marks")


def attach_ghosts(con: duckdb.DuckDBPyConnection, snapshot: "Snapshot") -> tuple[str, ...]:
    """Make, for each class of which anything waits, a table of ghosts in ``con``; the names of those classes.

    The table ``ghost <class>`` has the class's columns (NULL where a cell could not be read), ``_ghost`` (the
    number of the row that waits) and ``_cells`` (the cells that were lost; NULL where the whole row waits). A
    row may stand there several times: as sent, as the record it was to replace, and once for each number
    found in it where the cell for that number could not be read. Where a number is another one of somebody, the row
    stands there with the person's own number as well, also while it is only a waiting row that says so.

    The table ``named`` (``class_name``, ``ghost``, ``number``) has the people and enterprises named in rows of which
    a key or another number could not be read: what such a row is about, only they can tell. ``nameless`` (``ghost``)
    has the rows that lack the number of a person they should name. ``additions`` (``class_name``, ``ghost``) has the rows that could
    only add a record.
    """
    con.execute("CREATE OR REPLACE TABLE named (class_name VARCHAR, ghost BIGINT, number VARCHAR)")
    con.execute("CREATE OR REPLACE TABLE nameless (ghost BIGINT)")
    con.execute("CREATE OR REPLACE TABLE additions (class_name VARCHAR, ghost BIGINT)")
    waiting, made = snapshot.waiting, []
    linked = _link(con, snapshot) if waiting.rows else []
    for name in dict.fromkeys(row.class_name for row in waiting.rows):
        contract, rows = snapshot.contracts[name], waiting.of(name)
        read_waiting(con, snapshot, contract, rows)
        led = [(sql.name(cell), main.name) for main in linked for cell in contract.naming(main)]
        for cell, class_name in led:
            con.execute(
                f"UPDATE read SET {cell} = l.main FROM {links_table(class_name)} l WHERE read.{cell} = l.number"
            )
        own = sql.names(c.name for c in contract.columns)
        on = " AND ".join(f"w.{sql.name(c)} = r.{sql.name(c)}" for c in contract.key)
        parts = [f"SELECT {own}, _ghost, _cells FROM read"]
        recorded = sql.names((c.name for c in contract.columns), "r.")
        parts.append(
            f"SELECT {recorded}, w._ghost, w._cells FROM read w JOIN {sql.name(name)} r ON {on}"
            " WHERE w._cells IS NULL"
        )
        numbers = [c for c in contract.columns if c.identifier in NUMBERS]
        lacking = "".join(f", bool_or({sql.name(c.name)} IS NULL)" for c in numbers)
        found = con.execute(f"SELECT count(*){lacking} FROM read").fetchall()[0]
        for column, lacks in zip(numbers, found[1:], strict=True):
            if lacks:
                parts.append(_found_in_text(contract, column))
        ghosts = ghost_table(name)
        con.execute(f"CREATE OR REPLACE TABLE {ghosts} AS {' UNION '.join(parts)}")
        for cell, class_name in led:
            con.execute(
                f"INSERT INTO {ghosts} SELECT g.* REPLACE (l.main AS {cell})"
                f" FROM {ghosts} g JOIN {_said_links(class_name)} l ON l.number = g.{cell}"
            )
        _note_names(con, contract, numbers)
        adding = additions(con, contract, rows, ghosts, [c.name for c in numbers])
        con.execute("INSERT INTO additions SELECT ?, unnest(?::BIGINT[])", [name, adding])
        con.execute("DROP TABLE read")
        made.append(name)
    for contract in linked:
        con.execute(
            "INSERT INTO named SELECT n.class_name, n.ghost, l.main"
            f" FROM named n JOIN {_said_links(contract.name)} l USING (number)"
        )
    return tuple(made)


def _note_names(con: duckdb.DuckDBPyConnection, contract: Contract, numbers: Sequence[Column]) -> None:
    """Fill ``named`` and ``nameless`` for a class; ``numbers`` are its columns with people and enterprises."""
    needed = [c.name for c in contract.columns if c.name in contract.key or (c.identifier and c.required)]
    blind = " OR ".join(f"{sql.name(column)} IS NULL" for column in needed)
    for column in numbers:
        con.execute(
            f"INSERT INTO named SELECT DISTINCT {sql.text(contract.name)}, _ghost, {sql.name(column.name)} FROM read"
            f" WHERE _cells IS NULL AND ({blind}) AND {sql.name(column.name)} IS NOT NULL"
        )
    people = [sql.name(c.name) for c in numbers if c.identifier in PEOPLE and c.name in needed]
    if people:
        lacks_one = " OR ".join(f"count({person}) = 0" for person in people)
        con.execute(
            f"INSERT INTO nameless SELECT _ghost FROM {ghost_table(contract.name)} WHERE _cells IS NULL"
            f" GROUP BY 1 HAVING {lacks_one}"
        )


def _link(con: duckdb.DuckDBPyConnection, snapshot: "Snapshot") -> list[Contract]:
    """Add the links that rows which wait say to those that are recorded; the classes whose records may have several
    numbers."""
    linked = []
    for contract in snapshot.contracts.values():
        if contract.main is None:
            continue
        linked.append(contract)
        recorded, said = links_table(contract.name), _said_links(contract.name)
        con.execute(f"CREATE OR REPLACE TABLE {said} AS SELECT number, main FROM {recorded}")
        if rows := snapshot.waiting.of(contract.name):
            read_waiting(con, snapshot, contract, rows)
            key, main = sql.name(contract.key[0]), sql.name(contract.main)
            con.execute(
                f"INSERT INTO {said} SELECT {key}, {main} FROM read WHERE _cells IS NULL AND {key} <> {main}"
            )
    return linked


def _said_links(class_name: str) -> str:
    """The name, quoted, of the table of the links that are recorded, or that a row says which waits."""
    return sql.name(f"~~{class_name}")


def _found_in_text(contract: Contract, column: Column) -> str:
    """SQL for ghosts with a number found elsewhere in the row, where the cell for it could not be read."""
    own = ", ".join(
        f"upper(_number) AS {sql.name(c.name)}" if c == column else sql.name(c.name) for c in contract.columns
    )
    identifier = column.identifier
    assert identifier is not None
    return (
        f"SELECT {own}, _ghost, _cells FROM (SELECT *, unnest(regexp_extract_all(_text, '{NUMBERS[identifier]}'))"
        f" AS _number FROM read WHERE {sql.name(column.name)} IS NULL) WHERE {valid(identifier, 'upper(_number)')}"
    )
