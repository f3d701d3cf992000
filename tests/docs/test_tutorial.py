"""The tutorials do what they say: every command is run word for word, every line they show is printed.

A tutorial's ``sh`` blocks run one after another in one shell, in an empty folder that has only what
``script/setup`` leaves behind. A ``text`` block holds lines the ``sh`` block before it must print, in that
order and perhaps among others. Runs of blanks count as one, full-width signs as their ASCII ones, and ``…``
stands for anything within a line.
"""

import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = ("tutorial.md", "tutorial.zh.md")
_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_DONE = "== block done: "
_SECONDS = 300


@dataclass(frozen=True)
class Step:
    """One ``sh`` block and the lines it must print; ``line`` is where it stands in the tutorial."""

    line: int
    script: str
    shows: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """The steps of a tutorial, in order."""
    found: list[Step] = []
    for fence in _FENCE.finditer(text):
        line = text[: fence.start()].count("\n") + 1
        match fence["kind"]:
            case "sh":
                found.append(Step(line, fence["body"], ()))
            case "text":
                last = found[-1]
                shown = tuple(row for row in fence["body"].splitlines() if row.strip())
                found[-1] = Step(last.line, last.script, last.shows + shown)
            case kind:
                raise AssertionError(f"line {line}: a block is sh or text, not {kind!r}")
    return found


def unseen(shows: tuple[str, ...], output: str) -> Iterator[str]:
    """The lines of ``shows`` that ``output`` does not have after the one before."""
    rest = [_plain(line) for line in output.splitlines()]
    for wanted in shows:
        pattern = re.compile(".*".join(re.escape(_plain(part)) for part in wanted.split("…")))
        place = next((n for n, line in enumerate(rest) if pattern.fullmatch(line)), None)
        if place is None:
            yield wanted
        else:
            rest = rest[place + 1 :]


def _plain(line: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(line.split()))


def run(found: list[Step], folder: Path) -> list[str]:
    """What each step prints when all run in one shell in ``folder``; the first that fails is the last."""
    blocks = [f"{step.script}\necho {shlex.quote(_DONE)}{number}" for number, step in enumerate(found)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIGONG_")}
    environment["PYTHONUTF8"] = "1"
    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    printed = re.split(rf"^{_DONE}\d+\n", done.stdout, flags=re.MULTILINE)
    if done.returncode:
        step = found[min(len(printed) - 1, len(found) - 1)]
        raise AssertionError(f"the block at line {step.line} failed:\n{step.script}\n{printed[-1]}")
    return printed


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """A folder as a newcomer finds it after ``script/setup``; its database is stopped at the end."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "env").symlink_to(sys.prefix)
    (tmp_path / "packs").symlink_to(ROOT / "packs")
    yield tmp_path
    stop = tmp_path / "tutorial" / "database.py"
    if stop.exists():
        subprocess.run(
            [sys.executable, stop.name, "stop"], cwd=stop.parent, capture_output=True, timeout=60, check=False
        )


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_tutorial_does_what_it_says(name: str, fresh: Path) -> None:
    found = steps((ROOT / "docs" / name).read_text(encoding="utf-8"))
    for step, printed in zip(found, run(found, fresh), strict=False):
        missing = list(unseen(step.shows, printed))
        assert not missing, f"{name}, line {step.line}: not printed: {missing}\n{printed}"


def test_both_tutorials_run_the_same_commands() -> None:
    chinese, english = (
        [_same_in_both(step.script) for step in steps((ROOT / "docs" / name).read_text(encoding="utf-8"))]
        for name in reversed(TUTORIALS)
    )
    assert chinese == english


def _same_in_both(script: str) -> str:
    return "".join(line for line in script.splitlines(keepends=True) if "JIGONG_LANG" not in line)


def test_a_line_that_is_not_printed_is_found() -> None:
    output = "a   1  ← file:12\nb（2）\n"
    assert list(unseen(("a 1 ← …", "b(2)"), output)) == []
    assert list(unseen(("b(2)", "a 1 ← …"), output)) == ["a 1 ← …"]
    assert list(unseen(("a 1",), output)) == ["a 1"]
