"""What a snapshot is read from: Parquet files, each with the rows of one delivery or of many merged ones.

A delivery first lies in folders of its own, with a record in JSON. Small ones are merged later (see
:mod:`jigong.lake.merging`): then one record lists the files of all merged deliveries, the *head* of the lake.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from jigong.kernel.hashing import canonical_json
from jigong.lake.batches import Batch
from jigong.lake.claims import PLATFORM

SEGMENTS, CORRECTED, CONFIRMED, WITHDRAWN, QUARANTINE, WAITING, COVERAGE = (
    "segments",
    "corrected",
    "confirmed",
    "withdrawn",
    "quarantine",
    "waiting",
    "coverage",
)
"""Kinds of rows that every delivery may bring."""

SUPERSEDED, FILES, BATCHES = "superseded", "files", "batches"
"""Kinds that only merging makes: accepted rows that later ones have superseded; what stood in the records."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of the lake: rows of one ``kind``, of one class or (``class_name`` empty) of all.

    ``batches`` are the first and the last delivery it may hold rows of. Accepted rows carry the number of their file
    among their class's files, ``first`` to ``last``; of corrections these are the least and the greatest count of
    files that had come before. ``applied`` says that whatever the first so many files corrected has been taken out
    of these accepted rows. ``columns`` are names and types; empty where the kind has always the same.

    A part whose rows do not say themselves which delivery they are of has ``known_on``, and ``names``: its class's
    files in that delivery.
    """

    kind: str
    class_name: str
    path: str
    sha256: str
    rows: int
    batches: tuple[str, str]
    first: int = 0
    last: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    applied: int = 0
    known_on: date | None = None
    names: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether its rows say themselves which delivery they are of."""
        return self.known_on is None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one class: how many files (``platform`` of them from the platform itself) and rows, how many rows
    went to quarantine, and the newest delivery with a file of it. Rows that had waited are not counted again."""

    files: int = 0
    platform: int = 0
    rows_in: int = 0
    quarantined_rows: int = 0
    known_on: date | None = None
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The record of all merged deliveries: how many, the newest of them with its day and the id of its snapshot,
    whether any set rows aside, what came of each class, and the files. ``number`` counts the mergings."""

    number: int
    count: int
    batch: str
    known_on: date
    id: str
    aside: bool
    classes: Mapping[str, Came]
    parts: tuple[Part, ...]

    def to_json(self) -> str:
        """The record as it is stored."""
        return canonical_json(asdict(self))


def read_head(text: str) -> Head:
    """The head that :meth:`Head.to_json` wrote."""
    data = json.loads(text)
    return Head(
        **{
            **data,
            "known_on": date.fromisoformat(data["known_on"]),
            "classes": {
                name: Came(**{**c, "known_on": _day(c["known_on"])}) for name, c in data["classes"].items()
            },
            "parts": tuple(_read_part(part) for part in data["parts"]),
        }
    )


def _read_part(data: dict[str, Any]) -> Part:
    return Part(
        **{
            **data,
            "batches": tuple(data["batches"]),
            "columns": tuple((name, kind) for name, kind in data["columns"]),
            "known_on": _day(data["known_on"]),
            "names": tuple(data["names"]),
        }
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def came_with(classes: Mapping[str, Came], batches: Iterable[Batch]) -> dict[str, Came]:
    """What came of each class once ``batches`` came as well."""
    found = dict(classes)
    for batch in batches:
        for file in batch.files:
            before = found.get(file.class_name, Came())
            found[file.class_name] = replace(
                before,
                files=before.files + 1,
                platform=before.platform + file.origin.startswith(f"{PLATFORM}:"),
                rows_in=before.rows_in + file.rows_in * (not file.again),
                quarantined_rows=before.quarantined_rows + file.quarantined_rows * (not file.again),
                known_on=batch.known_on,
                batch=batch.name,
            )
    return found


def parts_of(classes: Mapping[str, Came], batches: Iterable[Batch]) -> Iterator[Part]:
    """The files of deliveries that came after ``classes``. How many rows those in quarantine are, is not known (0)."""
    files = {name: came.files for name, came in classes.items()}
    for batch in batches:
        names: dict[str, list[str]] = {}
        for file in batch.files:
            names.setdefault(file.class_name, []).append(file.name)
        segments = {segment.class_name: segment for segment in batch.segments}
        for path, sha256 in sorted(batch.hashes.items()):
            folder, stem = path.split("/")[0], path.rsplit("/", 1)[-1].removesuffix(".parquet")
            class_name, _, beside = stem.partition(".")
            if folder == COVERAGE:
                class_name = ""
            segment, before = segments.get(class_name), files.get(class_name, 0)
            part = Part(
                folder,
                class_name,
                path,
                sha256,
                0,
                (batch.name, batch.name),
                known_on=batch.known_on,
            )
            if beside in (CONFIRMED, WITHDRAWN):
                part = replace(part, kind=beside)
            elif segment is not None and beside == CORRECTED:
                part = replace(part, kind=CORRECTED, rows=segment.corrected, first=before, last=before)
            elif segment is not None and folder == SEGMENTS:
                came = tuple(names[class_name])
                part = replace(part, rows=segment.rows, first=before + 1, last=before + len(came))
                part = replace(part, columns=segment.columns, names=() if segment.told else came)
                part = replace(part, known_on=None) if segment.told else part
            yield part
        for class_name in names:
            files[class_name] = files.get(class_name, 0) + len(names[class_name])
