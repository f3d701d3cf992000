"""A department's file on its way into the lake: kept aside, checked row by row, and made to count."""

import tempfile
from contextlib import closing
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account
from jigong.accounts.scope import organisations
from jigong.audit.actions import record
from jigong.lake import sql
from jigong.lake.claims import Claim, month_end
from jigong.lake.held import Held, held_items
from jigong.lake.intake import take_in_items
from jigong.lake.lake import Lake
from jigong.lake.patience import patiently, take_in_now
from jigong.lake.report import IntakeReport
from jigong.lake.sources import FileSource
from jigong.packs.contract import Contract
from jigong.packs.pack import Pack
from jigong.portals.kit.uploads import safe_name
from jigong.portals.office.quarantined import lake_of
from jigong.services.anew import decide_anew, people_of_batch, people_of_withdrawn
from jigong.services.cases.differences import note_differences
from jigong.services.setting_aside.perms import of_office
from jigong.services.setting_aside.queries import Place, place_of, waiting_rows

DELIVERED = "office.delivered"
"""Where a session keeps what became of its last delivery."""


class DeliveryForm(forms.Form):
    """A corrected file of one class, and whether it is all there is."""

    file = forms.FileField()
    whole = forms.BooleanField(required=False)


def may_deliver(account: Account, contract: Contract) -> bool:
    """Whether the account delivers this class: an officer of its department, or the site's operator."""
    operated = organisations(account, Permission.MANAGE_ACCOUNTS)
    return of_office(account, contract) or any(o.kind == OrganisationKind.DISTRICT for o in operated)


def deliver(
    pack: Pack,
    contract: Contract,
    file: "UploadedFile[Any]",
    *,
    by: Account,
    at: datetime,
    day: date,
    whole: bool = False,
) -> dict[str, Any]:
    """Take ``file`` in as ``contract``'s class, known since ``day``; what became of it, as plain values.

    Corrected rows are single records; ``whole`` says that the file is all there is.

    Raises:
        JigongError: the lake is busy, the disk is full.
    """
    lake = lake_of(pack)
    waited = _waiting(lake, contract)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(file.name)
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        claim = Claim(whole=whole, records_only=not whole)
        report = take_in_now(lake, [FileSource(path, contract.name)], day=day, claim=claim)
    return _became(pack, lake, contract, report, waited, by=by, at=at, day=day, whole=whole)


def confirm(
    pack: Pack, contract: Contract, held: Held, *, by: Account, at: datetime, day: date
) -> dict[str, Any]:
    """Take in a held delivery: what it leaves out is gone. What became of it, as plain values.

    Raises:
        JigongError: the lake is busy, the disk is full.
    """
    lake = lake_of(pack)
    waited = _waiting(lake, contract)

    def once() -> IntakeReport:
        known_on = max(lake.batches().known_on or day, day)
        with tempfile.TemporaryDirectory() as folder:
            items = held_items(lake, held, known_on, Path(folder))
            return take_in_items(lake, items, known_on=known_on, origin=held.origin, confirm_withdrawals=True)

    return _became(pack, lake, contract, patiently(once), waited, by=by, at=at, day=day, whole=True)


def _became(
    pack: Pack,
    lake: Lake,
    contract: Contract,
    report: IntakeReport,
    waited: set[Place],
    *,
    by: Account,
    at: datetime,
    day: date,
    whole: bool,
) -> dict[str, Any]:
    """Record a delivery, and have everything that follows from it follow."""
    record(
        "lake.deliver", by=by, at=at, object_kind="class", object_id=contract.name,
        detail={
            "batch": report.batch or "", "rows": report.rows_in, "accepted": report.accepted,
            "quarantined": report.quarantined, "withdrawn": report.withdrawn, "whole": whole,
        },
    )  # fmt: skip
    if report.differences:
        note_differences(lake.snapshot(), pack, at=at)
    fresh = 0
    if report.batch:
        classes = {file.class_name for file in report.taken if file.accepted}
        numbers = [people_of_batch(lake, pack.contracts[name], report.batch) for name in classes]
        numbers.append(people_of_withdrawn(lake, report.batch))
        fresh = decide_anew(set().union(*numbers), at=at)
    ended = len(waited - _waiting(lake, contract)) if whole else 0
    open_months = _open(lake, contract, report.batch, day) if report.batch and not whole else []
    return {**_plain(report, fresh), "whole": whole, "ended": ended, "open": open_months}


def _open(lake: Lake, contract: Contract, batch: str, day: date) -> list[str]:
    """The months of a delivery's records that are over and not complete."""
    if contract.covers.kind != "months":
        return []
    snapshot = lake.snapshot()
    month = sql.name(contract.valid_time.start)
    with closing(snapshot.connect()) as duck:
        rows = duck.execute(
            f"SELECT DISTINCT {month} FROM {sql.name(contract.name)} WHERE _batch = ? ORDER BY 1", [batch]
        ).fetchall()
    complete = snapshot.coverage.classes[contract.name].months
    return [f"{one:%Y-%m}" for (one,) in rows if one not in complete and month_end(one) < day]


def _waiting(lake: Lake, contract: Contract) -> set[Place]:
    return {place_of(row) for row in waiting_rows(lake) if row.class_name == contract.name}


def _plain(report: IntakeReport, fresh: int) -> dict[str, Any]:
    """What became of the file, for a session: counts and reasons, nobody's data."""
    earlier = sum(file.rows_in for file in report.taken if file.again)
    return {
        "batch": report.batch,
        "rows_in": report.rows_in - earlier,
        "accepted": report.accepted - report.again,
        "again": report.again,
        "quarantined": report.quarantined,
        "duplicates": report.duplicates,
        "outdated": report.outdated,
        "withdrawn": report.withdrawn,
        "lost_cells": report.lost_cells,
        "incomplete": bool(report.incomplete) and report.batch is not None,
        "thin": [
            {
                "month": f"{one.month:%Y-%m}" if one.month else "",
                "rows": one.rows,
                "of": one.of,
                "why": one.why,
            }
            for one in report.thin
        ],
        "months": [f"{one.month:%Y-%m}" for one in report.covered if one.month is not None],
        "differences": len(report.differences),
        "ignored": sorted({name for file in report.taken for name in file.ignored}),
        "repeated": [one.batch or "" for one in report.repeated],
        "refused": [
            {
                "sheet": one.sheet,
                "zh": one.what.zh,
                "en": one.what.en,
                "remedy_zh": one.remedy.zh,
                "remedy_en": one.remedy.en,
            }
            for one in report.refused
        ],
        "not_taken": [
            {"what": one.sheet or one.name, "zh": one.why.zh, "en": one.why.en} for one in report.not_taken
        ],
        "sheets": asdict(report.sheets),
        "doubtful": [
            {
                "name": one.name,
                "rows": one.rows,
                "lines_zh": "、".join(map(str, one.lines)) + "…" * (one.rows > len(one.lines)),
                "lines_en": ", ".join(map(str, one.lines)) + "…" * (one.rows > len(one.lines)),
                "zh": one.message.zh,
                "en": one.message.en,
            }
            for one in report.doubtful
        ],
        "fresh": fresh,
    }
