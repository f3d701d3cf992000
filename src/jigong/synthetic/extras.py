"""The rows of a file that are not good: which wrong rows and duplicates, and where among the good ones they go."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jigong.synthetic.calibration import Calibration
from jigong.synthetic.faults import Broken, WrongRow, faults_of, wrong_rows
from jigong.synthetic.stamps import Row, Stamp

_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Extra:
    """A row beside the good ones: ``after`` so many good rows; ``wrong`` is None for a duplicate."""

    after: int
    row: Row
    wrong: WrongRow | None


def extras_of(
    stamp: Stamp, calibration: Calibration, broken: Broken, *, good: int, csv: bool, spread: bool
) -> tuple[Extra, ...]:
    """Wrong rows and duplicates for a file of ``good`` rows, in the order in which they stand in it.

    With ``spread`` the wrong rows stand among the good ones, otherwise behind them; duplicates stand behind, as
    their originals come first; a row with a wrong number of fields is last, so that a CSV can break off in it.
    """
    wrong = sorted(_wrong(stamp, calibration, broken, good, csv), key=lambda row: row.fault.kind == "columns")
    torn = wrong[-1:] if wrong and wrong[-1].fault.kind == "columns" else []
    inside = wrong[: len(wrong) - len(torn)]
    step = good / (len(inside) + 1)
    extras = [
        Extra(math.floor(step * (at + 1)) if spread else good, row.row, row) for at, row in enumerate(inside)
    ]
    twice = _share(calibration, "duplicate", good, least=1)
    extras += [Extra(good, template, None) for template in stamp.templates[:twice]]
    return (*extras, *(Extra(good, row.row, row) for row in torn))


def _wrong(
    stamp: Stamp, calibration: Calibration, broken: Broken, good: int, csv: bool
) -> Sequence[WrongRow]:
    """As many wrong rows as the calibration asks for, and at least one of each kind where it can be made."""
    faults = faults_of(stamp.contract, csv=csv)
    kinds = {fault.kind for fault in faults}
    wanted = _share(calibration, "wrong", good, least=len(kinds))
    made: list[WrongRow] = []
    for turn in range(min(len(faults) * _ROUNDS, stamp.room() // 2)):
        fault = faults[turn % len(faults)]
        if len(made) < wanted or fault.kind in kinds:
            rows = wrong_rows(fault, stamp, 2 * turn, broken)
            made += rows
            kinds -= {row.fault.kind for row in rows}
    return made


def _share(calibration: Calibration, what: str, good: int, *, least: int) -> int:
    share = math.ceil(good * calibration.number(f"{what}_share"))
    return max(least, min(share, int(calibration.number(f"{what}_most"))))
