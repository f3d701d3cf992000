"""The quarantine, gathered: how much of which class waits, and row by row what is wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from jigong.kernel.text import Text
from jigong.lake.batches import Batch
from jigong.lake.lake import Lake
from jigong.lake.quarantine import QuarantinedRow, quarantined_rows
from jigong.lake.reasons import message
from jigong.lake.waiting import still_waiting
from jigong.packs.contract import Contract
from jigong.packs.pack import Pack

MOST_ROWS = 50_000
"""Faults of one class that are read for a page or a download."""


@dataclass(frozen=True, slots=True)
class Came:
    """One class: what came in all deliveries, how much of it waits in quarantine, and the reasons."""

    contract: Contract
    rows_in: int
    quarantined: int
    reasons: tuple[tuple[Text, int], ...]
    batches: tuple[tuple[str, str, int, int], ...]
    """Of each delivery, the newest first: its name, the day, rows in, rows in quarantine."""

    @property
    def share(self) -> float | None:
        """The part that is in quarantine."""
        return self.quarantined / self.rows_in if self.rows_in else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row."""

    column: str
    value: str
    why: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row in quarantine with everything that is wrong with it; ``values`` as sent, by column."""

    batch: str
    file: str
    line: int
    values: dict[str, str]
    faults: tuple[Fault, ...]


def lake_of(pack: Pack) -> Lake:
    """The site's lake."""
    return Lake(settings.JIGONG.data / "lake", pack.contracts)


def came(lake: Lake, contracts: Sequence[Contract]) -> list[Came]:
    """What came of each class, those with most in quarantine first."""
    batches = lake.batches()
    found = [_came(contract, batches) for contract in contracts]
    return sorted(found, key=lambda one: (-one.quarantined, one.contract.number))


def _came(contract: Contract, batches: Sequence[Batch]) -> Came:
    reasons: Counter[Text] = Counter()
    lines = []
    for batch in reversed(batches):
        files = [file for file in batch.files if file.class_name == contract.name]
        if not files:
            continue
        lines.append(
            (
                batch.name,
                str(batch.known_on),
                sum(f.rows_in for f in files),
                sum(f.quarantined_rows for f in files),
            )
        )
        for file in files:
            for reason, count in file.quarantined.items():
                reasons[message(reason, contract)] += count
    return Came(
        contract, sum(line[2] for line in lines), sum(line[3] for line in lines), tuple(reasons.most_common()), tuple(lines)
    )  # fmt: skip


def wrong_rows(lake: Lake, class_name: str, batch: str = "", limit: int = MOST_ROWS) -> list[WrongRow]:
    """The rows of a class that wait in quarantine, the newest delivery first, with all faults of each together.

    A row that a later delivery has put right waits no longer.
    """
    grouped: dict[tuple[str, str, int], list[QuarantinedRow]] = {}
    found = [row for row in quarantined_rows(lake, class_name, limit) if not batch or row.batch == batch]
    for row in still_waiting(lake, lake.contracts[class_name], found):
        grouped.setdefault((row.batch, row.file, row.line), []).append(row)
    return [
        WrongRow(
            *key,
            {name: value or "" for name, value in (rows[0].row or {}).items()},
            tuple(Fault(row.column or "", row.value or "", row.message, row.remedy) for row in rows),
        )
        for key, rows in grouped.items()
    ]
