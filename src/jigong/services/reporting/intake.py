"""What would become of rows in the lake, and making it so."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from django.db import connection, transaction

from jigong.accounts.models import Organisation
from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.claims import ENTERPRISE, Claim
from jigong.lake.intake_class import ClassIntake
from jigong.lake.lake import Lake
from jigong.lake.patience import patiently, take_in_now
from jigong.lake.snapshot import Snapshot
from jigong.lake.sources import FileSource
from jigong.lake.staging import Arrival
from jigong.lake.writing import Output
from jigong.packs.contract import Contract
from jigong.services.reporting.reading import Fault, Row, write_csv

_OTHERS_RECORD = (
    Text(
        "这个编号已有记录，且不是本单位报送的", "a record with this number exists, and you did not report it"
    ),
    Text("换一个本单位的编号", "use a number of your own"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of rows: ``lines`` of those accepted (``corrected`` of which replace earlier records),
    ``duplicates`` that say nothing new, and what is wrong with the others."""

    lines: tuple[int, ...]
    corrected: int
    duplicates: tuple[int, ...]
    faults: tuple[Fault, ...]
    batch: str = ""


def file_prefix(organisation: Organisation, contract: Contract) -> str:
    """How the lake's files with an organisation's reports of a class begin."""
    return f"{contract.name}-{organisation.code}-"


def preview(
    lake: Lake, contract: Contract, rows: Sequence[Row], *, known_on: date, own: str | None
) -> Outcome:
    """What would become of the rows if they were taken now; the lake stays as it is.

    ``own`` limits which earlier records they may replace: those whose file begins so. None: any.

    Raises:
        JigongError: the lake is busy.
    """
    return patiently(lambda: _preview(lake, contract, rows, known_on, own))


def _preview(lake: Lake, contract: Contract, rows: Sequence[Row], known_on: date, own: str | None) -> Outcome:
    refused: list[Fault] = []
    with lake.store.writing() as build:
        snapshot = lake.snapshot() if lake.batches() else lake.empty(known_on)
        while True:
            outcome, others = _check(snapshot, contract, rows, build, known_on, own)
            if not others:
                break
            key = contract.key[0]
            refused += [
                Fault(row.line, key, row.cells.get(key), *_OTHERS_RECORD)
                for row in rows
                if row.line in others
            ]
            rows = [row for row in rows if row.line not in others]
    faults = tuple(sorted((*outcome.faults, *refused), key=lambda fault: fault.line))
    return Outcome(outcome.lines, outcome.corrected, outcome.duplicates, faults)


def take(
    lake: Lake,
    contract: Contract,
    rows: Sequence[Row],
    *,
    organisation: Organisation,
    known_on: date,
    own: str | None,
) -> Outcome:
    """Take the rows into the lake, as one delivery whose file names the organisation.

    The same rows again change nothing. Rows the contract refuses wait in the lake's quarantine; rows
    over somebody else's record (see :func:`preview`) are left out.

    Raises:
        JigongError: the lake is busy.
    """
    left_out: tuple[Fault, ...] = ()
    # One report at a time: between the look and the taking nobody else's may bring a record of the same key.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('reporting.take'))")
        if own is not None:
            seen = preview(lake, contract, rows, known_on=known_on, own=own)
            left_out = tuple(fault for fault in seen.faults if fault.message == _OTHERS_RECORD[0])
            others = {fault.line for fault in left_out}
            rows = [row for row in rows if row.line not in others]
        content = write_csv(rows, contract)
        name = f"{file_prefix(organisation, contract)}{hashlib.sha256(content).hexdigest()[:12]}.csv"
        with tempfile.TemporaryDirectory(prefix="report-") as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            report = take_in_now(
                lake,
                [FileSource(path, contract.name)],
                day=known_on,
                origin=f"{ENTERPRISE}:{organisation.code}",
                claim=Claim(records_only=True),
            )
    if report.batch is None:
        return Outcome((), 0, tuple(row.line for row in rows), left_out)
    found = _read(lake.root, report.batch, contract, rows, name)
    corrected = sum(file.corrected for file in report.taken)
    return Outcome(found.lines, corrected, found.duplicates, (*found.faults, *left_out), report.batch)


def _check(
    snapshot: Snapshot,
    contract: Contract,
    rows: Sequence[Row],
    build: Path,
    known_on: date,
    own: str | None,
) -> tuple[Outcome, set[int]]:
    """What becomes of the rows, and the lines of those over records of others."""
    if not rows:
        return Outcome((), 0, (), ()), set()
    content = write_csv(rows, contract)
    path = build / "report.csv"
    path.write_bytes(content)
    for old in build.glob("*/*.parquet"):
        old.unlink()
    digest = hashlib.sha256(content).hexdigest()
    arrival = Arrival("report.csv", path, digest, content.count(b"\n"), "csv")
    output = Output(build, "preview", known_on)
    with duckdb.connect() as con:
        result = ClassIntake(con, snapshot, build, output).take(contract, [arrival])
        corrected = sum(file.corrected for file in result.taken)
        others = _others(con, output, contract, rows, own) if own is not None and corrected else set()
    found = _read_files(output.segment(contract.name), output.quarantine(contract.name), rows, None)
    return Outcome(found.lines, corrected, found.duplicates, found.faults), others


def _others(
    con: duckdb.DuckDBPyConnection, output: Output, contract: Contract, rows: Sequence[Row], own: str
) -> set[int]:
    """The lines of accepted rows whose key is that of a record somebody else reported."""
    same = " AND ".join(f"s.{sql.name(column)} = r.{sql.name(column)}" for column in contract.key)
    found = con.execute(
        f"SELECT DISTINCT s._line FROM read_parquet({sql.text(output.segment(contract.name))}) s"
        f" JOIN current.{sql.name(contract.name)} r ON {same} WHERE NOT starts_with(r._file, {sql.text(own)})"
    ).fetchall()
    return {rows[line - 2].line for (line,) in found}


def _read(root: Path, batch: str, contract: Contract, rows: Sequence[Row], name: str) -> Outcome:
    segment = root / "segments" / batch / f"{contract.name}.parquet"
    return _read_files(segment, root / "quarantine" / batch / f"{contract.name}.parquet", rows, name)


def _read_files(segment: Path, quarantine: Path, rows: Sequence[Row], name: str | None) -> Outcome:
    """Which rows stand in the accepted ones and which in the quarantine; the rest say nothing new.

    Line 1 of the checked file is its header, so that line ``n`` is row ``n - 2``.
    """
    accepted: set[int] = set()
    faults: list[Fault] = []
    bad: set[int] = set()
    with duckdb.connect() as con:
        if segment.exists():
            found = con.execute(f"SELECT _line FROM read_parquet({sql.text(segment)})").fetchall()
            accepted = {line - 2 for (line,) in found}
        if quarantine.exists():
            kept = "" if name is None else f" WHERE file = {sql.text(name)}"
            found = con.execute(
                "SELECT line, columns, value, zh, en, remedy_zh, remedy_en"
                f" FROM read_parquet({sql.text(quarantine)}){kept} ORDER BY line, columns"
            ).fetchall()
            for line, column, value, zh, en, todo_zh, todo_en in found:
                bad.add(line - 2)
                faults.append(Fault(rows[line - 2].line, column, value, Text(zh, en), Text(todo_zh, todo_en)))
    return Outcome(
        tuple(rows[place].line for place in sorted(accepted)),
        0,
        tuple(row.line for place, row in enumerate(rows) if place not in accepted and place not in bad),
        tuple(faults),
    )
