"""What waits in quarantine, since when, how late it is, and which of it is proposed to be set aside."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from jigong.accounts.models import Account
from jigong.lake.lake import Lake
from jigong.lake.waiting import WaitingRow
from jigong.packs.contract import Contract
from jigong.services.setting_aside.models import Answer, Proposal
from jigong.services.setting_aside.perms import of_office

STEP = "waiting_row"
"""Its deadline in the pack: for so many days a row may wait."""
Place = tuple[str, str, str, int]
"""Class, batch, file and line: which row of a delivery."""


_kept: dict[tuple[Path, str], tuple[Mapping[str, Contract], tuple[WaitingRow, ...]]] = {}
"""What waits in the last two states of the lake that were asked for: reckoning it takes a second or more."""


def waiting_rows(lake: Lake) -> tuple[WaitingRow, ...]:
    """Every row and lost cell that waits now; reckoned once for each state of the lake."""
    if not lake.batches():
        return ()
    snapshot = lake.snapshot()
    known = _kept.get((lake.root, snapshot.id))
    if known is None or known[0] is not lake.contracts:
        known = (lake.contracts, snapshot.waiting.rows)
        for old in list(_kept)[:-1]:
            _kept.pop(old, None)
        _kept[lake.root, snapshot.id] = known
    return known[1]


def place_of(row: WaitingRow) -> Place:
    """Which row it is."""
    return row.class_name, row.batch, row.file, row.line


def waiting_row(lake: Lake, place: Place) -> WaitingRow | None:
    """The row, while it waits."""
    return next((row for row in waiting_rows(lake) if place_of(row) == place), None)


def days_late(known_on: date, days: int, day: date) -> int:
    """For how many days a row that came on ``known_on`` waits longer than it may; 0 while it may."""
    return max(0, (day - known_on - timedelta(days)).days)


def open_proposals(rows: Iterable[WaitingRow]) -> Mapping[Place, Proposal]:
    """The proposals without an answer, by the row; those of rows that wait no longer have settled themselves."""
    places = {place_of(row) for row in rows}
    found = Proposal.objects.filter(answer__isnull=True, data_class__in={place[0] for place in places})
    return {one.place: one for one in found.select_related("by").order_by("at", "pk") if one.place in places}


def answers(data_class: str, most: int = 10) -> list[Answer]:
    """What was answered of one class, the newest first."""
    found = Answer.objects.filter(proposal__data_class=data_class).select_related("by", "proposal__by")
    return list(found.order_by("-at", "-pk")[:most])


@dataclass(frozen=True, slots=True)
class Mine:
    """What of the quarantine is an officer's own to move on."""

    waiting: int
    """Rows that wait whole."""
    cells: int
    """Rows that were accepted, of which only a cell was lost."""
    late: int
    """Of both."""
    soon: int


def mine(account: Account, lake: Lake, *, days: int, day: date, soon: timedelta) -> Mine | None:
    """What waits of the classes of the account's department; None for who is no department's officer."""
    names = own_classes(account, lake.contracts.values())
    if not names:
        return None
    rows = [row for row in waiting_rows(lake) if row.class_name in names]
    late = sum(days_late(row.known_on, days, day) > 0 for row in rows)
    by_then = sum(days_late(row.known_on, days, day + soon + timedelta(1)) > 0 for row in rows)
    cells = sum(bool(row.cells) for row in rows)
    return Mine(len(rows) - cells, cells, late, by_then - late)


def own_classes(account: Account, contracts: Iterable[Contract]) -> Collection[str]:
    """The classes whose rows the account may set aside."""
    return {contract.name for contract in contracts if of_office(account, contract)}
