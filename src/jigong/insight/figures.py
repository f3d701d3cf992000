"""The figures of a whole run that take time: made once for each run, kept as a file, read by pages.

Sums and counts only; whoever shows them hides small cells.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from jigong.decisions.run import Run
from jigong.insight.law import Law
from jigong.insight.missing import MissingClass, MissingFact, price_of_missing
from jigong.insight.portrait import IndicatorValue, portrait
from jigong.insight.spending import MonthLaw, MonthSpending, Settled, months_from, spending
from jigong.insight.ways import StepTotal, all_ways, one_step_away
from jigong.lake.facts import FactTables
from jigong.lake.quality import quality
from jigong.lake.snapshot import Snapshot

_LAYOUT = 1
"""Raised when the file's meaning changes, so that old ones are made anew."""
MONTHS = 12


@dataclass(frozen=True, slots=True)
class ClassState:
    """How one class of data stands: rows, shares from 0 to 1 (None: nothing came), and when it came last."""

    data_class: str
    rows: int
    accepted: float | None
    complete: float | None
    newest_known: date | None
    stale_after: date | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about one run: indicators overall and by breakdown, the price of missing data, quality, ways, spending."""

    portrait: tuple[IndicatorValue, ...]
    by: Mapping[str, tuple[IndicatorValue, ...]]
    missing_facts: tuple[MissingFact, ...]
    missing_classes: tuple[MissingClass, ...]
    classes: tuple[ClassState, ...]
    steps: tuple[StepTotal, ...]
    spending: tuple[MonthSpending, ...]


def figures_file(folder: Path, run_id: str) -> Path:
    """Where in ``folder`` the figures of a run are kept."""
    return folder / f"{run_id[:32]}.{_LAYOUT}.json"


def make_figures(
    run: Run,
    facts: FactTables,
    law: Law,
    snapshot: Snapshot,
    settled: Settled,
    folder: Path,
    breakdowns: Sequence[str],
) -> Path:
    """Compute the figures of ``run`` and keep them in ``folder``; the file appears whole or not at all.

    ``settled`` is what was promised or paid already (:mod:`jigong.insight.spending`); ``breakdowns``
    name those of the pack by which indicators are broken down.
    """
    pack, rulebook, values = law.pack, law.rulebook, law.values
    missing = price_of_missing(run, pack, snapshot)
    months = [MonthLaw(day, facts, pack, rulebook) for day in months_from(law.day, MONTHS)]
    file = figures_file(folder, run.id)
    found = {
        "portrait": portrait(facts, pack, rulebook, values),
        "by": {name: portrait(facts, pack, rulebook, values, name) for name in breakdowns},
        "missing_facts": missing.facts,
        "missing_classes": missing.classes,
        "classes": _classes(snapshot),
        "steps": one_step_away(all_ways(facts, pack, rulebook, values, run)),
        "spending": spending(months, settled, file.with_suffix(f".{os.getpid()}.aside")),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}.tmp")
    aside.write_text(json.dumps(found, default=_plain, ensure_ascii=False), encoding="utf-8")
    os.replace(aside, file)
    return file


def _classes(snapshot: Snapshot) -> list[ClassState]:
    return [
        ClassState(
            q.class_name, q.rows, q.share_accepted, q.completeness_overall, q.newest_known, q.stale_after
        )
        for q in quality(snapshot, snapshot.contracts)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date):
        return str(value)
    return asdict(value)


def read_figures(folder: Path, run_id: str) -> Figures | None:
    """The kept figures of a run, or None while there are none."""
    file = figures_file(folder, run_id)
    if not file.is_file():
        return None
    data = json.loads(file.read_text(encoding="utf-8"))
    return Figures(
        portrait=_indicators(data["portrait"]),
        by={name: _indicators(rows) for name, rows in data["by"].items()},
        missing_facts=tuple(
            MissingFact(m["fact"], tuple(m["classes"]), m["people"], m["clauses"], Decimal(m["yuan"]))
            for m in data["missing_facts"]
        ),
        missing_classes=tuple(
            MissingClass(m["data_class"], m["people"], m["clauses"], Decimal(m["yuan"]))
            for m in data["missing_classes"]
        ),
        classes=tuple(
            ClassState(
                c["data_class"], c["rows"], c["accepted"], c["complete"], _day(c["newest_known"]),
                _day(c["stale_after"]),
            )
            for c in data["classes"]
        ),
        steps=tuple(
            StepTotal(s["clause"], s["action"], s["people"], Decimal(s["yuan"])) for s in data["steps"]
        ),
        spending=tuple(
            MonthSpending(
                date.fromisoformat(m["month"]), m["clause"], m["fund"], m["people"], Decimal(m["yuan"])
            )
            for m in data["spending"]
        ),
    )  # fmt: skip


def _indicators(rows: Iterable[Mapping[str, Any]]) -> tuple[IndicatorValue, ...]:
    return tuple(
        IndicatorValue(
            row["indicator"], row["group"], None if row["value"] is None else Decimal(row["value"]), row["rows"],
            row["known"],
        )
        for row in rows
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
