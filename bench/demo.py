"""The demo, end to end."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from bench.clauses import PACK
from bench.district import generator
from bench.harness import Job, Result, run, seconds, side_by_side
from bench.setting import Setting


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report. The district that is left behind serves the other measurements."""
    job = _job(setting.district_folder, setting.workers)
    found = side_by_side({"demo": job}, 1)["demo"]
    yield Result(
        "demo",
        f"script/demo,{setting.workers:,} 人:生成、收数、快照、判定、指标、路径",
        f"script/demo, {setting.workers:,} workers: generate, take in, snapshot, decide, indicators, paths",
        seconds(found.seconds),
        "< 90 s, < 4 GB",
        setting.full(found.seconds < 90 and found.peak_mb < 4096),
        found.peak_mb,
        found.seconds,
    )


def make_district(folder: Path, workers: int) -> None:
    """Have the demo make its district, when it is not itself measured."""
    run(_job(folder, workers))


def _job(folder: Path, workers: int) -> Job:
    return Job("demo", "demo", {"data": str(folder), "workers": workers})


def demo(data: str, workers: int) -> dict[str, Any]:
    """The demo in an empty folder, as a person runs it; what it prints is thrown away."""
    from jigong.cli import main

    folder = Path(data)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sys.argv = ["jigong", "demo", "--workers", str(workers), "--data", data, "--pack", str(PACK)]
    status: object = 0
    started = time.perf_counter()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            main()
        except SystemExit as end:
            status = end.code
    took = time.perf_counter() - started
    if status not in (0, None):
        raise RuntimeError(f"the demo ended with status {status}")
    (folder / "done").write_text(generator())
    return {"seconds": took}
