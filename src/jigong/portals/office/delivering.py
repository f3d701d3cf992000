"""A department's file on its way into the lake: kept aside, checked row by row, and made to count."""

import tempfile
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from procrastinate.exceptions import AlreadyEnqueued

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.lake.lake import Lake
from jigong.lake.patience import take_in_now
from jigong.lake.report import IntakeReport
from jigong.lake.sources import FileSource
from jigong.packs.contract import Contract
from jigong.packs.pack import Pack
from jigong.portals.kit.uploads import safe_name
from jigong.portals.office.quarantined import lake_of
from jigong.rules.engines.duckdb import quoted
from jigong.services.bring import refresh
from jigong.services.tasks import bring_now

AT_ONCE = 50
"""People so few are decided about anew before the page answers; more wait for the next whole run."""


def deliver(
    pack: Pack, contract: Contract, file: "UploadedFile[Any]", *, by: Account, at: datetime, day: date
) -> dict[str, Any]:
    """Take ``file`` in as ``contract``'s class, known since ``day``; what became of it, as plain values.

    Raises:
        JigongError: the lake is busy, the disk is full.
    """
    lake = lake_of(pack)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(file.name)
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        report = take_in_now(lake, [FileSource(path, contract.name)], day=day)
    record(
        "lake.deliver", by=by, at=at, object_kind="class", object_id=contract.name,
        detail={"batch": report.batch or "", "rows": report.rows_in, "accepted": report.accepted, "quarantined": report.quarantined},
    )  # fmt: skip
    fresh = _refreshed(lake, contract, report.batch, at) if report.batch and report.accepted else 0
    return _plain(report, fresh)


def _refreshed(lake: Lake, contract: Contract, batch: str, at: datetime) -> int:
    """Decide anew about those the new records are about, if few; everybody at the next whole run."""
    # One that waits already will see these records too.
    with suppress(AlreadyEnqueued):
        bring_now.defer()
    people = [column.name for column in contract.columns if column.identifier == "citizen"]
    numbers: set[str] = set()
    with lake.snapshot().connect() as duck:
        for name in people:
            rows = duck.execute(
                f"SELECT DISTINCT {quoted(name)} FROM {quoted(contract.name)}"
                f" WHERE _batch = ? AND {quoted(name)} IS NOT NULL LIMIT {AT_ONCE + 1}",
                [batch],
            ).fetchall()
            numbers |= {row[0] for row in rows}
    if not numbers or len(numbers) > AT_ONCE:
        return 0
    refresh(sorted(numbers), settings.JIGONG.data, at=at)
    return len(numbers)


def _plain(report: IntakeReport, fresh: int) -> dict[str, Any]:
    return {
        "batch": report.batch,
        "rows_in": report.rows_in,
        "accepted": report.accepted,
        "quarantined": report.quarantined,
        "duplicates": report.duplicates,
        "ignored": sorted({name for file in report.taken for name in file.ignored}),
        "repeated": [one.batch or "" for one in report.repeated],
        "refused": [
            {"zh": one.what.zh, "en": one.what.en, "remedy_zh": one.remedy.zh, "remedy_en": one.remedy.en}
            for one in report.refused
        ],
        "fresh": fresh,
    }
