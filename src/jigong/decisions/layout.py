"""How a run lies on disk: one wide file for each kind of subject, and how a clause's rows are read from it.

``<kind>.parquet`` has a row for each subject: its key, its worker where it has one, and for each clause of that kind the columns
of :data:`PARTS`. Nothing is kept that follows from the rest: names of branches and of missing facts, amounts, what is due,
and the rows of workers with nothing to decide are made when they are read. The workers' file also has everybody's points.

Beside them lie small files that only some have: ``<clause>.places.parquet`` with the places in the queue of a clause with a quota,
``worker.excluded.parquet`` with what became of overlapping awards, and ``worker.unseen.parquet`` with the workers who may
have a subject of some kind that is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from jigong.decisions.exclusion import OUTBID, PAYS
from jigong.decisions.points import WORKER
from jigong.decisions.queues import PLACES
from jigong.rules.engines.duckdb import quoted, text_literal

PARTS = ("verdict", "mask", "known", "branch", "potential", "missing")
"""What is kept of every clause; ``branch`` is a position, ``missing`` a mask over the rule's facts."""
MOST = "most"
"""Also kept of a clause of an exclusion group: the most it can come to."""
_ROW_GROUP = 20_480
"""Rows of a group: a writer holds a few groups of wide rows in memory."""


def column(clause: str, part: str) -> str:
    """The column of one part of a clause, quoted."""
    return quoted(f"{clause} {part}")


def points_column(name: str) -> str:
    """The column of one of the points in the workers' file, quoted."""
    return quoted(f"p {name}")


def write(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    """Write rows that come in a fixed order; the same rows give the same bytes, whatever the number of threads.

    DuckDB cuts groups of rows in another way when it has a single thread, so it is given two.
    """
    (threads,) = connection.execute("SELECT current_setting('threads')").fetchone() or (1,)
    if threads == 1:
        connection.execute("SET threads = 2")
    connection.execute(
        f"COPY ({sql}) TO {text_literal(str(file))}"
        f" (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP})"
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What one clause's columns mean."""

    clause: str
    per: str
    worker: bool
    """Whether its subjects have a worker."""
    branches: tuple[str, ...]
    """By position."""
    facts: tuple[str, ...]
    """By the bit of each in a mask of missing facts."""
    pays: bool
    """Whether any branch has an amount."""
    listed: bool
    """Whether every subject of the kind is known; where not, a worker without one is undecided."""
    grouped: bool
    """Whether it is in an exclusion group."""
    scores: tuple[str, ...] | None
    """The columns of its scores; None where it has no queue."""
    ranked: bool
    """Whether everybody in its queue has a place; not in a run of only some people."""
    quota: str | None
    """SQL for how many places there are, where they were given."""

    def file(self, folder: Path) -> Path:
        """The file of its kind of subject."""
        return folder / f"{self.per}.parquet"

    def places(self, folder: Path) -> Path:
        """The file of its queue."""
        return folder / f"{self.clause}.places.parquet"

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns that are kept of it."""
        return (*PARTS, *self.more)

    @property
    def more(self) -> tuple[str, ...]:
        """Those only some clauses have."""
        return (*((MOST,) if self.grouped else ()), *(self.scores or ()))

    @property
    def nothing(self) -> str:
        """SQL for the amount of who gets nothing; of a benefit in kind there is none."""
        return f"CAST({'0' if self.pays else 'NULL'} AS DECIMAL(14,2))"


def read_kept(row: Mapping[str, Any]) -> Kept:
    """What :func:`plain` made of it."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return Kept(**given)


def plain(kept: Kept) -> dict[str, Any]:
    """As it stands in ``run.json``."""
    return asdict(kept)


def parquet(file: Path) -> str:
    """SQL for the rows of a file."""
    return f"read_parquet({text_literal(str(file))})"


def rows_sql(kept: Kept, folder: Path) -> str:
    """SELECT of a clause's rows: one for each subject, and one for each worker with no subject.

    Columns: subject, worker, verdict, mask (bit i: condition i is true), known (bit i: condition i is not missing),
    branch, amount, potential, missing, excluded_by, outbid_by, rank, in_quota, due; of a clause with a queue also the
    other ``PLACES`` and its scores.
    """
    names = ["subject", "worker", "verdict", "mask", "known", "branch", "amount", "potential", "missing"]
    names += ["excluded_by", "outbid_by", *(PLACES if kept.scores is not None else ("rank",))]
    names += [*(kept.scores or ()), "in_quota"]
    return (
        f"SELECT *, {due_sql()} AS due FROM ("
        f"SELECT {', '.join(names)} FROM ({contested_sql(kept, folder)}){_none_sql(kept, folder)})"
    )


def due_sql() -> str:
    """SQL for what is due, over the other columns of a clause's rows."""
    return "CASE WHEN verdict = 'yes' AND excluded_by IS NULL AND coalesce(in_quota, TRUE) THEN amount END"


def contested_sql(kept: Kept, folder: Path) -> str:
    """SELECT of the subjects a clause decides about, as :func:`rows_sql` has them but for what is due; ``most`` beside it."""
    if not kept.grouped:
        excluded = f"CAST(NULL AS VARCHAR) AS excluded_by, CAST(NULL AS {OUTBID}) AS outbid_by"
        return f"SELECT *, {excluded} FROM ({decided_sql(kept, folder)})"
    return (
        f"SELECT d.*, excluded_by, outbid_by FROM ({decided_sql(kept, folder)}) d"
        " LEFT JOIN (SELECT worker AS its_worker, excluded_by, outbid_by"
        f" FROM {parquet(folder / 'worker.excluded.parquet')} WHERE clause = {text_literal(kept.clause)})"
        f" ON d.worker = its_worker AND {PAYS}"
    )


def decided_sql(kept: Kept, folder: Path) -> str:
    """SELECT of the subjects a clause decides about, before exclusion."""
    branches = " ".join(
        f"WHEN {place} THEN {text_literal(branch)}" for place, branch in enumerate(kept.branches)
    )
    names = ", ".join(
        f"CASE WHEN missing & {1 << bit} <> 0 THEN {text_literal(name)} END"
        for bit, name in enumerate(kept.facts)
    )
    worker = WORKER if kept.worker else "CAST(NULL AS VARCHAR)"
    told = "".join(f", {column(kept.clause, part)} AS {part}" for part in kept.parts)
    rows = (
        f"(SELECT {quoted(kept.per)} AS subject, {worker} AS worker{told} FROM {parquet(kept.file(folder))})"
    )
    places = "".join(f", CAST(NULL AS INTEGER) AS {name}" for name in PLACES)
    if kept.ranked:
        places = "".join(f", {name}" for name in PLACES)
        rows += f" LEFT JOIN {parquet(kept.places(folder))} USING (subject)"
    in_quota = "CAST(NULL AS BOOLEAN)" if kept.quota is None else f"rank <= {kept.quota}"
    return (
        f"SELECT subject, worker, verdict, mask, known, CASE branch {branches} END AS branch,"
        f" CASE verdict WHEN 'yes' THEN potential WHEN 'no' THEN {kept.nothing} END AS amount, potential,"
        " CASE WHEN missing = 0 THEN CAST([] AS VARCHAR[])"
        f" ELSE list_filter(CAST([{names}] AS VARCHAR[]), lambda x: x IS NOT NULL) END AS missing"
        f"{places}{''.join(f', {part}' for part in kept.more)}, {in_quota} AS in_quota FROM {rows}"
    )


def without_sql(kept: Kept, folder: Path) -> str:
    """SELECT of the workers who have no subject of a clause's kind, and ``none``: whether it is known that there is none."""
    workers, subjects = parquet(folder / f"{WORKER}.parquet"), parquet(kept.file(folder))
    none, join = "FALSE", ""
    if kept.listed:
        unseen = parquet(folder / "worker.unseen.parquet")
        none, join = (
            "u.worker IS NULL",
            f" LEFT JOIN {unseen} u ON u.worker = w.worker AND u.kind = {text_literal(kept.per)}",
        )
    return f"SELECT w.worker, {none} AS none FROM {workers} w ANTI JOIN {subjects} s ON s.worker = w.worker{join}"


def _none_sql(kept: Kept, folder: Path) -> str:
    """The rows of workers the clause has nothing to decide about: a no, if it is known that there is no subject."""
    if kept.per == WORKER or not kept.worker:
        return ""
    first = ""
    if kept.ranked:
        # Of a subject nobody has seen nothing is known: it could come before everybody.
        first = ", CASE WHEN NOT none THEN 1 END AS rank_best, CASE WHEN NOT none THEN 0 END AS order_best"
    return (
        " UNION ALL BY NAME SELECT CAST(NULL AS VARCHAR) AS subject, worker,"
        " CASE WHEN none THEN 'no' ELSE 'undecided' END AS verdict, 0 AS mask, 0 AS known,"
        f" CASE WHEN none THEN {kept.nothing} END AS amount,"
        f" CASE WHEN none THEN CAST([] AS VARCHAR[]) ELSE [{text_literal(kept.per)}] END AS missing{first}"
        f" FROM ({without_sql(kept, folder)})"
    )


def points_rows_sql(folder: Path, names: Sequence[str]) -> str:
    """SELECT of everybody's points, one row for each worker."""
    columns = "".join(f", {points_column(name)} AS {quoted(name)}" for name in names)
    return f"SELECT {WORKER}{columns} FROM {parquet(folder / f'{WORKER}.parquet')}"
