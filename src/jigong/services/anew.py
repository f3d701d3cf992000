"""New data have come: those they are about are decided about anew, at once if few; everybody with the next whole run."""

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from jigong.accounts.queries import person_with_number
from jigong.lake import sql
from jigong.lake.lake import Lake
from jigong.lake.waiting import WaitingRow
from jigong.lake.withdrawals import withdrawn_since
from jigong.packs.contract import PEOPLE, Contract
from jigong.services.bring import refresh
from jigong.services.tasks import bring_now

AT_ONCE = 50
"""People so few are decided about anew before the page answers; more wait for the next whole run."""
_CITIZEN = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")


def decide_anew(numbers: Collection[str], *, at: datetime) -> int:
    """Have everybody decided anew in the background, and ``numbers`` at once if they are few; gives how many."""
    # One that waits already will see the new data too.
    with suppress(AlreadyEnqueued), transaction.atomic():
        bring_now.defer()
    if not numbers or len(numbers) > AT_ONCE:
        return 0
    refresh(sorted(numbers), settings.JIGONG.data, at=at)
    return len(numbers)


def people_of_batch(lake: Lake, contract: Contract, batch: str) -> set[str]:
    """Those whom the records are about that a batch brought of a class; a few more than :data:`AT_ONCE` at most."""
    numbers: set[str] = set()
    with lake.snapshot().connect() as duck:
        for name in _citizens(contract):
            rows = duck.execute(
                f"SELECT DISTINCT {sql.name(name)} FROM {sql.name(contract.name)}"
                f" WHERE _batch = ? AND {sql.name(name)} IS NOT NULL LIMIT {AT_ONCE + 1}",
                [batch],
            ).fetchall()
            numbers |= {row[0] for row in rows}
    return numbers


def people_of_withdrawn(lake: Lake, batch: str) -> set[str]:
    """Those whom the records name that a batch withdrew; nobody, where they are more than are decided at once."""
    snapshot = lake.snapshot()
    found = [one for one in withdrawn_since(snapshot) if one.batch == batch]
    numbers: set[str] = set()
    for one in found[: AT_ONCE + 1]:
        numbers |= people_of_records(snapshot.contracts[one.class_name], [dict(one.values)])
    return {number for number in numbers if person_with_number(number) is not None}


def people_of_row(lake: Lake, contract: Contract, row: WaitingRow) -> set[str]:
    """Those on file whom a waiting row names, or the record names that it was to replace."""
    named = " ".join(cell for cell in row.row.values() if cell) if row.row else row.text or ""
    numbers = {number.upper() for number in _CITIZEN.findall(named)}
    key = [(row.row or {}).get(name) for name in contract.key]
    columns = _citizens(contract)
    if columns and None not in key:
        same = " AND ".join(f"CAST({sql.name(name)} AS VARCHAR) = ?" for name in contract.key)
        with lake.snapshot().connect() as duck:
            found = duck.execute(
                f"SELECT {sql.names(columns)} FROM {sql.name(contract.name)} WHERE {same}", key
            ).fetchall()
        numbers |= {number for record in found for number in record if number}
    return {number for number in numbers if person_with_number(number) is not None}


def _citizens(contract: Contract) -> list[str]:
    return [column.name for column in contract.columns if column.identifier in PEOPLE]


def people_of_records(contract: Contract, records: Iterable[dict[str, object]]) -> set[str]:
    """Those whom records of a class are about."""
    return {str(record[name]) for record in records for name in _citizens(contract) if record.get(name)}
