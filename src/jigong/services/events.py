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
from jigong.lake.lake import Lake
from jigong.lake.patience import take_in_now
from jigong.lake.quarantine import QuarantinedRow, quarantined_rows
from jigong.lake.report import IntakeReport
from jigong.lake.sources import FileSource
from jigong.packs.contract import Contract
from jigong.rules.engines.duckdb import quoted


@dataclass(frozen=True, slots=True)
class Change:
    """New values of some columns of one record of a class; texts as a department would send them."""

    data_class: str
    key: Mapping[str, Any]
    values: Mapping[str, str]


def deliver(lake: Lake, changes: Sequence[Change], *, origin: str, known_on: date) -> IntakeReport:
    """Deliver each record anew with its changed columns. The same changes again bring nothing new.

    ``origin`` names the file (``case-12``), so that evidence tells where the record came from.

    Raises:
        JigongError: there is no such record, or what it would become breaks its contract.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = [
            FileSource(_written(lake, changes, data_class, Path(folder), origin), data_class)
            for data_class in dict.fromkeys(change.data_class for change in changes)
        ]
        report = take_in_now(lake, sources, day=known_on)
    faults = _rejected(lake, report)
    if report.refused or faults:
        raise JigongError(
            *[Problem(refused.what, None, refused.remedy) for refused in report.refused], *faults
        )
    return report


def _written(lake: Lake, changes: Sequence[Change], data_class: str, folder: Path, origin: str) -> Path:
    contract = lake.contracts[data_class]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in contract.columns])
    for change in changes:
        if change.data_class == data_class:
            record = _record(lake, contract, change.key)
            unknown = [name for name in change.values if name not in record]
            if unknown:
                raise error(
                    f"{contract.label.zh}没有“{unknown[0]}”这一列",
                    f"{contract.name} has no column {unknown[0]}",
                )
            record.update(change.values)
            writer.writerow([_text(record[column.name], column.kind) for column in contract.columns])
    file = folder / f"{data_class}-{origin}.csv"
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
    if not report.quarantined:
        return []
    rows = quarantined_rows(lake, batch=report.batch)
    return [Problem(_about(lake.contracts[row.class_name], row), None, row.remedy) for row in rows]


def _about(contract: Contract, row: QuarantinedRow) -> Text:
    """What is wrong, and with which columns."""
    named = [name.strip() for name in (row.column or "").split(",")]
    labels = [column.label for column in contract.columns if column.name in named]
    if not labels:
        return row.message
    zh, en = "、".join(label.zh for label in labels), ", ".join(label.en for label in labels)
    return Text(f"{zh}：{row.message.zh}", f"{en}: {row.message.en}")
