"""Which records were withdrawn: of whom, when, by what and why. For explanations, and for whoever relied on one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from jigong.kernel.hashing import content_hash
from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.parts import WITHDRAWN
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A record that counts no more: its class and key (as texts), and what it said (``values``).

    ``known_on`` is the day from which it is withdrawn, ``batch`` and ``file`` what withdrew it: a whole delivery that
    left it out (``left_out``), or a file that names it with a ``reason``.
    """

    class_name: str
    key: tuple[str, ...]
    values: Mapping[str, Any]
    known_on: date
    batch: str
    file: str
    left_out: bool
    reason: str | None

    @property
    def key_hash(self) -> str:
        """Names the record without saying its key."""
        return content_hash([self.class_name, list(self.key)])

    @property
    def why(self) -> Text:
        """Why it counts no more."""
        if self.left_out:
            return Text("完整的报送里已没有这条记录", "a whole delivery does not have it any more")
        return Text(self.reason or "", self.reason or "")


def withdrawn_since(
    snapshot: "Snapshot", former: "Snapshot | None" = None, numbers: Collection[str] | None = None
) -> list[Withdrawn]:
    """The records that ``former`` still had, or any before where it is None, and ``snapshot`` has withdrawn.

    ``numbers`` are the people and enterprises whose records are wanted: those that name one of them. Records that came
    back since are left out. By class and key.
    """
    after = former.batches[-1].name if former is not None and former.batches else ""
    found: list[Withdrawn] = []
    if not snapshot.batches.parts(WITHDRAWN):
        return found
    with snapshot.connect() as con:
        if numbers is not None:
            con.execute("CREATE TABLE wanted AS SELECT unnest(?::VARCHAR[]) AS number", [sorted(numbers)])
        for contract in snapshot.contracts.values():
            select = withdrawn_records(snapshot, contract, f"_batch > {sql.text(after)}")
            naming = [
                f"r.{sql.name(c.name)} IN (SELECT number FROM wanted)"
                for c in contract.columns
                if c.kind == "string" and (c.identifier or c.reference or c.name in contract.key)
            ]
            if not select or (numbers is not None and not naming):
                continue
            where = f" WHERE {' OR '.join(naming)}" if numbers is not None else ""
            found += read_withdrawn(
                contract, con.execute(f"SELECT * FROM ({select}) r{where} ORDER BY key").fetchall()
            )
    return found


def withdrawn_records(snapshot: "Snapshot", contract: Contract, where: str = "TRUE") -> str:
    """SQL for the records of a class that are withdrawn and did not come back; empty where none ever was.

    Columns: the class's, then ``key``, ``known_on``, ``batch``, ``file``, ``left_out``, ``reason``. ``where`` is a
    condition on the withdrawals (see :meth:`jigong.lake.snapshot.Snapshot.withdrawn`).
    """
    if not snapshot.batches.parts(WITHDRAWN, contract.name):
        return ""
    own = sql.names((c.name for c in contract.columns), "h.")
    same = " AND ".join(f"h.{sql.name(c)} = now.{sql.name(c)}" for c in contract.key)
    return (
        f"SELECT {own}, w.key, w._known_on AS known_on, w._batch AS batch, w._file AS file, w.left_out, w.reason"
        f" FROM (SELECT DISTINCT ON (key) * FROM ({snapshot.withdrawn(contract.name)}) WHERE source IS NOT NULL AND {where}"
        " ORDER BY key, _batch DESC) w"
        f" JOIN ({snapshot.history(contract.name)}) h ON h._source = w.source AND h._line = w.line"
        f" ANTI JOIN {sql.name(contract.name)} now ON {same}"
    )


def read_withdrawn(contract: Contract, rows: Sequence[Sequence[Any]]) -> list[Withdrawn]:
    """The rows of :func:`withdrawn_records`."""
    names = [c.name for c in contract.columns]
    found = []
    for row in rows:
        key, known_on, batch, file, left_out, reason = row[len(names) :]
        values = dict(zip(names, row, strict=False))
        found.append(Withdrawn(contract.name, tuple(key), values, known_on, batch, file, left_out, reason))
    return found
