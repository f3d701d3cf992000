"""How good the data of each class is: how much came in, how fresh it is, how complete."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from jigong.lake import sql
from jigong.lake.coverage import ClassCoverage
from jigong.lake.parts import Came
from jigong.lake.snapshot import Snapshot
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class ColumnQuality:
    """How many current records have a value in a column; ``share`` is None when there are no records."""

    name: str
    filled: int
    share: float | None


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """The quality of one class in a snapshot. Shares run from 0 to 1, and are None where nothing came.

    ``rows`` are current records. ``share_accepted`` is the part of all delivered rows that were not put
    in quarantine (exact duplicates are not wrong). ``newest_valid`` is the newest day a record begins to
    hold, ``newest_known`` the day of the newest delivery; after ``stale_after`` the class may not be
    relied on. ``coverage`` says what its deliveries cover, ``waiting`` how many rows and ``lost`` how many cells
    still wait to be put right.
    """

    class_name: str
    rows: int
    rows_in: int
    quarantined: int
    share_accepted: float | None
    newest_valid: date | None
    newest_known: date | None
    stale_after: date | None
    coverage: ClassCoverage
    waiting: int
    lost: int
    completeness: tuple[ColumnQuality, ...]

    @property
    def completeness_overall(self) -> float | None:
        """The share of cells that are filled, over all columns."""
        if not self.rows:
            return None
        return sum(column.filled for column in self.completeness) / (self.rows * len(self.completeness))


def quality(snapshot: Snapshot, contracts: Mapping[str, Contract]) -> list[ClassQuality]:
    """The quality of every class, in the order of the contracts; one that never came has no rows."""
    with snapshot.connect() as con:
        return [_quality(snapshot, contract, con) for contract in contracts.values()]


def _quality(snapshot: Snapshot, contract: Contract, con: duckdb.DuckDBPyConnection) -> ClassQuality:
    coverage = snapshot.coverage.classes[contract.name]
    waiting = snapshot.waiting.of(contract.name)
    came = snapshot.batches.classes.get(contract.name, Came())
    rows_in, quarantined = came.rows_in, came.quarantined_rows
    start = sql.name(contract.valid_time.start)
    filled = ", ".join(f"count({sql.name(column.name)})" for column in contract.columns)
    found = con.execute(f"SELECT count(*), max({start}), {filled} FROM {sql.name(contract.name)}").fetchall()
    rows, newest, *counts = found[0]
    return ClassQuality(
        class_name=contract.name,
        rows=rows,
        rows_in=rows_in,
        quarantined=quarantined,
        share_accepted=1 - quarantined / rows_in if rows_in else None,
        newest_valid=newest,
        newest_known=came.known_on,
        stale_after=coverage.relied_until,
        coverage=coverage,
        waiting=sum(not row.cells for row in waiting),
        lost=sum(len(row.cells) for row in waiting),
        completeness=tuple(
            ColumnQuality(column.name, count, count / rows if rows else None)
            for column, count in zip(contract.columns, counts, strict=True)
        ),
    )
