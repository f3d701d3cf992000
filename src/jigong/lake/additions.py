"""Which waiting rows could only add a record to the lake, whatever they turn out to say.

Such a row cannot lower a fact that ``rises`` in its class (ADR 21). A row that would replace a record, contradicts one
or takes something back (a refund) is none of them; nor is one of which that cannot be told.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from jigong.lake import sql
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.waiting import WaitingRow

_CONTRADICTS = ("conflict", "overlap", "circle")
"""Faults of rows that another row or record contradicts: which of the two is wrong, nobody knows."""


def additions(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    rows: Sequence["WaitingRow"],
    ghosts: str,
    numbers: Sequence[str],
) -> list[int]:
    """The numbers of the waiting rows of one class that could only add a record.

    ``con`` has the class, the table ``read`` of the rows, and ``ghosts``, the table of the class's ghosts; ``numbers``
    are the columns with the number of a person or an enterprise.

    A row whose key can be read adds a record if no record has that key. A row without a key could be any record that
    agrees with the rest of its key and names the same person or enterprise, unless both stand in one file: no file
    says a thing twice. A row whose number in a ``signed`` column is negative, or could not be read, may take back what
    another record gave.
    """
    possible = {row.number for row in rows if not row.cells and not _doubtful(row, contract)}
    if not possible:
        return []
    record, key = sql.name(contract.name), [sql.name(column) for column in contract.key]
    same = " AND ".join(f"read.{c} = r.{c}" for c in key)
    keyless = " OR ".join(f"read.{c} IS NULL" for c in key)
    agrees = " AND ".join(f"coalesce(w.{c} = r.{c}, TRUE)" for c in key)
    named = " OR ".join(f"{sql.name(c)} IS NOT NULL" for c in numbers) or "FALSE"
    replacing = [
        f"SELECT read._ghost FROM read JOIN {record} r ON {same}",
        f"SELECT read._ghost FROM read WHERE ({keyless})"
        f" AND read._ghost NOT IN (SELECT _ghost FROM {ghosts} WHERE {named})",
        *(
            f"SELECT read._ghost FROM read JOIN {ghosts} w ON w._ghost = read._ghost"
            f" JOIN {record} r ON r.{sql.name(c)} = w.{sql.name(c)} AND {agrees}"
            f" WHERE ({keyless}) AND (r._batch, r._file) <> (read._batch, read._file)"
            for c in numbers
        ),
        *(f"SELECT _ghost FROM read WHERE {sql.name(c)} < 0" for c in contract.signed),
    ]
    found = con.execute(" UNION ".join(replacing)).fetchall()
    return sorted(possible.difference(number for (number,) in found))


def _doubtful(row: "WaitingRow", contract: Contract) -> bool:
    """Whether the row contradicts another one, or what tells that it adds (its key, and that it takes nothing back) is
    at fault, or broken by a rule and so perhaps the wrong one."""
    if contract.signed and (row.row is None or not set(contract.signed).isdisjoint(row.unreadable)):
        return True
    decisive = {*contract.key, *contract.signed}
    return any(
        fault.reason in _CONTRADICTS
        or (fault.reason.startswith("rule:") and not decisive.isdisjoint(fault.columns))
        for fault in row.faults
    )
