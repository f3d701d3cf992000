"""The process in which one measurement runs: ``python -m bench.child MODULE NAME ARGUMENTS OUT``."""

import importlib
import json
import os
import resource
import sys
from pathlib import Path

from bench.harness import CORES


def peak_mb() -> float:
    """The most memory this process ever held, in MB.

    Linux keeps the parent's peak in ``ru_maxrss`` across exec; ``VmHWM`` begins anew with the program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main(module: str, name: str, arguments: str, out: str) -> None:
    """Run the function and write its figures and peak memory to ``out``."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    figures = getattr(importlib.import_module(f"bench.{module}"), name)(**json.loads(arguments))
    Path(out).write_text(json.dumps({**figures, "peak_mb": peak_mb()}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
