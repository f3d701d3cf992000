"""Take in the files of one class: stage, check, settle keys and periods, write."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from jigong.lake import sql
from jigong.lake.batches import Difference, Segment, TakenFile, contract_hash
from jigong.lake.checks import rule_holds
from jigong.lake.coverage import Covered
from jigong.lake.covering import Thin, find_covered
from jigong.lake.errors import NotTaken, Refused
from jigong.lake.keys import drop_replaced, settle_known, settle_twins
from jigong.lake.owners import (
    Word,
    count_overruled,
    count_replaced,
    drop_older,
    find_older,
    keep_corrections,
    keep_platform_columns,
    moves_coverage,
)
from jigong.lake.references import References
from jigong.lake.report import Doubtful, check_equation
from jigong.lake.rivals import settle_circles, settle_overlaps, settle_shared
from jigong.lake.snapshot import Snapshot
from jigong.lake.staging import Arrival, Staged, stage_files
from jigong.lake.waiting import WaitingRow
from jigong.lake.withdrawing import (
    TooMany,
    drop_told,
    find_lacking,
    find_withdrawn_later,
    keep_told,
    put_told,
    settle_told,
    still_current,
    told_contract,
)
from jigong.lake.work import AGAIN, Work
from jigong.lake.writing import TOLD, Output, write
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What became of a class: its files, its segment if any row was accepted, the refused arrivals, what is now
    covered, what brought too few rows to be, where its owner's word differs from the platform's, how many rows
    replaced a newer word, as they were told to, the sheets that were left, how many were read, and which accepted rows are
    doubtful. Where it leaves out too many records (``too_many``) nothing of it was taken."""

    taken: tuple[TakenFile, ...]
    segment: Segment | None
    refused: tuple[tuple[Arrival, Refused], ...]
    covered: tuple[Covered, ...] = ()
    thin: tuple[Thin, ...] = ()
    differences: tuple[Difference, ...] = ()
    replaced: int = 0
    left: tuple[NotTaken, ...] = ()
    sheets: int = 0
    doubtful: tuple[Doubtful, ...] = ()
    too_many: TooMany | None = None


_SHOWN = 5
"""Lines of doubtful rows that are named, of each file."""


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
        self._references = References(con, output)
        snapshot.attach(con, "current", numbered=True)

    def take(
        self,
        contract: Contract,
        arrivals: Sequence[Arrival],
        again: Sequence[WaitingRow] = (),
        *,
        refused_beside: Collection[str | None] = (),
        confirmed: bool = False,
    ) -> ClassResult:
        """Take in all files of a class as one delivery, and ``again`` the rows that had waited for a reference.

        ``refused_beside`` are the classes of the files of the delivery that were refused and may be of this one (None of
        one nobody can tell the class of), ``confirmed`` says that what the files leave out is gone, however much it is.
        """
        of_keys = self._read_told(contract, arrivals)
        work = Work(self.con, contract, self.output.known_on)
        result = self._take(work, arrivals, again, of_keys, refused_beside, confirmed)
        work.close()
        drop_told(work)
        return result

    def _read_told(self, contract: Contract, arrivals: Sequence[Arrival]) -> Staged:
        """Read the files of keys to be withdrawn."""
        files = [arrival for arrival in arrivals if arrival.claim.withdraws]
        if not files:
            return Staged({})
        work = Work(self.con, told_contract(contract), self.output.known_on)
        staged = stage_files(work, self.build, files)
        if staged.files:
            work.begin()
            work.move_odd()
            work.read_odd({})
            settle_twins(work)
            keep_told(work)
            self.con.execute("COMMIT")
        work.close()
        return staged

    def _take(
        self,
        work: Work,
        arrivals: Sequence[Arrival],
        again: Sequence[WaitingRow],
        of_keys: Staged,
        beside: Collection[str | None],
        confirmed: bool,
    ) -> ClassResult:
        told = of_keys.files
        records = [arrival for arrival in arrivals if not arrival.claim.withdraws]
        came = stage_files(work, self.build, records, first=len(told))
        staged = came.files
        beside = {*beside, *(work.contract.name for _ in came.refused)}
        torn = {arrival.name for arrival, _ in came.refused}
        refused, left = (*came.refused, *of_keys.refused), (*came.left, *of_keys.left)
        if not staged and not again and not told:
            return ClassResult((), None, refused, left=left)
        places = {place: AGAIN + n for n, place in enumerate(dict.fromkeys((r.batch, r.file) for r in again))}
        cells = work.columns
        work.add_again(
            [(places[r.batch, r.file], r.line, [(r.row or {}).get(c) for c in cells]) for r in again]
        )
        work.begin()
        if told:
            put_told(work)
        files = {number: arrival for number, (arrival, _) in staged.items()}
        former = {n: self.snapshot.file(work.contract.name, *place) for place, n in places.items()}
        words = {n: Word(a.origin, a.claim.stated_on, a.claim.supersedes) for n, a in files.items()}
        words |= {n: Word(file.origin, file.stated_on, file.supersedes) for n, file in former.items()}
        covered, thin = self._check_rows(work, files)
        # What a refused file of the class held nobody knows, so the others are not the whole unless they say they are.
        if work.contract.name in beside:
            covered = [row for row in covered if row.kind == "gap" or row.file in _whole(files) - torn]
        differences, too_many = self._withdraw(work, words, files, told, covered, bool(beside), confirmed)
        if too_many is not None:
            self.con.execute("COMMIT")
            return ClassResult((), None, refused, left=left, too_many=too_many)
        differences += self._settle(work, words)
        replaced = count_replaced(work)
        doubtful = self._doubtful(work, files)
        result = self._write(work, staged | told, former)
        self.con.execute("COMMIT")
        sheets = sum(arrival.format == "workbook" for arrival in files.values())
        return ClassResult(
            *result, refused, tuple(covered), tuple(thin), differences, replaced, left, sheets, doubtful
        )

    def _doubtful(self, work: Work, files: dict[int, Arrival]) -> tuple[Doubtful, ...]:
        """The good rows that break a rule which only warns."""
        contract = work.contract
        return tuple(
            Doubtful(contract.name, files[number].place, rule.id, rule.message, rows, tuple(lines))
            for rule in contract.row_rules
            if rule.warns
            for number, rows, lines in self.con.execute(
                f"SELECT _file_no, count(*), list(_line ORDER BY _line)[:{_SHOWN}] FROM good"
                f" WHERE NOT {rule_holds(rule)} GROUP BY 1 ORDER BY 1"
            ).fetchall()
            if number in files
        )

    def _withdraw(
        self,
        work: Work,
        words: dict[int, Word],
        files: dict[int, Arrival],
        told: dict[int, tuple[Arrival, int]],
        covered: Sequence[Covered],
        spoilt: bool,
        confirmed: bool,
    ) -> tuple[tuple[Difference, ...], TooMany | None]:
        """Find what is withdrawn: what the files of keys ``told`` name, and what whole deliveries leave out."""
        contract, current = work.contract, self._current(work.contract)
        for number, word in words.items():
            if word.stated_on is not None and not word.supersedes and self.snapshot.has(contract.name):
                find_withdrawn_later(work, self.snapshot, number, word.stated_on)
        differences: tuple[Difference, ...] = ()
        if told:
            said = {n: Word(a.origin, a.claim.stated_on, a.claim.supersedes) for n, (a, _) in told.items()}
            unsettled = self._unsettled(contract)
            differences = settle_told(work, said, self.snapshot, current, unsettled)
        if current is None:
            return differences, None
        names = {arrival.name: number for number, arrival in files.items()}
        # That a month is whole may be told by its rows; that what it lacks is gone, only by who sends it.
        declared = {a.name for a in files.values() if a.claim.months or a.claim.whole}
        covered = [row for row in covered if row.kind == "register" or row.file in declared]
        found, too_many = find_lacking(
            work, words, names, covered, self.snapshot, current, spoilt=spoilt, confirmed=confirmed
        )
        return (*differences, *found), too_many

    def _current(self, contract: Contract) -> str | None:
        """The view of the class's records; None where none ever came."""
        return f"current.{sql.name(contract.name)}" if self.snapshot.has(contract.name) else None

    def _check_rows(self, work: Work, files: dict[int, Arrival]) -> tuple[list[Covered], list[Thin]]:
        """Check each row for itself and against the others that came; says what the files cover."""
        contract = work.contract
        known = {c.name: self._references.values_for(work, c) for c in contract.columns if c.reference}
        work.move_odd()
        for column, table in known.items():
            work.move_unknown(column, table)
        work.read_odd(known)
        # What waits for a reference still goes on waiting where it was.
        self.con.execute(f"DELETE FROM quarantine WHERE _file_no >= {AGAIN} AND NOT cell")
        self.con.execute(f"DELETE FROM ghosts WHERE _file_no >= {AGAIN} AND _cells IS NULL")
        drop_replaced(work)
        settle_twins(work)
        return find_covered(work, files, self.snapshot)

    def _settle(self, work: Work, words: dict[int, Word]) -> tuple[Difference, ...]:
        """Settle what the good rows are to the records of the lake; says where they differ from the platform's word."""
        contract = work.contract
        differences: tuple[Difference, ...] = ()
        current = self._current(contract)
        if current is not None:
            current = still_current(work, current)
            find_older(work, words, self.snapshot, current)
            platform = self._of_platform(contract)
            if platform:
                differences = keep_platform_columns(work, words, self.snapshot, platform)
                differences += keep_corrections(work, words, self.snapshot, platform)
            settle_known(work, current, self._unsettled(contract))
            drop_older(work)
            if platform:
                count_overruled(work)
        settle_shared(work, current)
        settle_overlaps(work, current)
        settle_circles(work, current)
        return differences

    def _unsettled(self, contract: Contract) -> str | None:
        """A table of the keys of the class that have a row that waits, or a cell that was lost."""
        keys = self.snapshot.waiting.keys(contract.name)
        if not keys:
            return None
        names = sql.names(contract.key)
        self.con.register("unsettled_keys", keys)
        self.con.execute(f"CREATE OR REPLACE TABLE unsettled AS SELECT {names} FROM unsettled_keys")
        self.con.unregister("unsettled_keys")
        return "unsettled"

    def _of_platform(self, contract: Contract) -> str:
        """SQL for the batches by which the platform wrote to a class; empty where it did not."""
        batches = self.snapshot.batches.of_platform(contract.name)
        if not batches:
            return ""
        self.con.execute(
            f"CREATE OR REPLACE TABLE of_platform AS SELECT DISTINCT batch FROM ({batches}) b(batch)"
        )
        return "SELECT batch FROM of_platform"

    def _write(
        self, work: Work, staged: dict[int, tuple[Arrival, int]], former: dict[int, TakenFile]
    ) -> tuple[tuple[TakenFile, ...], Segment | None]:
        """Write what the rows became; ``former`` are the files of the rows that had waited."""
        contract = work.contract
        before = self.snapshot.files_of(contract.name)
        back = [n for n in former if work.count(f"SELECT count(*) FROM good WHERE _file_no = {n}")]
        names = {number: arrival.place for number, (arrival, _) in staged.items()}
        names |= {number: former[number].name for number in back}
        confirming = {
            number: _stated_on(arrival) or self.output.known_on
            for number, (arrival, _) in staged.items()
            if moves_coverage(contract, arrival.origin)
        }
        days = {n: _stated_on(arrival) or self.output.known_on for n, (arrival, _) in staged.items()}
        written = write(work, self.output, names, before, confirming, days)
        taken = []
        for number, name in names.items():
            arrival, rows = staged.get(number, (None, written.accepted.get(number, 0)))
            first = arrival or former[number]
            told = written.told.get(number, 0) if arrival and arrival.claim.withdraws else 0
            file = TakenFile(
                class_name=contract.name,
                name=name,
                sha256=first.sha256,
                contract=contract_hash(contract),
                rows_in=rows,
                accepted=written.accepted.get(number, 0) + told,
                corrected=written.corrected.get(number, 0),
                duplicates=written.duplicates.get(number, 0) if arrival else 0,
                quarantined_rows=written.quarantined_rows.get(number, 0),
                quarantined=written.quarantined.get(number, {}),
                ignored=tuple(work.readings[number].ignored) if number in work.readings else (),
                outdated=written.outdated.get(number, 0) if arrival else 0,
                lost_cells=written.lost_cells.get(number, 0),
                origin=first.origin,
                stated_on=_stated_on(arrival) if arrival else former[number].stated_on,
                claim=tuple(arrival.claim.identity) if arrival else (),
                again=arrival is None,
                withdrawn=written.withdrawn.get(number, 0),
            )
            check_equation(file)
            taken.append(file)
        accepted, withdrawn = sum(written.accepted.values()), sum(written.withdrawn.values())
        if not accepted and not withdrawn:
            return tuple(taken), None
        columns = tuple((c.name, c.duckdb_type) for c in contract.columns)
        segment = Segment(
            contract.name,
            accepted,
            sum(written.corrected.values()) + withdrawn,
            columns,
            told=accepted <= TOLD,
        )
        return tuple(taken), segment


def _whole(files: Mapping[int, Arrival]) -> set[str]:
    """The files that say that they are the whole."""
    return {arrival.name for arrival in files.values() if arrival.claim.whole}


def _stated_on(arrival: Arrival) -> date | None:
    """The earlier day whose word a file is; a word that was told to replace newer ones is said anew today."""
    return None if arrival.claim.supersedes else arrival.claim.stated_on
