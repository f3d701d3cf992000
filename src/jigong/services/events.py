"""What happens on the platform becomes data: records of the pack's classes, delivered to the lake like a department's."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jigong.kernel.problems import JigongError, Problem, error
from jigong.kernel.text import Text
from jigong.lake.claims import DEPARTMENT, PLATFORM, Claim
from jigong.lake.lake import Lake
from jigong.lake.patience import take_in_now
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.report import IntakeReport
from jigong.lake.sources import FileSource
from jigong.lake.withdrawing import REASON
from jigong.packs.contract import Contract
from jigong.rules.engines.duckdb import quoted
from jigong.services.reporting.intake import preview
from jigong.services.reporting.reading import Row


@dataclass(frozen=True, slots=True)
class Change:
    """New values of some columns of one record of a class; texts as a department would send them."""

    data_class: str
    key: Mapping[str, Any]
    values: Mapping[str, str]


def deliver(
    lake: Lake, changes: Sequence[Change], *, origin: str, known_on: date, department: bool = False
) -> IntakeReport:
    """Deliver each record anew with its changed columns. The same changes again bring nothing new.

    ``origin`` names the file (``case-12``), so that evidence tells where the record came from. ``department`` says
    that it is the department's own word, given on the platform: it stands even where the platform had corrected it.

    Raises:
        JigongError: there is no such record, or what it would become breaks its contract.
    """
    rows = {
        name: _rows(lake, changes, lake.contracts[name])
        for name in dict.fromkeys(change.data_class for change in changes)
    }
    # Looked at first: what the lake has taken stays there, and a cell that it cannot read would be lost.
    faults = [problem for name, cells in rows.items() for problem in _faults(lake, name, cells, known_on)]
    if faults:
        raise JigongError(*faults)
    with tempfile.TemporaryDirectory() as folder:
        sources = [
            FileSource(_written(lake.contracts[name], cells, Path(folder), origin, department), name)
            for name, cells in rows.items()
        ]
        whose = DEPARTMENT if department else f"{PLATFORM}:{origin}"
        # Of all other records of the class it says nothing.
        claim = Claim(records_only=True, supersedes=True) if department else None
        report = take_in_now(lake, sources, day=known_on, origin=whose, claim=claim)
    faults = _rejected(lake, report)
    if report.refused or faults:
        raise JigongError(
            *[Problem(refused.what, None, refused.remedy) for refused in report.refused], *faults
        )
    return report


def withdraw(
    lake: Lake, data_class: str, key: Mapping[str, Any], reason: str, *, origin: str, known_on: date
) -> IntakeReport:
    """Withdraw one record on the platform's word: it counts no more from then on. ``origin`` names the file.

    Raises:
        JigongError: there is no such record.
    """
    contract = lake.contracts[data_class]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{contract.name}-{origin}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow([*contract.key, REASON])
            writer.writerow([*(str(key[name]) for name in contract.key), reason])
        report = take_in_now(
            lake,
            [FileSource(file, contract.name)],
            day=known_on,
            origin=f"{PLATFORM}:{origin}",
            claim=Claim(withdraws=True),
        )
    if faults := _rejected(lake, report):
        raise JigongError(*faults)
    return report


def _rows(lake: Lake, changes: Sequence[Change], contract: Contract) -> list[dict[str, str]]:
    """The records as they shall be, as texts."""
    rows = []
    for change in changes:
        if change.data_class == contract.name:
            record = _record(lake, contract, change.key)
            unknown = [name for name in change.values if name not in record]
            if unknown:
                raise error(
                    f"{contract.label.zh}没有“{unknown[0]}”这一列",
                    f"{contract.name} has no column {unknown[0]}",
                )
            record.update(change.values)
            rows.append({column.name: _text(record[column.name], column.kind) for column in contract.columns})
    return rows


def _faults(lake: Lake, name: str, rows: Sequence[dict[str, str]], known_on: date) -> list[Problem]:
    """What the contract has against the records."""
    day = max((batch.known_on for batch in lake.batches()), default=known_on)
    sent = [Row(place, {n: cell for n, cell in row.items() if cell}) for place, row in enumerate(rows, 1)]
    seen = preview(lake, lake.contracts[name], sent, known_on=max(day, known_on), own=None)
    return [
        Problem(_about(lake.contracts[name], fault.column, fault.message), None, fault.remedy)
        for fault in seen.faults
    ]


def _written(
    contract: Contract, rows: Sequence[dict[str, str]], folder: Path, origin: str, department: bool
) -> Path:
    text = io.StringIO()
    writer = csv.writer(text)
    # Every origin is a word of its own. The platform's say so beside the file; a department's of one day are told
    # apart by what they hold, so a column that nobody reads names it.
    writer.writerow([*(column.name for column in contract.columns), *([origin] if department else [])])
    for row in rows:
        writer.writerow([*row.values(), *([""] if department else [])])
    file = folder / f"{contract.name}-{origin}.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    return file


def _record(lake: Lake, contract: Contract, key: Mapping[str, Any]) -> dict[str, Any]:
    """The current record with this key."""
    where = " AND ".join(f"CAST({quoted(name)} AS VARCHAR) = ?" for name in contract.key)
    with lake.snapshot().connect() as connection:
        cursor = connection.execute(
            f"SELECT {', '.join(quoted(c.name) for c in contract.columns)} FROM {quoted(contract.name)} WHERE {where}",
            [str(key[name]) for name in contract.key],
        )
        rows = cursor.fetchall()
    if len(rows) != 1:
        raise error(
            f"找不到这条“{contract.label.zh}”记录，可能刚被部门更新",
            f"there is no such record of {contract.name}; a department may have just changed it",
            remedy=("刷新后重新选择记录", "reload and choose the record again"),
        )
    return dict(zip((column.name for column in contract.columns), rows[0], strict=True))


def _text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:%Y-%m}" if kind == "month" and isinstance(value, date) else str(value)


def _rejected(lake: Lake, report: IntakeReport) -> list[Problem]:
    if not report.quarantined and not report.lost_cells:
        return []
    rows = quarantined_rows(lake, batch=report.batch)
    return [Problem(_about(lake.contracts[r.class_name], r.column, r.message), None, r.remedy) for r in rows]


def _about(contract: Contract, columns: str | None, message: Text) -> Text:
    """What is wrong, and with which columns."""
    named = [name.strip() for name in (columns or "").split(",")]
    labels = [column.label for column in contract.columns if column.name in named]
    if not labels:
        return message
    zh, en = "、".join(label.zh for label in labels), ", ".join(label.en for label in labels)
    return Text(f"{zh}：{message.zh}", f"{en}: {message.en}")
