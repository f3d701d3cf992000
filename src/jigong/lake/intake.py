"""Intake: a delivery becomes part of the lake whole, or not at all."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

import duckdb

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import error
from jigong.lake import sql
from jigong.lake.arrivals import receive
from jigong.lake.batches import Batch, Segment, TakenFile, batch_name, contract_hash
from jigong.lake.errors import Refused, explain_full_disk
from jigong.lake.intake_class import Arrival, ClassIntake
from jigong.lake.lake import Lake
from jigong.lake.report import IntakeReport, RefusedFile, Repeated
from jigong.lake.snapshot import snapshot_id
from jigong.lake.sources import Item, Source, class_of, expand
from jigong.lake.writing import Output
from jigong.packs.contract import Contract

Progress: TypeAlias = Callable[[str, int, int], None]


@dataclass(slots=True)
class _Delivery:
    """The arrivals of a run, sorted out: to take in (by class), waiting, repeated, refused.

    A file waits when it came last with rows in quarantine for what they refer to: to try it again is in
    vain, unless something else comes along.
    """

    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    waiting: list[tuple[str, Arrival]] = field(default_factory=list)
    repeated: list[Repeated] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)


_REFERENCE = "reference"


def take_in(
    lake: Lake, sources: Sequence[Source], *, known_on: date, progress: Progress | None = None
) -> IntakeReport:
    """Take in one delivery, known since ``known_on``; several classes may come together.

    ``progress(what, done, total)`` is called as files are received and classes checked. A file whose very
    content was taken in before changes nothing; when nothing else came there is no new batch. Only a file
    with rows in quarantine for what they refer to is tried again, when anything else has come meanwhile.

    Raises:
        JigongError: a source does not exist, the lake is busy or newer than ``known_on``, the disk is
            full. The lake is then as it was.
    """
    items = expand(sources)
    with explain_full_disk(lake.root), lake.store.writing() as build:
        batches = lake.batches()
        _check_order(batches, known_on)
        delivery = _receive(lake, items, batches, build, progress)
        batch = _take(lake, delivery, batches, known_on, build, progress)
        current = (*batches, batch) if batch else batches
    return IntakeReport(
        known_on,
        batch.name if batch else None,
        snapshot_id(current) if current else None,
        batch.files if batch else (),
        tuple(delivery.repeated),
        tuple(delivery.refused),
    )


def _check_order(batches: Sequence[Batch], known_on: date) -> None:
    # What was known on a past day must read back the same forever, so nothing is added to the past.
    if batches and known_on < batches[-1].known_on:
        newest = batches[-1].known_on
        raise error(
            f"知悉日期 {known_on} 早于数据湖最近一批的 {newest}",
            f"known on {known_on} is before the newest delivery in the lake, {newest}",
            remedy=(f"用 {newest} 或之后的日期", f"use {newest} or a later date"),
        )


def _receive(
    lake: Lake, items: Sequence[Item], batches: Sequence[Batch], build: Path, progress: Progress | None
) -> _Delivery:
    """Put every item into the archive, and find out which class it is and whether it came before."""
    delivery = _Delivery()
    seen: dict[tuple[str, str, str], str | None] = {
        (f.sha256, f.class_name, f.contract): b.name
        for b in batches
        for f in b.files
        if _REFERENCE not in f.quarantined
    }
    newest = {(f.sha256, f.class_name, f.contract): b.name for b in batches[-1:] for f in b.files}
    for done, item in enumerate(items):
        if progress:
            progress(item.name, done, len(items))
        class_name: str | None = None
        received = None
        try:
            received = receive(item, lake.contracts, build)
            lake.store.archive(received.path, received.sha256)
            if received.refusal is not None:
                raise received.refusal
            class_name = class_of(item, lake.contracts)
        except Refused as refusal:
            delivery.refused.append(
                _refused(item.name, class_name, received.sha256 if received else None, refusal)
            )
            continue
        arrival = Arrival(
            item.name,
            lake.store.archived(received.sha256),
            received.sha256,
            received.line_breaks,
            received.format,
        )
        mark = (arrival.sha256, class_name, contract_hash(lake.contracts[class_name]))
        if mark in seen:
            delivery.repeated.append(Repeated(item.name, class_name, arrival.sha256, seen[mark]))
        elif mark in newest:
            seen[mark] = newest[mark]
            delivery.waiting.append((class_name, arrival))
        else:
            seen[mark] = None
            delivery.arrivals.setdefault(class_name, []).append(arrival)
    return delivery


def _repeated(file: TakenFile, batches: Sequence[Batch]) -> Repeated | None:
    """The file as a repetition of an earlier one with the same content; None if it never came."""
    same = (file.sha256, file.class_name, file.contract)
    for batch in reversed(batches):
        if any((f.sha256, f.class_name, f.contract) == same for f in batch.files):
            return Repeated(file.name, file.class_name, file.sha256, batch.name)
    return None


def _refused(name: str, class_name: str | None, sha256: str | None, refusal: Refused) -> RefusedFile:
    return RefusedFile(name, class_name, sha256, refusal.reason, refusal.detail)


def _take(
    lake: Lake,
    delivery: _Delivery,
    batches: tuple[Batch, ...],
    known_on: date,
    build: Path,
    progress: Progress | None,
) -> Batch | None:
    """Check every class, then publish all of them at once; None when nothing new came of it."""
    refused = len(delivery.refused)
    batch = _check(lake, delivery, batches, known_on, build, progress) if delivery.arrivals else None
    if batch is not None and batch.segments and delivery.waiting:
        # What came may be what the waiting files refer to: all are taken in together, from the start.
        for class_name, arrival in delivery.waiting:
            delivery.arrivals.setdefault(class_name, []).append(arrival)
        delivery.waiting.clear()
        del delivery.refused[refused:]
        for folder in ("segments", "quarantine"):
            shutil.rmtree(build / folder, ignore_errors=True)
        batch = _check(lake, delivery, batches, known_on, build, progress)
    for class_name, arrival in delivery.waiting:
        delivery.repeated.append(Repeated(arrival.name, class_name, arrival.sha256, batches[-1].name))
    if batch is not None:
        lake.store.publish(batch.name, build, batch.to_json())
    return batch


def _check(
    lake: Lake,
    delivery: _Delivery,
    batches: tuple[Batch, ...],
    known_on: date,
    build: Path,
    progress: Progress | None,
) -> Batch | None:
    """Check every class into ``build``; None when every file was refused or has nothing new."""
    snapshot = lake.snapshot() if batches else lake.empty(known_on)
    contents = [
        (arrival.sha256, name, contract_hash(lake.contracts[name]))
        for name, arrivals in delivery.arrivals.items()
        for arrival in arrivals
    ]
    name = batch_name(len(batches) + 1, known_on, contents)
    output = Output(build, name, known_on)
    taken: list[TakenFile] = []
    segments: list[Segment] = []
    with _connection(build) as con:
        intake = ClassIntake(con, snapshot, build, output)
        order = [name for name in by_reference(lake.contracts) if name in delivery.arrivals]
        for done, class_name in enumerate(order):
            if progress:
                progress(class_name, done, len(order))
            result = intake.take(lake.contracts[class_name], delivery.arrivals[class_name])
            taken += result.taken
            segments += [result.segment] if result.segment else []
            delivery.refused += [_refused(a.name, class_name, a.sha256, why) for a, why in result.refused]
    again = [_repeated(file, batches) for file in taken]
    if not segments and all(again):
        delivery.repeated += [repeated for repeated in again if repeated is not None]
        return None
    return Batch(name, known_on, tuple(taken), tuple(segments), _hashes(build, name))


def _connection(build: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"SET temp_directory = {sql.text(build / 'spill')}")
    return con


def _hashes(build: Path, batch: str) -> dict[str, str]:
    return {
        f"{folder}/{batch}/{file.name}": file_hash(file)
        for folder in ("segments", "quarantine")
        for file in sorted((build / folder).glob("*.parquet"))
    }


def by_reference(contracts: Mapping[str, Contract]) -> list[str]:
    """The classes in such an order that those referred to come before those that refer to them."""
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in order or name in path or name not in contracts:
            return
        for column in contracts[name].columns:
            if column.reference:
                visit(column.reference[0], (*path, name))
        order.append(name)

    for name in contracts:
        visit(name, ())
    return order
