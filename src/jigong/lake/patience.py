"""Writing to a lake that others write to as well: wait for one's turn, and never before what is known already."""

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.report import IntakeReport
from jigong.lake.sources import Source
from jigong.lake.store import LakeBusyError

T = TypeVar("T")

_TRIES, _PAUSE = 40, 0.25
"""How often, and after how many seconds, a lake that somebody else holds is tried."""


def patiently(do: Callable[[], T]) -> T:
    """Do it as soon as nobody else writes to the lake.

    Raises:
        LakeBusyError: somebody held it all the time (ten seconds).
    """
    for _ in range(_TRIES - 1):
        try:
            return do()
        except LakeBusyError:
            time.sleep(_PAUSE)
    return do()


def take_in_now(
    lake: Lake, sources: Sequence[Source], *, day: date, origin: str = DEPARTMENT, claim: Claim | None = None
) -> IntakeReport:
    """Take in what came up on ``day``: known since then, or since the newest delivery where that is later.

    ``origin`` and ``claim`` are those of :func:`jigong.lake.intake.take_in`.

    Raises:
        JigongError: the lake stays busy, or the disk is full.
    """

    def once() -> IntakeReport:
        newest = lake.batches().known_on or day
        return take_in(lake, sources, known_on=max(newest, day), origin=origin, claim=claim)

    return patiently(once)
