"""A run on disk, and how it is read: for each clause a relation of verdicts, and everybody's points."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb

from jigong.decisions.layout import Kept, parquet, points_rows_sql, read_kept, rows_sql, write
from jigong.decisions.points import WORKER
from jigong.kernel.hashing import content_hash, file_hash
from jigong.kernel.problems import error
from jigong.packs.model import Clause
from jigong.packs.pack import Pack

_LAYOUT = 5
"""Raised when what a run means or holds changes, so that old ones are not taken for it."""


@dataclass(frozen=True)
class ClauseTotal:
    """What a run found for one clause."""

    clause: str
    per: str
    yes: int
    no: int
    undecided: int
    """Subjects by verdict; workers with nothing to decide about count as no."""
    due_people: int
    due: Decimal
    """Workers (or enterprises) with something due, and how much, after exclusion and quota."""
    excluded: int
    """Subjects that are entitled but get a higher award of the same exclusion group instead."""
    fund: str | None


@dataclass(frozen=True)
class Run:
    """A finished run on disk. Its relations are SQL in brackets, for any connection of DuckDB."""

    folder: Path
    id: str
    pack: str
    pack_hash: str
    snapshot: str
    known_on: date
    as_of: date
    workers: int
    totals: tuple[ClauseTotal, ...]
    kept: tuple[Kept, ...]
    """How each clause is kept."""
    points_columns: tuple[str, ...]
    reckoning: Mapping[str, date] = field(default_factory=dict)
    """For each class the newest covered month, or the last covered day, that the run rests on."""

    absent: tuple[str, ...] = ()
    """Items of points nobody has, for their class never came: they count for nobody, not even as not known."""

    def has(self, clause: str) -> bool:
        """Whether the run decided a clause."""
        return clause in self._kept

    def rows(self, clause: str) -> str:
        """The relation of a clause's verdicts, as :func:`jigong.decisions.layout.rows_sql` has it, in no order."""
        return f"({rows_sql(self._kept[clause], self.folder)})"

    @property
    def points(self) -> str:
        """The relation of everybody's points."""
        return f"({points_rows_sql(self.folder, self.points_columns)})"

    @property
    def everybody(self) -> str:
        """The relation of all workers, by their numbers."""
        return f"(SELECT {WORKER} FROM {parquet(self.folder / f'{WORKER}.parquet')})"

    def hash_of(self, clause: str) -> str:
        """SHA-256 of the file that :meth:`write_by_clause` writes of a clause."""
        with tempfile.TemporaryDirectory(prefix="clause-") as folder:
            return file_hash(self._write(clause, Path(folder)))

    def write_by_clause(self, folder: Path) -> None:
        """Write a file for each clause, ``<clause>.parquet``, and ``points.parquet``: equal runs give equal bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for kept in self.kept:
            self._write(kept.clause, folder)
        with duckdb.connect() as connection:
            write(connection, f"SELECT * FROM {self.points} ORDER BY {WORKER}", folder / "points.parquet")

    def _write(self, clause: str, folder: Path) -> Path:
        file = folder / f"{clause}.parquet"
        with duckdb.connect() as connection:
            write(
                connection,
                f"SELECT * FROM {self.rows(clause)} ORDER BY {WORKER}, subject NULLS LAST",
                file,
            )
        return file

    @cached_property
    def _kept(self) -> Mapping[str, Kept]:
        return {kept.clause: kept for kept in self.kept}


def in_force(clause: Clause, day: date) -> bool:
    """Whether a clause holds on ``day``."""
    return clause.in_force.from_ <= day <= (clause.in_force.to or date.max)


def run_identity(pack: Pack, snapshot: str, as_of: date) -> str:
    """The id of the run of a pack on a snapshot as of a date: equal inputs, equal id."""
    return content_hash({"layout": _LAYOUT, "pack": pack.hash, "snapshot": snapshot, "as_of": as_of})


def run_folder(out: Path, run_id: str) -> Path:
    """Where in ``out`` the run with this id lies."""
    return out / run_id[:32]


def read_run(folder: Path) -> Run:
    """A run that was written before.

    Raises:
        JigongError: there is no finished run in ``folder``.
    """
    file = folder / "run.json"
    if not file.is_file():
        raise error(
            f"{folder} 里没有完成的决定", f"no finished run in {folder}", remedy=("先运行 jigong decide", "run jigong decide")
        )  # fmt: skip
    data = json.loads(file.read_text(encoding="utf-8"))
    return Run(
        folder,
        data["id"],
        data["pack"],
        data["pack_hash"],
        data["snapshot"],
        date.fromisoformat(data["known_on"]),
        date.fromisoformat(data["as_of"]),
        data["workers"],
        tuple(ClauseTotal(**{**total, "due": Decimal(total["due"])}) for total in data["totals"]),
        tuple(map(read_kept, data["kept"])),
        tuple(data["points"]),
        {name: date.fromisoformat(day) for name, day in data["reckoning"].items()},
        tuple(data["absent"]),
    )
