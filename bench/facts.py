"""Facts from the monthly classes: four insurances and pay, from the lake's records to facts on disk."""

import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.clauses import DAY, WORKER
from bench.district import District
from bench.harness import Job, Result, seconds, side_by_side
from bench.setting import Setting
from jigong.lake.facts import build_facts
from jigong.lake.topics import classes_read

MONTHLY = (
    "pension_contribution",
    "medical_contribution",
    "injury_contribution",
    "unemployment_contribution",
    "wage_payment",
)
_TOPICS = ("insurance", "pay")
_RECORDS = 12_000_000


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    data = str(setting.district())
    jobs = {
        "monthly": Job("facts", "monthly", {"data": data}),
        "every": Job("facts", "every", {"data": data}),
    }
    found = side_by_side(jobs, setting.runs)
    monthly, every = found["monthly"], found["every"]
    records = monthly.figures["records"]
    scaled = monthly.seconds * _RECORDS / records
    yield Result(
        "facts.monthly",
        f"四险与工资的事实({records / 1e6:.1f} 百万条记录;折合 12 百万条用 {seconds(scaled)})",
        f"facts of four insurances and pay ({records / 1e6:.1f} million records; {seconds(scaled)} for 12 million)",
        seconds(monthly.seconds),
        "< 4 s",
        setting.full(scaled < 4),
        monthly.peak_mb,
        monthly.seconds,
    )
    yield Result(
        "facts.every",
        f"全部事实,所有主体({every.figures['facts']} 项)",
        f"every fact of every kind of subject ({every.figures['facts']} facts)",
        seconds(every.seconds),
        "",
        None,
        every.peak_mb,
        every.seconds,
    )


def monthly(data: str) -> dict[str, Any]:
    """Facts of the topics that read the monthly classes, workers only."""
    made = District(Path(data))
    read = {name for topic in _TOPICS for name in classes_read(made.book.pack.topics[topic])}
    assert set(MONTHLY) <= read
    with made.snapshot.connect() as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in MONTHLY]
    return {"records": sum(counts), **_built(made, _TOPICS)}


def every(data: str) -> dict[str, Any]:
    """All facts of all subjects."""
    made = District(Path(data))
    return {"facts": len(made.book.pack.facts), **_built(made, None)}


def _built(made: District, topics: Collection[str] | None) -> dict[str, Any]:
    pack = made.book.pack
    if topics is not None:
        pack = replace(
            pack,
            subjects={WORKER: pack.subjects[WORKER]},
            topics={name: pack.topics[name] for name in topics},
        )
    cache = made.folder / "bench-facts"
    shutil.rmtree(cache, ignore_errors=True)
    snapshot = made.snapshot
    started = time.perf_counter()
    build_facts(snapshot, pack, made.book.values, DAY, cache)
    took = time.perf_counter() - started
    shutil.rmtree(cache)
    return {"seconds": took}
