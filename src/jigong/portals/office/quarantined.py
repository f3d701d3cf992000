"""The quarantine, gathered: how much of which class waits, since when, and row by row what is wrong."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.conf import settings

from jigong.accounts.masking import STAR, mask_number
from jigong.kernel.text import Text
from jigong.lake.batches import Batch
from jigong.lake.lake import Lake
from jigong.lake.quarantine import QuarantinedRow, quarantined_rows
from jigong.lake.waiting import WaitingRow
from jigong.packs.contract import PEOPLE, Column, Contract
from jigong.packs.pack import Pack
from jigong.services.setting_aside.models import Proposal
from jigong.services.setting_aside.queries import (
    STEP,
    Place,
    days_late,
    open_proposals,
    place_of,
    waiting_rows,
)

MOST_ROWS = 50_000
"""Faults of one class that are read for a page or a download."""


@dataclass(frozen=True, slots=True)
class Came:
    """One class: what came in all deliveries, how much of it still waits in quarantine, and the reasons."""

    contract: Contract
    rows_in: int
    waiting: int
    """Rows that wait whole."""
    cells: int
    """Rows that were accepted, of which only a cell was lost."""
    late: int
    """Of both, those that wait longer than they may."""
    proposed: int
    """Rows that somebody wants set aside."""
    reasons: tuple[tuple[Text, int], ...]
    batches: tuple[tuple[str, str, int, int], ...]
    """Of each delivery, the newest first: its name, the day, rows in, rows quarantined then."""

    @property
    def share(self) -> float | None:
        """The part that waits."""
        return self.waiting / self.rows_in if self.rows_in else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row."""

    column: str
    value: str
    why: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row in quarantine with everything that is wrong with it; ``values`` as sent, by column.

    ``cell`` says that the row was accepted and only the named cells were lost; ``proposal`` who wants it set aside.
    """

    batch: str
    file: str
    line: int
    values: dict[str, str]
    faults: tuple[Fault, ...]
    cell: bool
    known_on: date
    due: date | None = None
    """By when it has to be put right."""
    proposal: Proposal | None = None

    def key(self, contract: Contract, owner: bool) -> str:
        """Which record it is about: the cells of its key, and whose where that is not in it, masked as
        :func:`shown_key` does."""
        columns = [contract.column(name) for name in contract.key]
        if not any(column.identifier in PEOPLE for column in columns):
            columns += [column for column in contract.columns if column.identifier in PEOPLE][:1]
        return shown_key([(c, self.values.get(c.name, "")) for c in columns], owner)


def shown_key(cells: Iterable[tuple[Column, str]], owner: bool) -> str:
    """The cells that say which record is meant: numbers of people in part, and to others than the owner nothing."""
    shown = [
        STAR * min(len(text), 6) if not owner else mask_number(text) if column.identifier in PEOPLE else text
        for column, text in cells
        if text
    ]
    return " · ".join(shown)


def lake_of(pack: Pack) -> Lake:
    """The site's lake."""
    return Lake(settings.JIGONG.data / "lake", pack.contracts)


def came(pack: Pack, contracts: Sequence[Contract], *, day: date) -> list[Came]:
    """What came of each class, those with most in quarantine first."""
    lake, days = lake_of(pack), pack.days_for(STEP)
    batches, names = lake.batches(), {contract.name for contract in contracts}
    waiting = [row for row in waiting_rows(lake) if row.class_name in names]
    proposed = Counter(place[0] for place in open_proposals(waiting))
    found = []
    for contract in contracts:
        rows = [row for row in waiting if row.class_name == contract.name]
        late = sum(days_late(row.known_on, days, day) > 0 for row in rows)
        found.append(_came(contract, batches, rows, late, proposed[contract.name]))
    return sorted(found, key=lambda one: (-one.late, -one.waiting, -one.cells, one.contract.number))


def _came(
    contract: Contract, batches: Sequence[Batch], rows: Sequence[WaitingRow], late: int, proposed: int
) -> Came:
    lines = []
    for batch in reversed(batches):
        # Rows of an earlier delivery that came in with this one were counted when they came.
        files = [file for file in batch.files if file.class_name == contract.name and not file.again]
        if files:
            rows_in, wrong = sum(f.rows_in for f in files), sum(f.quarantined_rows for f in files)
            lines.append((batch.name, str(batch.known_on), rows_in, wrong))
    reasons = Counter(fault.message for row in rows for fault in row.faults)
    cells = sum(bool(row.cells) for row in rows)
    return Came(
        contract, sum(line[2] for line in lines), len(rows) - cells, cells, late, proposed,
        tuple(reasons.most_common()), tuple(lines),
    )  # fmt: skip


def wrong_rows(lake: Lake, class_name: str, batch: str = "", limit: int = MOST_ROWS) -> list[WrongRow]:
    """The rows of a class that wait in quarantine, the newest delivery first, with all faults of each together.

    A row that a later delivery has put right, or that was set aside, waits no longer.
    """
    waiting = {place_of(row): row for row in waiting_rows(lake) if row.class_name == class_name}
    grouped: dict[Place, list[QuarantinedRow]] = {}
    for name in sorted({place[1] for place in waiting}, reverse=True):
        if batch in ("", name):
            for row in quarantined_rows(lake, class_name, limit, name):
                place = (class_name, name, row.file, row.line)
                if place in waiting:
                    grouped.setdefault(place, []).append(row)
    return [_wrong(waiting[place], rows) for place, rows in list(grouped.items())[:limit]]


def _wrong(waiting: WaitingRow, rows: Sequence[QuarantinedRow]) -> WrongRow:
    return WrongRow(
        waiting.batch,
        waiting.file,
        waiting.line,
        {name: value or "" for name, value in (rows[0].row or {}).items()},
        tuple(Fault(row.column or "", row.value or "", row.message, row.remedy) for row in rows),
        rows[0].cell,
        waiting.known_on,
    )


def most_urgent(rows: Sequence[WrongRow], pack: Pack) -> list[WrongRow]:
    """The rows with their deadline, the oldest first; then as they stood in their files."""
    days = timedelta(pack.days_for(STEP))
    marked = [replace(row, due=row.known_on + days) for row in rows]
    return sorted(marked, key=lambda row: (row.known_on, row.file, row.line))


def with_proposals(
    rows: Sequence[WrongRow], class_name: str, proposed: Mapping[Place, Proposal]
) -> list[WrongRow]:
    """The rows, each with who wants it set aside."""
    return [replace(row, proposal=proposed.get((class_name, row.batch, row.file, row.line))) for row in rows]


def proposals_of(lake: Lake, class_name: str) -> Mapping[Place, Proposal]:
    """What of one class waits for a second person."""
    return open_proposals(row for row in waiting_rows(lake) if row.class_name == class_name)
