"""The record of a batch: what came, what became of it, and what it was called. Kept as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from jigong.kernel.hashing import canonical_json, content_hash
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class TakenFile:
    """One delivered file and what became of its rows.

    ``quarantined`` counts rows by reason; a row with two faults counts under both, so ``quarantined_rows``
    is given apart. ``rows_in = accepted + quarantined_rows + duplicates``, always; ``corrected`` of the
    accepted rows supersede an earlier record.
    """

    class_name: str
    name: str
    sha256: str
    contract: str
    rows_in: int
    accepted: int
    corrected: int
    duplicates: int
    quarantined_rows: int
    quarantined: dict[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """The accepted rows of a class in one batch. ``columns`` are names and types as written then.

    ``corrected`` is how many earlier records they supersede (their keys are in a file of their own).
    """

    class_name: str
    rows: int
    corrected: int
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """One delivery that was taken in. ``hashes`` are the SHA-256 of its files, by path in the lake."""

    name: str
    known_on: date
    files: tuple[TakenFile, ...]
    segments: tuple[Segment, ...]
    hashes: dict[str, str]

    @property
    def identity(self) -> Any:
        """What makes the batch this one: which contents came for which class, when, under which contract."""
        return _identity(self.known_on, [(f.sha256, f.class_name, f.contract) for f in self.files])

    def to_json(self) -> str:
        """The record as it is stored."""
        return canonical_json({**asdict(self), "known_on": self.known_on})


def _identity(known_on: date, contents: Iterable[tuple[str, str, str]]) -> list[Any]:
    """The day, and (hash, class, contract) of every file, sorted: names and order do not matter."""
    return [known_on, sorted(contents)]


def batch_name(place: int, known_on: date, contents: Iterable[tuple[str, str, str]]) -> str:
    """A name that sorts by order of arrival and tells batches of different contents apart."""
    return f"{place:06d}-{content_hash(_identity(known_on, contents))[:12]}"


def read_batch(text: str) -> Batch:
    """The batch that :meth:`Batch.to_json` wrote."""
    data = json.loads(text)
    return Batch(
        name=data["name"],
        known_on=date.fromisoformat(data["known_on"]),
        files=tuple(TakenFile(**{**file, "ignored": tuple(file["ignored"])}) for file in data["files"]),
        segments=tuple(
            Segment(
                segment["class_name"],
                segment["rows"],
                segment["corrected"],
                tuple((name, kind) for name, kind in segment["columns"]),
                tuple(segment["key"]),
            )
            for segment in data["segments"]
        ),
        hashes=data["hashes"],
    )


def contract_hash(contract: Contract) -> str:
    """The hash of everything in a contract that decides which rows are taken; labels do not."""
    columns = [
        [
            [c.name, list(c.headers), c.kind, c.precision, c.scale, c.required, c.unique],
            [value.value for value in c.values],
            [c.minimum, c.maximum, c.exclusive_minimum, c.exclusive_maximum],
            [c.min_length, c.max_length, c.pattern, c.identifier, c.reference],
        ]
        for c in contract.columns
    ]
    time = contract.valid_time
    rules = [[rule.id, rule.sql] for rule in contract.row_rules]
    return content_hash(
        [contract.name, columns, contract.key, [time.kind, time.start, time.end], contract.no_overlap, rules]
    )
