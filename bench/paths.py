"""The shortest way from no to yes, for everybody and every clause of the made-up district."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.district import District
from bench.harness import Job, Result, seconds, side_by_side
from bench.setting import Setting
from jigong.insight.ways import all_ways


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    job = Job("paths", "everybody", {"data": str(setting.district())})
    found = side_by_side({"paths": job}, setting.runs)["paths"]
    ways = found.figures["ways"]
    yield Result(
        "paths",
        f"{setting.workers:,} 人的最短路径,全部条款({ways:,} 条路)",
        f"shortest paths of {setting.workers:,} workers, all clauses ({ways:,} ways)",
        seconds(found.seconds),
        "< 20 s",
        setting.full(found.seconds < 20),
        found.peak_mb,
        found.seconds,
    )


def everybody(data: str) -> dict[str, Any]:
    """Find every way, from facts and verdicts on disk."""
    made = District(Path(data))
    facts, book, run = made.facts(), made.book, made.run()
    started = time.perf_counter()
    ways = sum(1 for _ in all_ways(facts, book.pack, book.rulebook, book.values, run))
    return {"seconds": time.perf_counter() - started, "ways": ways}
