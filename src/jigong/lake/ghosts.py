"""What could be read of the rows and cells that wait, as tables that facts can be asked about."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from jigong.lake import sql
from jigong.lake.additions import additions
from jigong.lake.batches import contract_hash
from jigong.lake.identifiers import valid
from jigong.lake.parts import CORRECTED, SEGMENTS, SUPERSEDED, WAITING, Part
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


@dataclass(frozen=True, slots=True)
class Ghosts:
    """What waits of one class: the numbers of rows by :class:`WaitingRow`, and what is known of them."""

    cells: Mapping[int, frozenset[str] | None]
    """For each, the cells that were lost; None where the whole row waits."""
    named: frozenset[int]
    """Those of which only the people and enterprises they name can tell what they are about (table ``named``)."""
    nameless: frozenset[int]
    """Those that lack the number of a person they should name."""
    adding: frozenset[int]
    """Those that could only add a record."""


def attach_ghosts(con: duckdb.DuckDBPyConnection, snapshot: "Snapshot") -> dict[str, Ghosts]:
    """Make, for each class of which anything waits, a table of ghosts in ``con``; what is known of them by class.

    The table ``ghost <class>`` has the class's columns (NULL where a cell could not be read), ``_ghost`` (the
    number of the row that waits) and ``_cells`` (the cells that were lost; NULL where the whole row waits). A
    row may stand there several times: as sent, as the record it was to replace, and once for each number
    found in it where the cell for that number could not be read. Where a number is another one of somebody, the row
    stands there with the person's own number as well, also while it is only a waiting row that says so.

    The table ``named`` (``class_name``, ``ghost``, ``number``) has the people and enterprises named in rows of which
    a key or another number could not be read: what such a row is about, only they can tell.
    """
    con.execute("CREATE OR REPLACE TABLE named (class_name VARCHAR, ghost BIGINT, number VARCHAR)")
    by_class: dict[str, list[WaitingRow]] = {}
    for row in snapshot.waiting.rows:
        by_class.setdefault(row.class_name, []).append(row)
    linked = _link(con, snapshot) if by_class else {}
    return {
        name: _attach(con, snapshot, snapshot.contracts[name], rows, linked)
        for name, rows in by_class.items()
    }


@dataclass(frozen=True, slots=True)
class _Made:
    """The ghosts of a class as they were made once, with the numbers their rows had then."""

    numbers: tuple[int, ...]
    table: pa.Table
    named: pa.Table
    nameless: frozenset[int]
    adding: frozenset[int]


_made: OrderedDict[tuple[object, ...], _Made] = OrderedDict()
"""What this process made, by all it depends on: most deliveries concern one class, and leave the ghosts of the others."""
_KEPT = 256
_making = Lock()


def _attach(
    con: duckdb.DuckDBPyConnection,
    snapshot: "Snapshot",
    contract: Contract,
    rows: Sequence["WaitingRow"],
    linked: Mapping[str, tuple[object, ...]],
) -> Ghosts:
    """Put the ghosts of a class into ``con``, made now or before."""
    mains = {name: links for name, links in linked.items() if contract.naming(snapshot.contracts[name])}
    batches = snapshot.batches
    key = (
        # The hash is about which rows are taken; which of them take back is beside it.
        (contract_hash(contract), contract.signed),
        tuple(
            tuple(batches.parts(kind, contract.name)) for kind in (WAITING, SEGMENTS, SUPERSEDED, CORRECTED)
        ),
        (batches.cut_at, batches.files_of(contract.name)),
        tuple((row.batch, row.file, row.line, row.cells, row.faults, row.row is None) for row in rows),
        tuple(mains.items()),
    )
    with _making:
        made = _made.get(key)
        if made is not None:
            _made.move_to_end(key)
    if made is None:
        made = _make(con, snapshot, contract, rows, [snapshot.contracts[name] for name in mains])
        with _making:
            _made[key] = made
            while len(_made) > _KEPT:
                _made.popitem(last=False)
    # The same rows may have other numbers by now.
    now = dict(zip(made.numbers, (row.number for row in rows), strict=True))
    numbers = pa.table({"was": pa.array(now.keys(), pa.int64()), "now": pa.array(now.values(), pa.int64())})
    for name, table in (("_numbers", numbers), ("_table", made.table), ("_named", made.named)):
        con.register(name, table)
    con.execute(
        f"CREATE OR REPLACE TABLE {ghost_table(contract.name)} AS"
        " SELECT t.* REPLACE (now AS _ghost) FROM _table t JOIN _numbers ON was = _ghost"
    )
    if made.named.num_rows:
        con.execute(
            "INSERT INTO named SELECT ?, now, number FROM _named JOIN _numbers ON was = ghost",
            [contract.name],
        )
    for name in ("_numbers", "_table", "_named"):
        con.unregister(name)
    return Ghosts(
        {
            now[ghost]: None if cells is None else frozenset(cells)
            for ghost, cells in zip(
                made.table["_ghost"].to_pylist(), made.table["_cells"].to_pylist(), strict=True
            )
        },
        frozenset(now[ghost] for ghost in made.named["ghost"].to_pylist()),
        frozenset(now[ghost] for ghost in made.nameless),
        frozenset(now[ghost] for ghost in made.adding),
    )


def _make(
    con: duckdb.DuckDBPyConnection,
    snapshot: "Snapshot",
    contract: Contract,
    rows: Sequence["WaitingRow"],
    mains: Sequence[Contract],
) -> _Made:
    """The ghosts of a class; ``mains`` are the classes whose records have several numbers and that it names."""
    read_waiting(con, snapshot, contract, rows)
    led = [(sql.name(cell), main.name) for main in mains for cell in contract.naming(main)]
    for cell, class_name in led:
        con.execute(
            f"UPDATE read SET {cell} = l.main FROM {links_table(class_name)} l WHERE read.{cell} = l.number"
        )
    own = sql.names(c.name for c in contract.columns)
    on = " AND ".join(f"w.{sql.name(c)} = r.{sql.name(c)}" for c in contract.key)
    parts = [f"SELECT {own}, _ghost, _cells FROM read"]
    recorded = sql.names((c.name for c in contract.columns), "r.")
    parts.append(
        f"SELECT {recorded}, w._ghost, w._cells FROM read w JOIN {sql.name(contract.name)} r ON {on}"
        " WHERE w._cells IS NULL"
    )
    numbers = [c for c in contract.columns if c.identifier in NUMBERS]
    lacking = "".join(f", bool_or({sql.name(c.name)} IS NULL)" for c in numbers)
    found = con.execute(f"SELECT count(*){lacking} FROM read").fetchall()[0]
    for column, lacks in zip(numbers, found[1:], strict=True):
        if lacks:
            parts.append(_found_in_text(contract, column))
    ghosts = ghost_table(contract.name)
    con.execute(f"CREATE OR REPLACE TABLE {ghosts} AS {' UNION '.join(parts)}")
    for cell, class_name in led:
        con.execute(
            f"INSERT INTO {ghosts} SELECT g.* REPLACE (l.main AS {cell})"
            f" FROM {ghosts} g JOIN {_said_links(class_name)} l ON l.number = g.{cell}"
        )
    adding = additions(con, contract, rows, ghosts, [c.name for c in numbers])
    made = _Made(
        tuple(row.number for row in rows),
        con.sql(f"FROM {ghosts}").to_arrow_table(),
        _named(con, contract, numbers, mains),
        _nameless(con, contract, numbers),
        frozenset(adding),
    )
    con.execute("DROP TABLE read")
    return made


def _named(
    con: duckdb.DuckDBPyConnection, contract: Contract, numbers: Sequence[Column], mains: Sequence[Contract]
) -> pa.Table:
    """The people and enterprises (``ghost``, ``number``) in rows of which only they can tell what they are about."""
    blind = " OR ".join(f"{sql.name(column)} IS NULL" for column in _needed(contract))
    parts = [
        f"SELECT _ghost AS ghost, {sql.name(column.name)} AS number FROM read"
        f" WHERE _cells IS NULL AND ({blind}) AND {sql.name(column.name)} IS NOT NULL"
        for column in numbers
    ]
    if not parts:
        return pa.table({"ghost": pa.array([], pa.int64()), "number": pa.array([], pa.string())})
    found = f"SELECT DISTINCT ghost, number FROM ({' UNION ALL '.join(parts)})"
    for main in mains:
        found = (
            f"WITH found AS ({found}) FROM found UNION"
            f" SELECT ghost, main FROM found JOIN {_said_links(main.name)} USING (number)"
        )
    table: pa.Table = con.sql(found).to_arrow_table()
    return table


def _nameless(
    con: duckdb.DuckDBPyConnection, contract: Contract, numbers: Sequence[Column]
) -> frozenset[int]:
    """Which rows lack the number of a person they should name."""
    needed = _needed(contract)
    people = [sql.name(c.name) for c in numbers if c.identifier in PEOPLE and c.name in needed]
    if not people:
        return frozenset()
    lacks_one = " OR ".join(f"count({person}) = 0" for person in people)
    rows = con.execute(
        f"SELECT _ghost FROM {ghost_table(contract.name)} WHERE _cells IS NULL GROUP BY 1 HAVING {lacks_one}"
    ).fetchall()
    return frozenset(ghost for (ghost,) in rows)


def _needed(contract: Contract) -> list[str]:
    return [c.name for c in contract.columns if c.name in contract.key or (c.identifier and c.required)]


def _link(con: duckdb.DuckDBPyConnection, snapshot: "Snapshot") -> dict[str, tuple[object, ...]]:
    """Add the links that rows which wait say to those that are recorded; the links of each class whose records have
    several numbers: those recorded, and with those only said."""
    linked: dict[str, tuple[object, ...]] = {}
    for contract in snapshot.contracts.values():
        if contract.main is None:
            continue
        recorded, said = links_table(contract.name), _said_links(contract.name)
        con.execute(f"CREATE OR REPLACE TABLE {said} AS SELECT number, main FROM {recorded}")
        if rows := snapshot.waiting.of(contract.name):
            read_waiting(con, snapshot, contract, rows)
            key, main = sql.name(contract.key[0]), sql.name(contract.main)
            con.execute(
                f"INSERT INTO {said} SELECT {key}, {main} FROM read WHERE _cells IS NULL AND {key} <> {main}"
            )
        both = (con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in (recorded, said))
        links = tuple(tuple(rows) for rows in both)
        if any(links):
            linked[contract.name] = links
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
