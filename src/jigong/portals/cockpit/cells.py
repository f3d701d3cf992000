"""Small cells: a count of fewer than five people, and the money that goes with it, is not shown.

Nor is what would let anybody work it out: where a table's sum is shown, the next smallest rows are hidden too,
until what is hidden is at least two rows and at least five people.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

FEWEST = 5
"""From how many people on a number is shown."""

T = TypeVar("T")


def small(people: int) -> bool:
    """Whether a count is hidden. Nobody is shown as nobody."""
    return 0 < people < FEWEST


def hidden(rows: Sequence[T], count: Callable[[T], int], *, apart: bool = True) -> list[bool]:
    """For each row of a table whose sum is shown, whether it is hidden.

    ``apart`` says that nobody stands in two rows; otherwise those of two rows may be the same people.
    """
    marks = [small(count(row)) for row in rows]
    rest = [place for place, row in enumerate(rows) if count(row) >= FEWEST]
    rest.sort(key=lambda place: count(rows[place]))
    while rest and given_away(rows, count, marks, apart=apart):
        marks[rest.pop(0)] = True
    return marks


def given_away(
    rows: Sequence[T], count: Callable[[T], int], marks: Sequence[bool], *, apart: bool = True
) -> bool:
    """Whether the sum of the rows gives away what ``marks`` hide: then it may not be shown, either."""
    behind = [count(row) for row, mark in zip(rows, marks, strict=True) if mark]
    return bool(behind) and (len(behind) < 2 or (sum(behind) if apart else max(behind)) < FEWEST)
