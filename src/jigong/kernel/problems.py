"""Errors that say what is wrong, where, and what to do, in Chinese and English."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jigong.kernel.text import Language, Text

_LABELS = {
    "at": Text("位置", "at"),
    "remedy": Text("怎么办", "what to do"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands. Lines and columns count from 1.

    ``source`` is the line itself, so that a reader sees it without opening the file;
    ``width`` is how many characters the caret underlines.
    """

    file: str
    line: int | None = None
    column: int | None = None
    source: str | None = None
    width: int = 1

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, and what to do about it."""

    what: Text
    place: Place | None = None
    remedy: Text | None = None

    def render(self, language: Language = "zh") -> str:
        """The problem as lines of plain text: what, place with a caret, remedy."""
        lines = [self.what.in_(language)]
        if self.place is not None:
            lines.append(f"  {_LABELS['at'].in_(language)}: {self.place}")
            if self.place.source is not None:
                lines.append(f"    {self.place.source}")
                if self.place.column is not None:
                    lines.append("    " + _pad(self.place.source, self.place.column) + "^" * self.place.width)
        if self.remedy is not None:
            lines.append(f"  {_LABELS['remedy'].in_(language)}: {self.remedy.in_(language)}")
        return "\n".join(lines)


class JigongError(Exception):
    """Raised for anything a user can mend; carries every problem found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(problem.render("en") for problem in problems))
        self.problems = problems


def error(
    zh: str, en: str, *, place: Place | None = None, remedy: tuple[str, str] | None = None
) -> JigongError:
    """A :class:`JigongError` with one problem."""
    return JigongError(Problem(Text(zh, en), place, Text(*remedy) if remedy else None))


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name most like ``name``, or None when none is close."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None


def _pad(source: str, column: int) -> str:
    """Blanks as wide on screen as the text left of ``column``; Chinese characters are two wide."""
    return "".join("　" if ord(char) >= 0x2E80 else " " for char in source[: column - 1])
