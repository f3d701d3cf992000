"""Problems of a pack as a page shows them: kept as JSON, with places told by the pack's own file names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jigong.kernel.problems import Place, Problem
from jigong.kernel.text import Text


def to_json(problems: Iterable[Problem], root: Path) -> list[dict[str, Any]]:
    """Each problem with its place inside ``root``: layers and files, not the folders of this machine."""
    return [
        {
            "what": [problem.what.zh, problem.what.en],
            "remedy": [problem.remedy.zh, problem.remedy.en] if problem.remedy else None,
            "place": _place(problem.place, root) if problem.place else None,
        }
        for problem in problems
    ]


def _place(place: Place, root: Path) -> dict[str, Any]:
    file = Path(place.file)
    inside = file.is_relative_to(root)
    return {
        "file": str(file.relative_to(root)) if inside else file.name,
        "line": place.line,
        "column": place.column,
        "source": place.source,
        "width": place.width,
    }


def from_json(kept: Iterable[dict[str, Any]]) -> list[Problem]:
    """Back from what was kept."""
    return [
        Problem(
            Text(*item["what"]),
            Place(**item["place"]) if item["place"] else None,
            Text(*item["remedy"]) if item["remedy"] else None,
        )
        for item in kept
    ]


def caret(place: Place) -> str:
    """Blanks and a caret that stands under the place, Chinese characters being two wide."""
    if place.source is None or place.column is None:
        return ""
    left = "".join("　" if ord(char) >= 0x2E80 else " " for char in place.source[: place.column - 1])
    return left + "^" * max(1, place.width)
