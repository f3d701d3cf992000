"""The records of merged deliveries as two tables: a row for each delivery, and one for each file it brought.

Lists and mappings in them are kept as JSON, NULL where empty; they are read back as the records say them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa

from jigong.kernel.hashing import canonical_json
from jigong.lake.batches import Batch, TakenFile, chained, read_aside, read_differences, read_file
from jigong.lake.parts import BATCHES, Came

_BATCHES = pa.schema(
    [
        ("place", pa.int64()),
        ("name", pa.string()),
        ("known_on", pa.date32()),
        ("id", pa.string()),
        ("aside", pa.string()),
        ("differences", pa.string()),
        ("gaps", pa.string()),
    ]
)
"""``place`` counts the deliveries from 1; ``id`` is that of the snapshot after the delivery."""

_JSON = ("quarantined", "ignored", "claim")
_COUNTS = (
    "rows_in",
    "accepted",
    "corrected",
    "duplicates",
    "quarantined_rows",
    "outdated",
    "lost_cells",
    "withdrawn",
)
_KINDS = {
    **dict.fromkeys(_COUNTS, pa.int64()),
    "stated_on": pa.date32(),
    "again": pa.bool_(),
}
_FILES = pa.schema(
    [
        ("batch", pa.string()),
        ("known_on", pa.date32()),
        ("place", pa.int64()),
        ("source", pa.int64()),
        *((field.name, _KINDS.get(field.name, pa.string())) for field in fields(TakenFile)),
    ]
)
"""``place`` counts the files of a delivery, ``source`` those of a class, both from 1."""


def schema_of(kind: str) -> pa.Schema:
    """The columns of one of the two tables."""
    return _BATCHES if kind == BATCHES else _FILES


def batch_rows(batches: Sequence[Batch], before: int, id_before: str) -> tuple[pa.Table, str]:
    """The rows of ``batches``, which ``before`` others precede, and the id of the snapshot after the last."""
    rows: list[dict[str, Any]] = []
    for place, batch in enumerate(batches, before + 1):
        id_before = chained(id_before, batch.identity)
        rows.append(
            {
                "place": place,
                "name": batch.name,
                "known_on": batch.known_on,
                "id": id_before,
                "aside": _json([asdict(row) for row in batch.aside]),
                "differences": _json([asdict(row) for row in batch.differences]),
                "gaps": _json(list(batch.gaps)),
            }
        )
    return pa.Table.from_pylist(rows, schema=_BATCHES), id_before


def file_rows(batches: Iterable[Batch], classes: Mapping[str, Came]) -> pa.Table:
    """The rows of the files of ``batches``, which come after ``classes``."""
    sources = {name: came.files for name, came in classes.items()}
    rows: list[dict[str, Any]] = []
    for batch in batches:
        for place, file in enumerate(batch.files, 1):
            sources[file.class_name] = sources.get(file.class_name, 0) + 1
            row = asdict(file)
            row |= {name: _json(row[name]) for name in _JSON}
            row |= {"batch": batch.name, "known_on": batch.known_on, "place": place}
            rows.append({**row, "source": sources[file.class_name]})
    return pa.Table.from_pylist(rows, schema=_FILES)


def read_rows(batches: Iterable[dict[str, Any]], files: Iterable[dict[str, Any]]) -> list[Batch]:
    """The deliveries out of the rows of both tables, the files in order of delivery and place."""
    of: dict[str, list[TakenFile]] = {}
    for row in files:
        of.setdefault(row["batch"], []).append(taken_file(row))
    return [
        Batch(
            row["name"],
            row["known_on"],
            tuple(of.get(row["name"], ())),
            (),
            {},
            read_aside(read_list(row["aside"])),
            read_differences(read_list(row["differences"])),
            tuple(read_list(row["gaps"])),
        )
        for row in batches
    ]


def taken_file(row: Mapping[str, Any]) -> TakenFile:
    """The file out of its row."""
    plain = {field.name: row.get(field.name) for field in fields(TakenFile)}
    plain |= {name: json.loads(row[name]) if row[name] else [] for name in _JSON}
    plain["quarantined"] = dict(json.loads(row["quarantined"]) if row["quarantined"] else {})
    return read_file({**plain, "stated_on": row["stated_on"] and str(row["stated_on"])})


def read_list(text: str | None) -> list[Any]:
    """The list in a cell."""
    return json.loads(text) if text else []


def _json(value: Any) -> str | None:
    return canonical_json(value) if value else None
