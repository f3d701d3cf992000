"""Intake: a delivery becomes part of the lake whole, or not at all."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import error
from jigong.lake import sql
from jigong.lake.batches import (
    Batch,
    Difference,
    Segment,
    SetAside,
    TakenFile,
    batch_identity,
    batch_name,
    chained,
)
from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.coverage import write_coverage
from jigong.lake.deliveries import Deliveries
from jigong.lake.errors import NotTaken, Refused, explain_full_disk
from jigong.lake.gaps import gaps_of, still_open
from jigong.lake.held import hold, note_held
from jigong.lake.incoming import Delivery, Progress, check_classes, content_of, refused_file, sort_out
from jigong.lake.intake_class import ClassIntake
from jigong.lake.lake import Lake
from jigong.lake.merging import merge_if_due
from jigong.lake.report import IntakeReport, Tally
from jigong.lake.snapshot import Snapshot
from jigong.lake.sources import Item, Source, expand
from jigong.lake.staging import Arrival
from jigong.lake.store import BATCH_FOLDERS
from jigong.lake.waiting import WaitingRow
from jigong.lake.writing import Output
from jigong.packs.contract import Contract


def take_in(
    lake: Lake,
    sources: Sequence[Source],
    *,
    known_on: date,
    origin: str = DEPARTMENT,
    claim: Claim | None = None,
    confirm_withdrawals: bool = False,
    progress: Progress | None = None,
) -> IntakeReport:
    """Take in one delivery, known since ``known_on``; several classes may come together.

    ``origin`` says from whom it comes (see :mod:`jigong.lake.claims`), ``claim`` what it says of itself beside
    what its files' names and a ``delivery.yaml`` say. ``progress(what, done, total)`` is called as files are
    received and classes checked. A file that cannot be read is refused, and the others go in. A whole delivery of a
    class that leaves out more records than its contract lets through is refused and held, unless
    ``confirm_withdrawals`` says that they are gone. A file with the very content of the newest word of its class, known on the same
    day, changes nothing; when nothing else came there is no new batch. Rows that had waited for a record they
    refer to are taken in with the delivery that brings it.

    Raises:
        JigongError: a source does not exist, or the class it is said to be; a claim is wider than its contract; the lake
            is busy or newer than ``known_on``; the disk is full. The lake is then as it was.
    """
    items, passed_over = expand(sources, claim or Claim(), lake.contracts)
    return take_in_items(
        lake,
        items,
        not_taken=passed_over,
        known_on=known_on,
        origin=origin,
        confirm_withdrawals=confirm_withdrawals,
        progress=progress,
    )


def take_in_items(
    lake: Lake,
    items: Sequence[Item],
    *,
    not_taken: Sequence[NotTaken] = (),
    known_on: date,
    origin: str = DEPARTMENT,
    confirm_withdrawals: bool = False,
    progress: Progress | None = None,
) -> IntakeReport:
    """Take in one delivery whose files each say something of themselves; the rest is as for :func:`take_in`.

    ``not_taken`` are the files beside them that were passed over.
    """
    check_classes(items, lake.contracts)
    with explain_full_disk(lake.root), lake.store.writing() as build:
        batches = lake.batches()
        _check_order(batches, known_on)
        delivery = sort_out(lake, items, batches, known_on, origin, build, progress)
        delivery.not_taken += not_taken
        batch = None
        if delivery.arrivals or delivery.refused:
            batch = _check(lake, delivery, batches, known_on, origin, build, confirm_withdrawals, progress)
        if batch is not None:
            lake.store.publish(batch.name, build, batch.to_json())
        note_held(lake, delivery.held, delivery.covered, delivery.arrivals, build)
        if batch is not None:
            merge_if_due(lake, build)
        snapshot = chained(batches.id, batch.identity) if batch else batches.id if batches else None
    return IntakeReport(
        known_on,
        batch.name if batch else None,
        snapshot,
        batch.files if batch else (),
        tuple(delivery.repeated),
        tuple(delivery.refused),
        batch.differences if batch else (),
        tuple(delivery.covered),
        tuple(delivery.thin),
        delivery.replaced,
        tuple(delivery.not_taken),
        _files(delivery, len(items)),
        _sheets(delivery),
        tuple(delivery.doubtful),
        tuple(delivery.held),
        tuple(delivery.still_open),
    )


def _files(delivery: Delivery, items: int) -> Tally:
    repeated = len(delivery.repeated)
    refused = sum(file.sheet is None for file in delivery.refused)
    not_taken = sum(file.sheet is None for file in delivery.not_taken)
    return Tally(items + not_taken, items - repeated - refused, repeated, refused, not_taken)


def _sheets(delivery: Delivery) -> Tally:
    refused = sum(file.sheet is not None for file in delivery.refused)
    not_taken = sum(file.sheet is not None for file in delivery.not_taken)
    return Tally(delivery.sheets + refused + not_taken, delivery.sheets, 0, refused, not_taken)


def set_aside(lake: Lake, rows: Sequence[WaitingRow], *, reason: str, known_on: date) -> str:
    """Set waiting rows aside: from this delivery on they count for nothing. Returns the new batch's name.

    Who may do so, and that it takes two people, is the caller's to see to.

    Raises:
        JigongError: the lake is busy or newer than ``known_on``.
    """
    with explain_full_disk(lake.root), lake.store.writing() as build:
        batches = lake.batches()
        _check_order(batches, known_on)
        aside = tuple(SetAside(r.batch, r.class_name, r.file, r.line, reason) for r in rows)
        name = batch_name(len(batches) + 1, batch_identity(known_on, (), aside))
        lake.store.publish(name, build, Batch(name, known_on, (), (), {}, aside).to_json())
        merge_if_due(lake, build)
    return name


def _check_order(batches: Deliveries, known_on: date) -> None:
    # What was known on a past day must read back the same forever, so nothing is added to the past.
    newest = batches.known_on
    if newest is not None and known_on < newest:
        raise error(
            f"知悉日期 {known_on} 早于数据湖最近一批的 {newest}",
            f"known on {known_on} is before the newest delivery in the lake, {newest}",
            remedy=(
                f"用 {newest} 或之后的日期；若是旧日导出的数据，用 --stated-on {known_on} 写明是哪天的数据",
                f"use {newest} or a later date; if it was made on an earlier day, say so with --stated-on {known_on}",
            ),
        )


def _check(
    lake: Lake,
    delivery: Delivery,
    batches: Deliveries,
    known_on: date,
    origin: str,
    build: Path,
    confirmed: bool,
    progress: Progress | None,
) -> Batch | None:
    """Check every class into ``build``; None when every file was refused, and nobody misses what it held."""
    snapshot = lake.snapshot() if batches else lake.empty(known_on)
    contents = [
        content_of(arrival, lake.contracts[name])
        for name, arrivals in delivery.arrivals.items()
        for arrival in arrivals
    ]
    name = batch_name(len(batches) + 1, batch_identity(known_on, contents))
    taken: list[TakenFile] = []
    segments: list[Segment] = []
    differences: list[Difference] = []
    with _connection(build) as con:
        intake = ClassIntake(con, snapshot, build, Output(build, name, known_on))
        again = _referring(lake.contracts, snapshot, delivery.arrivals)
        order = [n for n in by_reference(lake.contracts) if n in delivery.arrivals or n in again]
        for done, class_name in enumerate(order):
            if progress:
                progress(class_name, done, len(order))
            arrivals = delivery.arrivals.get(class_name, ())
            result = intake.take(
                lake.contracts[class_name],
                arrivals,
                again.get(class_name, ()),
                refused_beside={refused.class_name for refused in delivery.refused} & {class_name, None},
                confirmed=confirmed,
            )
            if result.too_many is not None:
                held = hold(result.too_many, arrivals, known_on)
                delivery.held.append(held)
                refused = Refused("file:withdrawals", held.words)
                delivery.refused += [refused_file(a.name, class_name, a.sha256, refused) for a in arrivals]
            taken += result.taken
            segments += [result.segment] if result.segment else []
            delivery.covered += result.covered
            delivery.thin += result.thin
            differences += result.differences
            delivery.replaced += result.replaced
            delivery.not_taken += result.left
            delivery.sheets += result.sheets
            delivery.doubtful += result.doubtful
            delivery.refused += [
                refused_file(a.name, class_name, a.sha256, why, a.sheet) for a, why in result.refused
            ]
    gaps = gaps_of(snapshot, delivery, known_on, origin)
    delivery.covered += gaps
    delivery.still_open += still_open(snapshot, delivery, known_on)
    if not taken and not gaps:
        return None
    if delivery.covered:
        (build / "coverage").mkdir()
        write_coverage(delivery.covered, build / "coverage" / "covered.parquet")
    return Batch(
        name,
        known_on,
        tuple(taken),
        tuple(segments),
        _hashes(build, name),
        differences=tuple(differences),
        gaps=tuple(sorted({row.class_name for row in gaps})),
    )


def _referring(
    contracts: Mapping[str, Contract], snapshot: Snapshot, arrivals: Mapping[str, Sequence[Arrival]]
) -> dict[str, list[WaitingRow]]:
    """By class the rows that wait for a record of a class that comes now, or of one whose waiting rows may."""
    waiting = snapshot.waiting.references() if snapshot.batches else {}
    found: dict[str, list[WaitingRow]] = {}
    for name in by_reference(contracts):
        referred = {c.reference[0] for c in contracts[name].columns if c.reference}
        if name in waiting and any(other in arrivals or other in found for other in referred):
            found[name] = waiting[name]
    return found


def _connection(build: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"SET temp_directory = {sql.text(build / 'spill')}")
    return con


def _hashes(build: Path, batch: str) -> dict[str, str]:
    return {
        f"{folder}/{batch}/{file.name}": file_hash(file)
        for folder in BATCH_FOLDERS
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
