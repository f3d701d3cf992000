"""Merge small deliveries, so that reading a year of them costs what reading one costs. Nothing anybody reads changes.

A lake may get tens of thousands of deliveries a year of a row or two each. When too many lie loose, their files are
merged: rows of many deliveries in one file, each row saying itself which delivery and which line it is from. What
was merged before is merged again only when what came since is at least a quarter of it (a log-structured merge, each
kind and class for itself), and a large file never, so that all merging of a year stays a small part of its intake.

Records that later ones have superseded move apart once they are a noticeable part of a file: they are read for
snapshots of before only. What identifies a snapshot is kept, never made anew.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jigong.kernel.hashing import file_hash
from jigong.lake import sql
from jigong.lake.deliveries import Deliveries, read_deliveries
from jigong.lake.lake import Lake
from jigong.lake.parts import (
    BATCHES,
    CONFIRMED,
    CORRECTED,
    COVERAGE,
    FILES,
    QUARANTINE,
    SEGMENTS,
    SUPERSEDED,
    WAITING,
    WITHDRAWN,
    Head,
    Part,
    parts_of,
)
from jigong.lake.store import BATCH_FOLDERS, Store
from jigong.lake.stored import accepted, columns_of, files, with_batches
from jigong.lake.tables import batch_rows, file_rows
from jigong.lake.writing import PARQUET

_RATIO = 4
"""A file is merged with those after it when it has at most so many times their rows."""

_SMALL = 5_000
"""Rows up to which a file is merged with those after it whatever they are: it takes milliseconds."""

_LARGE = 1_000_000
"""Rows from which on a file is left as it is: opening one more costs nothing beside reading it."""

_NOTICED = 32
"""Superseded records are taken out of a file once they are one in so many of its rows."""


_OF_ALL = (QUARANTINE, COVERAGE)
"""Kinds of which the rows of all classes are merged together."""


def merge_if_due(lake: Lake, build: Path) -> None:
    """Merge what lies loose where it is more than the lake wants, into ``build``; the lake is held.

    The delivery before it is in already, so nothing that goes wrong here may look as if it were not.
    """
    try:
        over = len(lake.store.current().batches) - lake.loose
        # Where it did not work it is tried again when as many have come once more, not at every delivery.
        if over > 0 and (over - 1) % max(lake.loose, 1) == 0:
            _merge(lake.store, build, whole=False)
    except Exception:
        logging.getLogger(__name__).exception("the deliveries could not be merged; the lake is whole")


def merge(lake: Lake, *, whole: bool = False) -> bool:
    """Merge every delivery that lies loose; with ``whole`` also what was merged before, whatever it costs.

    Returns whether there was anything to do.

    Raises:
        LakeBusyError: another run holds the lake.
        OSError: the disk is full, for example; the lake is then as it was.
    """
    with lake.store.writing() as build:
        return _merge(lake.store, build, whole=whole)


def _merge(store: Store, build: Path, *, whole: bool) -> bool:
    deliveries = read_deliveries(store)
    old, loose = deliveries.head, deliveries.loose
    if not loose and not (whole and old):
        return False
    number = old.number + 1 if old else 1
    folder = build / "merged"
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"SET temp_directory = {sql.text(build / 'spill')}")
        merging = _Merging(con, store.root, folder, number, whole)
        head = merging.head(deliveries)
    record = head.to_json()
    named = {part.path for part in head.parts}
    gone = {part.path for part in old.parts} - named if old else set()
    if old:
        gone.add(store.head_file(old.number).relative_to(store.root).as_posix())
    gone |= {f"{place}/{batch.name}" for place in BATCH_FOLDERS for batch in loose}
    gone |= {f"batches/{batch.name}.json" for batch in loose}
    store.publish_head(number, folder, record, gone, build)
    return True


class _Merging:
    """One merging: writes into ``folder``, which becomes ``merged/<number>``. A part it wrote has its whole path."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, root: Path, folder: Path, number: int, whole: bool
    ) -> None:
        self._con = con
        self._root = root
        self._folder = folder
        self._number = number
        self._whole = whole
        self._taken: set[Path] = set()

    def head(self, deliveries: Deliveries) -> Head:
        """The record of all deliveries, with everything it lists written."""
        old, loose = deliveries.head, deliveries.loose
        came = old.classes if old else {}
        by: dict[tuple[str, str], list[Part]] = {}
        for part in (*(old.parts if old else ()), *parts_of(came, loose)):
            by.setdefault((part.kind, "" if part.kind in _OF_ALL else part.class_name), []).append(part)
        rows, identity = batch_rows(loose, old.count if old else 0, deliveries.id_before_loose)
        if loose:
            span = (loose[0].name, loose[-1].name)
            by.setdefault((BATCHES, ""), []).append(self._table(BATCHES, rows, span))
            by.setdefault((FILES, ""), []).append(self._table(FILES, file_rows(loose, came), span))
        for kind, class_name in list(by):
            if kind == SEGMENTS:
                gone = by.get((CORRECTED, class_name), [])
                known = deliveries.files_of(class_name)
                by[kind, class_name], superseded = self._settle(by[kind, class_name], gone, known)
                by.setdefault((SUPERSEDED, class_name), []).extend(superseded)
        parts = [
            self._finished(part)
            for (kind, class_name), those in sorted(by.items())
            for part in (those if kind == SEGMENTS else self._merged(kind, class_name, those))
        ]
        for leftover in {*self._folder.iterdir()} - {self._folder / Path(part.path).name for part in parts}:
            leftover.unlink()
        if loose:
            newest, known_on = loose[-1].name, loose[-1].known_on
        else:
            assert old is not None
            newest, known_on = old.batch, old.known_on
        return Head(
            self._number,
            len(deliveries),
            newest,
            known_on,
            identity,
            bool(old and old.aside) or any(batch.aside for batch in loose),
            deliveries.classes,
            tuple(parts),
        )

    def _settle(
        self, parts: Sequence[Part], corrections: Sequence[Part], known: int
    ) -> tuple[list[Part], list[Part]]:
        """The accepted rows of a class, merged, and those of them that were taken out because they are superseded.

        ``known`` is how many files of the class came.
        """
        gone = self._gone(parts, corrections)
        kept: list[Part] = []
        superseded: list[Part] = []
        for group in self._groups(parts, gone):
            if len(group) == 1 and not self._noticed(group[0], gone):
                kept += group
                continue
            some = group[0]
            rows = accepted(self._root, group, sql.names)
            place = {"first": some.first, "last": group[-1].last, "columns": some.columns, "applied": known}
            span = (some.batches[0], group[-1].batches[1])
            later = [c for c in corrections if c.last >= some.first]
            if not later or not any(gone.get(part) for part in group):
                kept += self._write(SEGMENTS, some.class_name, rows, span, **place)
                continue
            dead = f"(SELECT _source AS _gone, _line AS _gone_line FROM {files(self._root, later)})"
            on = "ON _source = _gone AND _line = _gone_line"
            kept += self._write(
                SEGMENTS, some.class_name, f"SELECT * FROM ({rows}) ANTI JOIN {dead} {on}", span, **place
            )
            superseded += self._write(
                SUPERSEDED, some.class_name, f"SELECT * FROM ({rows}) SEMI JOIN {dead} {on}", span, **place
            )
        return kept, superseded

    def _gone(self, parts: Sequence[Part], corrections: Sequence[Part]) -> dict[Part, int]:
        """How many rows of each part are superseded, and still in it."""
        open_to = [
            part for part in parts if any(c.last >= max(part.first, part.applied) for c in corrections)
        ]
        if not open_to:
            return {}
        values = ", ".join(f"({n}, {p.first}, {p.last}, {p.applied})" for n, p in enumerate(open_to))
        found = self._con.execute(
            f"SELECT number, count(*) FROM {files(self._root, corrections)}"
            f" JOIN (VALUES {values}) part(number, first, last, applied)"
            " ON _source >= first AND _source <= last AND _before >= applied GROUP BY number"
        ).fetchall()
        return {open_to[number]: count for number, count in found}

    @staticmethod
    def _noticed(part: Part, gone: Mapping[Part, int]) -> bool:
        return part.rows <= _LARGE and gone.get(part, 0) * _NOTICED >= part.rows

    def _merged(self, kind: str, class_name: str, parts: Sequence[Part]) -> Iterator[Part]:
        """The files of one kind and class, merged."""
        parts = [self._counted(part) for part in parts]
        for group in self._groups(parts):
            if len(group) == 1:
                yield group[0]
                continue
            if kind in (QUARANTINE, WAITING, COVERAGE, WITHDRAWN):
                rows = with_batches(self._root, group)
            else:
                # A record written by an older program may lack a column.
                rows = f"SELECT * FROM {files(self._root, group, ', union_by_name = true')}"
            yield from self._write(
                kind,
                class_name,
                rows,
                (group[0].batches[0], group[-1].batches[1]),
                first=min(part.first for part in group),
                last=max(part.last for part in group),
                columns=group[0].columns,
                applied=max(part.applied for part in group),
            )

    def _counted(self, part: Part) -> Part:
        """A part with what its delivery did not say of it."""
        if part.kind not in (CONFIRMED, QUARANTINE, WAITING, COVERAGE, WITHDRAWN) or part.rows:
            return part
        rows = pq.read_metadata(self._root / part.path).num_rows
        columns = columns_of(self._root, part) if part.kind == WAITING else ()
        return replace(part, rows=rows, columns=columns)

    def _groups(self, parts: Sequence[Part], gone: Mapping[Part, int] | None = None) -> list[list[Part]]:
        """Which files to make one of, oldest first."""
        groups: list[list[Part]] = []
        for part in reversed(parts):
            if groups and self._fits(part, groups[-1], gone or {}):
                groups[-1].insert(0, part)
            else:
                groups.append([part])
        return groups[::-1]

    def _fits(self, part: Part, group: Sequence[Part], gone: Mapping[Part, int]) -> bool:
        rows = sum(one.rows for one in group)
        if part.columns != group[0].columns or max(part.rows, rows) > _LARGE:
            return False
        # One that must be written anew in any case takes the others in.
        return self._whole or self._noticed(part, gone) or part.rows <= max(_SMALL, _RATIO * rows)

    def _table(self, kind: str, rows: pa.Table, span: tuple[str, str]) -> Part:
        file = self._file(kind, "")
        pq.write_table(rows, file, compression="zstd")
        return Part(kind, "", str(file), "", rows.num_rows, span)

    def _write(
        self, kind: str, class_name: str, rows: str, span: tuple[str, str], **place: Any
    ) -> Iterator[Part]:
        """Write a file and give it as a part; nothing where there are no rows."""
        file = self._file(kind, class_name)
        written = self._con.execute(f"COPY ({rows}) TO {sql.text(file)} {PARQUET}").fetchall()[0][0]
        if written:
            yield Part(kind, class_name, str(file), "", written, span, **place)

    def _file(self, kind: str, class_name: str) -> Path:
        stem = f"{class_name}.{kind}" if class_name else kind
        names = (self._folder / f"{stem}{f'-{n}' if n else ''}.parquet" for n in count())
        file = next(name for name in names if name not in self._taken)
        self._taken.add(file)
        return file

    def _finished(self, part: Part) -> Part:
        """A part as the head lists it."""
        file = Path(part.path)
        if not file.is_absolute():
            return part
        return replace(part, path=f"merged/{self._number:06d}/{file.name}", sha256=file_hash(file))
