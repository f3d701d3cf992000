"""This tree beside another commit: the same questions in turns, each tree with its own benchmarks, medians compared."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.harness import ROOT

_ASSETS = Path("src/jigong/portals/kit/static/vendor")


@dataclass(frozen=True, slots=True)
class Beside:
    """One line of the report: median seconds and peak memory in this tree and in the other."""

    name: str
    words: str
    seconds: tuple[float, float]
    peak_mb: tuple[float, float]

    @property
    def ratio(self) -> float:
        """How many times as long this tree takes."""
        return self.seconds[0] / self.seconds[1]


def checkout(commit: str, folder: Path) -> Path:
    """The tree of a commit in ``folder``, made where it is not there yet. It runs with the packages of this one.

    Raises:
        RuntimeError: git knows no such commit.
    """
    asked = ["git", "rev-parse", "--verify", f"{commit}^{{commit}}"]
    known = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if known.returncode != 0:
        raise RuntimeError(f"{commit}: {known.stderr.strip()}")
    tree = folder / known.stdout.strip()[:12]
    if not tree.is_dir():
        subprocess.run(["git", "worktree", "add", "--detach", "-q", tree, commit], cwd=ROOT, check=True)
        shutil.copytree(ROOT / _ASSETS, tree / _ASSETS, dirs_exist_ok=True)
    return tree


def beside(tree: Path, question: str, options: Sequence[str], runs: int) -> list[Beside]:
    """The lines both trees have of one question, each asked ``runs`` times in turns.

    Raises:
        RuntimeError: one of them could not be measured.
    """
    found: dict[str, tuple[list[tuple[float, float]], list[tuple[float, float]]]] = {}
    words: dict[str, str] = {}
    for _ in range(runs):
        for place, root in enumerate((ROOT, tree)):
            for name, said, seconds, peak in _asked(root, question, options):
                words[name] = said
                found.setdefault(name, ([], []))[place].append((seconds, peak))
    return [
        Beside(name, words[name], _medians(here, there, 0), _medians(here, there, 1))
        for name, (here, there) in found.items()
        if here and there
    ]


def _asked(root: Path, question: str, options: Sequence[str]) -> list[tuple[str, str, float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "bench", "--only", question, "--runs", "1", "--json", out, *options]
        paths = {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
        done = subprocess.run(
            command, cwd=root, env={**os.environ, **paths}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{root}: {question}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
        results = json.loads(out.read_text(encoding="utf-8"))["results"]
    return [(one["name"], f"{one['zh']}\n{one['en']}", one["seconds"], one["peak_mb"]) for one in results]


def _medians(
    here: Sequence[tuple[float, float]], there: Sequence[tuple[float, float]], column: int
) -> tuple[float, float]:
    return statistics.median(one[column] for one in here), statistics.median(one[column] for one in there)
