"""Measures functions in processes of their own, so that time and peak memory are theirs alone."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORES = 2
"""Every measurement runs on this many cores, however many the machine has."""


@dataclass(frozen=True, slots=True)
class Job:
    """A function ``bench.<module>.<name>`` that takes plain arguments and returns plain figures.

    It must return ``seconds``, which it takes itself: what must be ready beforehand does not count.
    """

    module: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of several runs of one job; ``figures`` are whatever else the last run returned."""

    seconds: float
    peak_mb: float
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report.

    ``ratio`` is how many times longer the other one took (``than``), where there is another one. ``ok`` is
    whether the target is met; None where there is no target, or where the run was too small to tell.
    """

    name: str
    zh: str
    en: str
    measured: str
    target: str
    ok: bool | None
    peak_mb: float
    seconds: float
    ratio: float | None = None
    than: str | None = None

    def plain(self) -> dict[str, Any]:
        """The line for a program."""
        return asdict(self)


def run(job: Job) -> dict[str, Any]:
    """The figures of one run, with ``peak_mb``.

    Raises:
        RuntimeError: the function failed; its output stands in the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = [
            sys.executable,
            "-m",
            "bench.child",
            job.module,
            job.name,
            json.dumps(job.arguments),
            str(out),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=_environment(), cwd=ROOT
        )
        if done.returncode != 0:
            raise RuntimeError(f"{job.module}.{job.name}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        figures: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return figures


def _environment() -> dict[str, str]:
    # numpy's helpers must not take more cores than anybody else.
    return {**os.environ, "OMP_NUM_THREADS": str(CORES), "PYTHONWARNINGS": "ignore"}


def side_by_side(jobs: Mapping[str, Job], runs: int) -> dict[str, Measured]:
    """Each job ``runs`` times in turns, A B A B, so that a busy moment of the machine hits all alike."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for _ in range(runs):
        for name, job in jobs.items():
            found[name].append(run(job))
    return {name: _median(figures) for name, figures in found.items()}


def _median(figures: Sequence[Mapping[str, Any]]) -> Measured:
    return Measured(
        statistics.median(one["seconds"] for one in figures),
        statistics.median(one["peak_mb"] for one in figures),
        figures[-1],
    )


def seconds(value: float) -> str:
    """A duration as a person reads it."""
    if value >= 10:
        return f"{value:.1f} s"
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.3g} ms"
