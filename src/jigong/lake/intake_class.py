"""Take in the files of one class: stage, check, settle keys and periods, write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jigong.lake import sql
from jigong.lake.batches import Segment, TakenFile, contract_hash
from jigong.lake.checks import plain_select
from jigong.lake.errors import Refused
from jigong.lake.keys import settle_known, settle_twins
from jigong.lake.readers.csv import read_csv
from jigong.lake.readers.parquet import read_parquet
from jigong.lake.readers.reading import Reading, Stage
from jigong.lake.readers.xlsx import read_xlsx
from jigong.lake.report import check_equation
from jigong.lake.rivals import settle_overlaps, settle_shared
from jigong.lake.snapshot import Snapshot
from jigong.lake.work import Work
from jigong.lake.writing import Output, write
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file to take in: its name, its content (already in the lake's hands), hash, line breaks and format."""

    name: str
    path: Path
    sha256: str
    line_breaks: int
    format: str


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What became of a class: its files, its segment if any row was accepted, and the refused arrivals."""

    taken: tuple[TakenFile, ...]
    segment: Segment | None
    refused: tuple[tuple[Arrival, Refused], ...]


class ClassIntake:
    """Takes in one class after another on one connection; ``build`` is the folder of the new batch.

    Classes that others refer to come first: what is accepted of them is known to the later ones.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, snapshot: Snapshot, build: Path, output: Output
    ) -> None:
        self.con = con
        self.snapshot = snapshot
        self.build = build
        self.output = output
        self._known: dict[tuple[str, str], str] = {}
        snapshot.attach(con, "current")

    def take(self, contract: Contract, arrivals: Sequence[Arrival]) -> ClassResult:
        """Take in all files of a class as one delivery."""
        work = Work(self.con, contract)
        result = self._take(work, arrivals)
        work.close()
        return result

    def _take(self, work: Work, arrivals: Sequence[Arrival]) -> ClassResult:
        staged, refused = self._stage(work, arrivals)
        if not staged:
            return ClassResult((), None, refused)
        # Rowids name rows from here on; inside a transaction they stay what they are.
        self.con.execute("BEGIN")
        self._settle(work)
        result = self._write(work, staged, refused)
        self.con.execute("COMMIT")
        return result

    def _stage(
        self, work: Work, arrivals: Sequence[Arrival]
    ) -> tuple[dict[int, tuple[Arrival, int]], tuple[tuple[Arrival, Refused], ...]]:
        """The staged files by number, with the rows of each, and those that were refused."""
        staged: dict[int, tuple[Arrival, int]] = {}
        refused: list[tuple[Arrival, Refused]] = []
        for number, arrival in enumerate(arrivals):
            counts: list[int] = []
            stage = self._stage_into(work, number, counts)
            try:
                reading = self._read(arrival, work.contract, stage)
            except Refused as refusal:
                refused.append((arrival, refusal))
                self.con.execute(f"DROP TABLE IF EXISTS rows_{number}")
                continue
            work.add(number, reading)
            staged[number] = (arrival, counts[-1] + len(reading.malformed) + len(reading.spoilt))
        return staged, tuple(refused)

    def _stage_into(self, work: Work, number: int, counts: list[int]) -> Stage:
        def stage(relation: str, raw: object) -> int:
            assert isinstance(raw, dict)
            self.con.execute(
                f"CREATE OR REPLACE TABLE rows_{number} AS {plain_select(work.contract, relation, raw)}"
            )
            counts.append(work.count(f"SELECT count(*) FROM rows_{number}"))
            return counts[-1]

        return stage

    def _read(self, arrival: Arrival, contract: Contract, stage: Stage) -> Reading:
        match arrival.format:
            case "csv":
                spare = self.build / f"spare-{arrival.sha256[:12]}"
                return read_csv(arrival.path, arrival.line_breaks, contract, stage, self.con, spare)
            case "xlsx":
                return read_xlsx(arrival.path, contract, stage, self.con)
            case _:
                return read_parquet(arrival.path, contract, stage, self.con)

    def _settle(self, work: Work) -> None:
        contract = work.contract
        known = {c.name: self._known_table(*c.reference) for c in contract.columns if c.reference}
        work.move_odd()
        for column, table in known.items():
            work.move_unknown(column, table)
        work.read_odd(known)
        settle_twins(work)
        current = f"current.{sql.name(contract.name)}" if self.snapshot.has(contract.name) else None
        if current is not None:
            settle_known(work, current)
        settle_shared(work, current)
        settle_overlaps(work, current)

    def _known_table(self, class_name: str, column: str) -> str:
        """A table of the values of ``class.column``: current records and what this delivery brought."""
        if (class_name, column) not in self._known:
            table = f"known_{len(self._known)}"
            value = sql.name(column)
            select = f"SELECT {value} AS value FROM current.{sql.name(class_name)}"
            segment = self.output.segment(class_name)
            if segment.exists():
                select += f" UNION ALL SELECT {value} FROM read_parquet({sql.text(segment)})"
            self.con.execute(
                f"CREATE TABLE {table} AS SELECT DISTINCT value FROM ({select}) WHERE value IS NOT NULL"
            )
            self._known[class_name, column] = table
        return self._known[class_name, column]

    def _write(
        self,
        work: Work,
        staged: dict[int, tuple[Arrival, int]],
        refused: tuple[tuple[Arrival, Refused], ...],
    ) -> ClassResult:
        names = {number: arrival.name for number, (arrival, _) in staged.items()}
        written = write(work, self.output, names, self.snapshot.files_of(work.contract.name))
        contract = contract_hash(work.contract)
        taken = []
        for number, (arrival, rows) in staged.items():
            file = TakenFile(
                class_name=work.contract.name,
                name=arrival.name,
                sha256=arrival.sha256,
                contract=contract,
                rows_in=rows,
                accepted=written.accepted.get(arrival.name, 0),
                corrected=written.corrected.get(number, 0),
                duplicates=written.duplicates.get(number, 0),
                quarantined_rows=written.quarantined_rows.get(arrival.name, 0),
                quarantined=written.quarantined.get(arrival.name, {}),
                ignored=tuple(work.readings[number].ignored),
            )
            check_equation(file)
            taken.append(file)
        rows = sum(written.accepted.values())
        segment = Segment(
            work.contract.name,
            rows,
            sum(written.corrected.values()),
            tuple((c.name, c.duckdb_type) for c in work.contract.columns),
            work.contract.key,
        )
        return ClassResult(tuple(taken), segment if rows else None, refused)
