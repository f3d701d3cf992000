"""Who takes part in a draw: from a run's verdicts to a public file without personal data."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from jigong.decisions.run import Run, read_run, run_folder
from jigong.delivery.codes import code_in
from jigong.delivery.offers import subject_hash
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.packs.model import Clause
from jigong.rules.engines.duckdb import quoted

FORMAT = "1"


@dataclass(frozen=True)
class Source:
    """What a roster is made from: the run the portals show, its law, and the data it rests on."""

    run: Run
    loaded: LoadedRun
    law: Law
    snapshot: Snapshot


def current_source(data: Path) -> Source:
    """The source as it is now; ``data`` is the site's data folder.

    Raises:
        JigongError: nothing was loaded yet.
    """
    loaded = current_run()
    law = law_of_run(loaded)
    snapshot = Lake(data / "lake", law.pack.contracts).snapshot_of(loaded.snapshot)
    return Source(read_run(run_folder(data / "runs", loaded.run)), loaded, law, snapshot)


@dataclass(frozen=True, slots=True)
class Eligible:
    """A subject that may enter: its key, its worker's number (none for an enterprise), what winning would give.

    ``conditional``: its verdict is not a yes yet, for want of data.
    """

    subject: str
    worker: str | None
    branch: str
    amount: Decimal | None
    conditional: bool = False


def eligible(source: Source, clause: Clause, freed: Collection[str] = ()) -> Iterator[Eligible]:
    """Everybody whose verdict is yes or undecided, less those whom a record already calls winners.

    ``freed`` are subjects (hashes) whose win does not count any more.
    """
    won = {key for key in _recorded_winners(source.snapshot, clause) if subject_hash(key) not in freed}
    cursor = duckdb.connect().execute(
        f"SELECT subject, worker, branch, amount, verdict = 'undecided' FROM {source.run.rows(clause.id)}"
        " WHERE verdict IN ('yes', 'undecided') AND subject IS NOT NULL ORDER BY subject"
    )
    while rows := cursor.fetchmany(10_000):
        for subject, worker, branch, amount, conditional in rows:
            if subject not in won:
                yield Eligible(subject, worker, branch or "", amount, conditional)


def _recorded_winners(snapshot: Snapshot, clause: Clause) -> list[str]:
    """Keys of the subjects whose record says they have won. A missing value says nothing."""
    if clause.delivery.won is None:
        return []
    data_class, column = clause.delivery.won.split(".")
    (key,) = snapshot.contracts[data_class].key
    with snapshot.connect() as lake:
        rows = lake.execute(
            f"SELECT CAST({quoted(key)} AS VARCHAR) FROM {quoted(data_class)} WHERE {quoted(column)}"
        ).fetchall()
    return [row[0] for row in rows]


def code_of(draw: int, subject: str) -> str:
    """The entrant's code in one draw, such as ``7F3K-90QM-V2XA``.

    It is cut from a keyed hash: the same each time, telling nothing, unlike in every draw. Should two
    ever be equal (one chance in a hundred million among 100,000), the database refuses the roster, and
    the next one, under another number, has other codes.
    """
    return code_in(str(draw), subject)


def written(head: Mapping[str, object], codes: Collection[str]) -> bytes:
    """The roster file: lines ``name: value``, an empty line, one code a line in ascending order; UTF-8, LF."""
    lines = [f"{name}: {value}" for name, value in head.items()]
    return "\n".join([*lines, "", *sorted(codes), ""]).encode()
