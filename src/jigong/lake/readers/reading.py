"""What every reader gives back, and the function through which it hands over the cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Stage: TypeAlias = Callable[[str, Mapping[str, str]], int]
"""``stage(relation, raw) -> rows``: reads an SQL relation into the staged table, replacing what was there.

``raw`` maps contract columns to VARCHAR expressions over the relation; the order of rows is kept."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that cannot be cut into cells: its line, why (``columns``), and its text."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A row with bytes that are not in the file's encoding: its line, and its cells by contract column.

    Such bytes are U+FFFD in the cells.
    """

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lines:
    """Where staged rows stand in the file: row 0 on line ``first``, the others follow.

    ``skipped`` are the lines after ``first`` that are not staged rows (blank, malformed, or the
    continuation of a quoted cell), in rising order.
    """

    first: int
    skipped: tuple[int, ...] = ()

    def shifts(self) -> list[tuple[int, int]]:
        """(row, lines skipped before it), for the rows where the number changes."""
        changes: dict[int, int] = {}
        for count, line in enumerate(self.skipped):
            changes[line - self.first - count] = count + 1
        return list(changes.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one file beside the staged cells.

    ``ignored`` are headers (or sheets) that no contract column asks for.
    """

    lines: Lines
    malformed: Sequence[Malformed] = ()
    ignored: Sequence[str] = field(default=())
    spoilt: Sequence[Spoilt] = ()
