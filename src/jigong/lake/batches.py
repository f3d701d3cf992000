"""The record of a batch: what came, what became of it, and what it was called. Kept as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from jigong.kernel.hashing import canonical_json, content_hash
from jigong.lake.claims import DEPARTMENT
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class TakenFile:
    """One delivered file and what became of its rows.

    ``quarantined`` counts rows by reason; a row with two faults counts under both, so ``quarantined_rows``
    is given apart. ``rows_in = accepted + quarantined_rows + duplicates + outdated``, always; ``corrected`` of
    the accepted rows supersede an earlier record, ``lost_cells`` of their cells could not be read. ``outdated``
    rows say what a newer word has replaced.

    ``withdrawn`` is how many records it took away: those a file of keys names, or that a whole delivery leaves out.
    Of a file of keys these are also the rows ``accepted``.

    ``origin`` says from whom it came, ``stated_on`` the earlier day whose word it is, ``claim`` what it claims to cover
    (see :class:`jigong.lake.claims.Claim`). ``again`` marks rows of an earlier delivery that had waited for what
    they refer to.
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
    outdated: int = 0
    lost_cells: int = 0
    origin: str = DEPARTMENT
    stated_on: date | None = None
    claim: tuple[Any, ...] = ()
    again: bool = False
    withdrawn: int = 0

    @property
    def content(self) -> list[Any]:
        """What makes the file this one, whatever it is called and whatever becomes of its rows."""
        return file_content(self.sha256, self.class_name, self.contract, self.origin, self.claim)

    @property
    def supersedes(self) -> bool:
        """Whether it was to replace newer words."""
        return bool(self.claim and self.claim[-1])


def file_content(sha256: str, class_name: str, contract: str, origin: str, claim: Iterable[Any]) -> list[Any]:
    """What makes a delivered file this one: bytes, class, contract, from whom, and what it claims."""
    return [sha256, class_name, contract, origin, list(claim)]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A waiting row that its office and a second person set aside: it counts for nothing from then on."""

    batch: str
    class_name: str
    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An owner's word that differs from what the platform has recorded: ``kept`` says whose word holds now.

    ``key`` are the record's key values as text, in the order of the contract's key.
    """

    class_name: str
    key: tuple[str, ...]
    column: str
    platform: str | None
    owner: str | None
    kept: str


@dataclass(frozen=True, slots=True)
class Segment:
    """The accepted rows of a class in one batch. ``columns`` are names and types as written then.

    ``corrected`` is how many earlier records they supersede (which, is in a file of its own). ``told`` says that
    the rows say themselves which file and batch they are from.
    """

    class_name: str
    rows: int
    corrected: int
    columns: tuple[tuple[str, str], ...]
    told: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """One delivery that was taken in. ``hashes`` are the SHA-256 of its files, by path in the lake.

    A batch may also bring no file: rows that are set aside; or ``gaps``, classes of which a file with changes was
    refused. Of a batch that was merged with others (see :mod:`jigong.lake.merging`), ``segments`` and ``hashes``
    are empty: it has no files of its own any more.
    """

    name: str
    known_on: date
    files: tuple[TakenFile, ...]
    segments: tuple[Segment, ...]
    hashes: dict[str, str]
    aside: tuple[SetAside, ...] = ()
    differences: tuple[Difference, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def identity(self) -> Any:
        """What makes the batch this one: which contents came for which class, when, from whom, claiming what."""
        return batch_identity(
            self.known_on, [file.content for file in self.files if not file.again], self.aside, self.gaps
        )

    def to_json(self) -> str:
        """The record as it is stored."""
        return canonical_json({**asdict(self), "known_on": self.known_on})


def batch_identity(
    known_on: date,
    contents: Iterable[list[Any]],
    aside: Iterable[SetAside] = (),
    gaps: Iterable[str] = (),
) -> list[Any]:
    """The day, every file's content, what is set aside, and where changes are missing; all sorted: names of files
    and their order do not matter."""
    set_aside = sorted([a.batch, a.class_name, a.file, a.line, a.reason] for a in aside)
    return [known_on, sorted(contents, key=canonical_json), set_aside, list(gaps)]


def chained(before: str, identity: Any) -> str:
    """The id of a snapshot, in hex: a hash over the id of the one before and its last batch's identity.

    Equal deliveries under equal contracts, in equal order, give an equal id; and no earlier batch is needed for it.
    """
    return content_hash([before, identity])


NOTHING = content_hash([])
"""The id of the snapshot before anything came."""


def batch_name(place: int, identity: Any) -> str:
    """A name that sorts by order of arrival and tells batches of different contents apart."""
    return f"{place:06d}-{content_hash(identity)[:12]}"


def read_batch(text: str) -> Batch:
    """The batch that :meth:`Batch.to_json` wrote."""
    data = json.loads(text)
    return Batch(
        name=data["name"],
        known_on=date.fromisoformat(data["known_on"]),
        files=tuple(read_file(file) for file in data["files"]),
        segments=tuple(
            Segment(
                segment["class_name"],
                segment["rows"],
                segment["corrected"],
                tuple((name, kind) for name, kind in segment["columns"]),
                segment["told"],
            )
            for segment in data["segments"]
        ),
        hashes=data["hashes"],
        aside=read_aside(data["aside"]),
        differences=read_differences(data["differences"]),
        gaps=tuple(data["gaps"]),
    )


def read_file(data: dict[str, Any]) -> TakenFile:
    """The file out of its plain values."""
    stated_on = data["stated_on"]
    return TakenFile(
        **{
            **data,
            # Those of before withdrew nothing, and do not say so.
            "withdrawn": data.get("withdrawn") or 0,
            "ignored": tuple(data["ignored"]),
            "claim": tuple(data["claim"]),
            "stated_on": date.fromisoformat(stated_on) if stated_on else None,
        }
    )


def read_aside(rows: Iterable[dict[str, Any]]) -> tuple[SetAside, ...]:
    """The rows set aside out of their plain values."""
    return tuple(SetAside(**row) for row in rows)


def read_differences(rows: Iterable[dict[str, Any]]) -> tuple[Difference, ...]:
    """The differences out of their plain values."""
    return tuple(Difference(**{**row, "key": tuple(row["key"])}) for row in rows)


def contract_hash(contract: Contract) -> str:
    """The hash of everything in a contract that decides which rows are taken; labels do not."""
    columns = [
        [
            [c.name, list(c.headers), c.kind, c.precision, c.scale, c.required, c.unique],
            [[value.value, value.written] for value in c.values],
            [c.minimum, c.maximum, c.exclusive_minimum, c.exclusive_maximum],
            [c.min_length, c.max_length, c.pattern, c.identifier, c.reference, *([c.none] if c.none else [])],
        ]
        for c in contract.columns
    ]
    time = contract.valid_time
    rules = [[rule.id, rule.sql] for rule in contract.row_rules if not rule.warns]
    calendar = [list(contract.happened), dict(contract.ahead)]
    return content_hash(
        [
            contract.name,
            columns,
            contract.key,
            [time.kind, time.start, time.end],
            contract.no_overlap,
            rules,
            calendar,
        ]
    )
