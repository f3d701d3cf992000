"""What a law will cost, month by month: everybody decided on the first of each month, each subject paid once a period."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb

from jigong.decisions.decide import decide
from jigong.decisions.parameters import parameters_on
from jigong.decisions.run import Run
from jigong.insight.projection import project
from jigong.kernel.dates import add_months, month_start
from jigong.lake.facts import FactTables
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.rules.rulebook import Rulebook, values_on

Progress = Callable[[str], None]
Settled = Mapping[tuple[str, str], Sequence[tuple[str, Decimal]]]
"""By clause and period (``""``, ``2023``, ``2023-01``): subjects with what was promised or paid to them already."""


@dataclass(frozen=True, slots=True)
class MonthSpending:
    """What falls due newly in one month under one clause, to how many people, from which fund."""

    month: date
    clause: str
    fund: str
    people: int
    yuan: Decimal


def months_from(day: date, count: int = 12) -> list[date]:
    """``day`` itself for the rest of its month, then the first of each month after."""
    start = month_start(day)
    later = (add_months(start, ahead) for ahead in range(1, count))
    return [day, *(month for month in later if month is not None)]


@dataclass(frozen=True)
class MonthLaw:
    """The day on which a month is decided, the facts to move there, and the law that will be in force."""

    day: date
    facts: FactTables
    pack: Pack
    rulebook: Rulebook
    part_of: Run | None = None
    """Of facts of only some people: the run of everybody. Nobody is ranked then, and clauses with a queue are left out."""


def spending(
    months: Sequence[MonthLaw],
    settled: Settled,
    aside: Path,
    progress: Progress | None = None,
    decided: Mapping[tuple[str, date], Run] = MappingProxyType({}),
) -> list[MonthSpending]:
    """What each clause that a fund pays costs in each of ``months``, whose days rise from that of the facts.

    Facts are moved to each day (:mod:`jigong.insight.projection`) and judged by the law of that day. A
    subject is paid what is due in a period once; if more is due in a later month, the difference.
    ``aside`` is a folder for files needed on the way; it is removed. ``decided`` are runs of these facts that there
    are already, by the pack's hash and the day.
    """
    counter = _Counter(settled)
    found: list[MonthSpending] = []
    try:
        for month in months:
            day, pack = month.day, month.pack
            if progress is not None:
                progress(f"{day:%Y-%m}")
            there = decided.get((pack.hash, day))
            run = there or _decided(month, aside)
            for total in run.totals:
                clause = pack.clauses[total.clause].clause.value
                queued = month.part_of is not None and clause.delivery.mode == "quota"
                if clause.fund is not None and not queued:
                    found.append(counter.count(run, clause, day))
            if there is None:
                shutil.rmtree(run.folder, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return found


def _decided(month: MonthLaw, aside: Path) -> Run:
    """Everybody on the month's day, by its law."""
    pack, rulebook = month.pack, month.rulebook
    values = values_on(pack, month.day, parameters_on(pack, rulebook, month.day))
    moved = project(month.facts, pack, rulebook, values, month.day, aside / "facts")
    return decide(moved, pack, rulebook, values, aside / "runs", part_of=month.part_of)


class _Counter:
    """Remembers what each subject has reached in its period."""

    def __init__(self, settled: Settled) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(
            "CREATE TABLE reached (clause VARCHAR, period VARCHAR, subject VARCHAR, yuan DECIMAL(18,2))"
        )
        rows = [(clause, period, s, yuan) for (clause, period), all_ in settled.items() for s, yuan in all_]
        if rows:
            self._connection.executemany("INSERT INTO reached VALUES (?, ?, ?, ?)", rows)

    def count(self, run: Run, clause: Clause, month: date) -> MonthSpending:
        """What is due beyond what was reached, which is then reached."""
        period = clause.period_on(month)
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE more AS SELECT d.subject, coalesce(d.worker, d.subject) AS person,"
            " d.due - coalesce(r.yuan, 0) AS yuan"
            f" FROM (SELECT subject, worker, due FROM {run.rows(clause.id)} WHERE due > 0) d"
            " LEFT JOIN (SELECT subject, sum(yuan) AS yuan FROM reached WHERE clause = ? AND period = ? GROUP BY 1) r"
            " USING (subject) WHERE d.due > coalesce(r.yuan, 0)",
            [clause.id, period],
        )
        row = self._connection.execute(
            "SELECT count(DISTINCT person), coalesce(sum(yuan), 0) FROM more"
        ).fetchone()
        self._connection.execute(
            "INSERT INTO reached SELECT ?, ?, subject, yuan FROM more", [clause.id, period]
        )
        people, yuan = row or (0, 0)
        return MonthSpending(month, clause.id, clause.fund or "", people, Decimal(yuan))
