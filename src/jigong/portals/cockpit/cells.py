"""Small cells: a count of fewer than five people, and the money that goes with it, is not shown.

Where only one group of a table is that small, the next smallest is hidden too, so that nobody can take
the others from the sum.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

FEWEST = 5
"""From how many people on a number is shown."""

T = TypeVar("T")


def small(people: int) -> bool:
    """Whether a count is hidden. Nobody is shown as nobody."""
    return 0 < people < FEWEST


def hidden(rows: Sequence[T], count: Callable[[T], int]) -> list[bool]:
    """For each row of a table whose sum is shown, whether it is hidden."""
    marks = [small(count(row)) for row in rows]
    if sum(marks) == 1:
        others = [place for place, mark in enumerate(marks) if not mark and count(rows[place]) > 0]
        if others:
            marks[min(others, key=lambda place: count(rows[place]))] = True
    return marks
