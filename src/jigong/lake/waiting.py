"""Which rows of the quarantine still wait: those no later delivery has put right."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from jigong.lake import sql
from jigong.lake.checks import plain_select
from jigong.lake.lake import Lake
from jigong.lake.quarantine import QuarantinedRow
from jigong.packs.contract import Contract

_Place = tuple[str, str, int]


def still_waiting(lake: Lake, contract: Contract, rows: Sequence[QuarantinedRow]) -> list[QuarantinedRow]:
    """Those of the class's faults whose row was not accepted in a later delivery.

    A row is known again by its key; where the key is what was wrong, by everything else in it, provided that
    names somebody or something by a number. A row that could not be cut into cells is never known again.
    """
    groups: dict[_Place, list[QuarantinedRow]] = {}
    for row in rows:
        groups.setdefault((row.batch, row.file, row.line), []).append(row)
    alike: dict[tuple[str, ...], list[_Place]] = {}
    for place, faults in groups.items():
        if columns := _known_by(contract, faults):
            alike.setdefault(columns, []).append(place)
    settled: set[_Place] = set()
    if alike:
        with lake.snapshot().connect() as con:
            for columns, places in alike.items():
                settled |= _accepted_later(con, contract, columns, places, groups)
    return [row for row in rows if (row.batch, row.file, row.line) not in settled]


def _known_by(contract: Contract, faults: Sequence[QuarantinedRow]) -> tuple[str, ...]:
    """The columns by which the row is found again; none where there are no such."""
    if faults[0].row is None:
        return ()
    wrong = {name for fault in faults for name in (fault.column or "").split(",")}
    if not wrong.intersection(contract.key):
        return tuple(contract.key)
    rest = [column for column in contract.columns if column.name not in wrong]
    return tuple(column.name for column in rest) if any(column.identifier for column in rest) else ()


def _accepted_later(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    columns: Sequence[str],
    places: Sequence[_Place],
    groups: dict[_Place, list[QuarantinedRow]],
) -> set[_Place]:
    cells = [groups[place][0].row or {} for place in places]
    table = {
        column.name: pa.array([row.get(column.name) for row in cells], pa.string())
        for column in contract.columns
    }
    con.register("waiting", pa.table(table))
    typed = plain_select(
        contract, "waiting", {column.name: sql.name(column.name) for column in contract.columns}
    )
    same = " AND ".join(f"r.{sql.name(name)} IS NOT DISTINCT FROM w.{sql.name(name)}" for name in columns)
    found = con.execute(
        f"WITH w AS (SELECT row_number() OVER () AS place, * FROM ({typed}))"
        f" SELECT DISTINCT w.place FROM w JOIN {sql.name(contract.name)} r ON {same} WHERE r._batch > (?::VARCHAR[])[w.place]",
        [[batch for batch, _, _ in places]],
    ).fetchall()
    con.unregister("waiting")
    return {places[place - 1] for (place,) in found}
