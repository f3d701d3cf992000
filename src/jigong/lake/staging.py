"""The files of one class are read, each sheet of a workbook by itself, into tables that are checked next."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jigong.lake.checks import plain_select
from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.errors import NotTaken, Refused
from jigong.lake.readers.csv import read_csv
from jigong.lake.readers.parquet import read_parquet
from jigong.lake.readers.reading import Reading, Stage
from jigong.lake.readers.workbook import Sheet, read_workbook
from jigong.lake.work import Work
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file to take in: its name, its content (already in the lake's hands), hash, line breaks and format.

    ``sheet`` is set where one sheet of several is meant.
    """

    name: str
    path: Path
    sha256: str
    line_breaks: int
    format: str
    claim: Claim = field(default_factory=Claim)
    origin: str = DEPARTMENT
    sheet: str | None = None

    @property
    def place(self) -> str:
        """What is said of where a row stands: a line of it must be one row."""
        return self.name if self.sheet is None else f"{self.name}!{self.sheet}"


@dataclass(frozen=True, slots=True)
class Staged:
    """What was read: files and sheets by number, with the rows of each; those refused; and the sheets that were left."""

    files: dict[int, tuple[Arrival, int]]
    refused: tuple[tuple[Arrival, Refused], ...] = ()
    left: tuple[NotTaken, ...] = ()


def stage_files(work: Work, build: Path, arrivals: Sequence[Arrival], *, first: int = 0) -> Staged:
    """Read the files of a class into tables of ``work``, numbered from ``first``; ``build`` has room for spare copies."""
    staged: dict[int, tuple[Arrival, int]] = {}
    refused: list[tuple[Arrival, Refused]] = []
    left: list[NotTaken] = []
    for arrival in arrivals:
        number = first + len(staged)
        try:
            parts = _parts(arrival, work.contract, refused, left)
            for number, (part, sheet) in enumerate(parts, first + len(staged)):
                counts: list[int] = []
                stage = _stage_into(work, number, counts)
                reading = sheet.stage(stage, work.con) if sheet else _read(part, work, build, stage)
                work.add(number, reading)
                staged[number] = (part, counts[-1] + len(reading.malformed) + len(reading.spoilt))
        except Refused as refusal:
            refused.append((arrival, refusal))
            work.con.execute(f"DROP TABLE IF EXISTS rows_{number}")
    return Staged(staged, tuple(refused), tuple(left))


def _parts(
    arrival: Arrival,
    contract: Contract,
    refused: list[tuple[Arrival, Refused]],
    left: list[NotTaken],
) -> list[tuple[Arrival, Sheet | None]]:
    """The tables in a file: itself, or the sheets of a workbook that could be read; notes the others.

    Raises:
        Refused: none could be.
    """
    if arrival.format != "workbook":
        return [(arrival, None)]
    try:
        book = read_workbook(arrival.path, contract)
    except Refused as refusal:
        left += [NotTaken(arrival.name, sheet.why, sheet.name) for sheet in refusal.sheets]
        raise
    for sheet in book.left:
        if sheet.refusal:
            refused.append((replace(arrival, sheet=sheet.name), sheet.refusal))
        else:
            left.append(NotTaken(arrival.name, sheet.why, sheet.name))
    if len(book.sheets) == 1:
        return [(arrival, book.sheets[0])]
    return [(replace(arrival, sheet=sheet.name), sheet) for sheet in book.sheets]


def _stage_into(work: Work, number: int, counts: list[int]) -> Stage:
    def stage(relation: str, raw: object) -> int:
        assert isinstance(raw, dict)
        work.con.execute(
            f"CREATE OR REPLACE TABLE rows_{number} AS {plain_select(work.contract, relation, raw, work.known_on)}"
        )
        counts.append(work.count(f"SELECT count(*) FROM rows_{number}"))
        return counts[-1]

    return stage


def _read(arrival: Arrival, work: Work, build: Path, stage: Stage) -> Reading:
    match arrival.format:
        case "csv":
            spare = build / f"spare-{arrival.sha256[:12]}"
            return read_csv(arrival.path, arrival.line_breaks, work.contract, stage, work.con, spare)
        case _:
            return read_parquet(arrival.path, work.contract, stage, work.con)
