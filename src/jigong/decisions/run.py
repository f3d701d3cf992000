"""Decides every clause for everybody and writes the verdicts as Parquet: equal inputs give equal bytes."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jigong.decisions.exclusion import OUTBID, PAYS, exclusion_sql, unseen_sql
from jigong.decisions.points import WORKER, absent_items, make_points, with_points
from jigong.decisions.queues import PLACES, in_quota_sql, places_sql, score_names, scores_sql
from jigong.kernel.hashing import content_hash, file_hash
from jigong.kernel.problems import error
from jigong.lake.facts import FactTables
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import Columns, column_of, decide_sql, quoted, text_literal
from jigong.rules.model import Rule
from jigong.rules.rulebook import Rulebook

Progress = Callable[[str], None]

_SIDE_BY_SIDE = 2
"""Clauses finished at the same time."""

_LAYOUT = 4
"""Raised when what a run means or holds changes, so that old ones are not taken for it."""


@dataclass(frozen=True)
class ClauseTotal:
    """What a run found for one clause."""

    clause: str
    per: str
    yes: int
    no: int
    undecided: int
    """Subjects by verdict; workers with nothing to decide about count as no."""
    due_people: int
    due: Decimal
    """Workers (or enterprises) with something due, and how much, after exclusion and quota."""
    excluded: int
    """Subjects that are entitled but get a higher award of the same exclusion group instead."""
    fund: str | None


@dataclass(frozen=True)
class Run:
    """A finished run on disk."""

    folder: Path
    id: str
    pack: str
    pack_hash: str
    snapshot: str
    known_on: date
    as_of: date
    workers: int
    totals: tuple[ClauseTotal, ...]
    reckoning: Mapping[str, date] = field(default_factory=dict)
    """For each class the newest covered month, or the last covered day, that the run rests on."""

    absent: tuple[str, ...] = ()
    """Items of points nobody has, for their class never came: they count for nobody, not even as not known."""

    def verdicts(self, clause: str) -> Path:
        """The Parquet file of a clause's verdicts."""
        return self.folder / f"{clause}.parquet"

    @property
    def points(self) -> Path:
        """The Parquet file of everybody's points."""
        return self.folder / "points.parquet"


def in_force(clause: Clause, day: date) -> bool:
    """Whether a clause holds on ``day``."""
    return clause.in_force.from_ <= day <= (clause.in_force.to or date.max)


def run_identity(pack: Pack, snapshot: str, as_of: date) -> str:
    """The id of the run of a pack on a snapshot as of a date: equal inputs, equal id."""
    return content_hash({"layout": _LAYOUT, "pack": pack.hash, "snapshot": snapshot, "as_of": as_of})


def run_folder(out: Path, run_id: str) -> Path:
    """Where in ``out`` the run with this id lies."""
    return out / run_id[:32]


def decide(
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    out: Path,
    progress: Progress | None = None,
    *,
    part_of: Run | None = None,
) -> Run:
    """Decide every clause in force on the facts' date; the run is a new folder in ``out``.

    For each clause ``<clause>.parquet`` has one row for each subject, and one for each worker with
    no subject: subject, worker, verdict, mask (bit i: condition i is true), known (bit i: condition
    i is not missing), branch, amount, potential, missing, excluded_by, outbid_by, rank, in_quota, due. Within an
    exclusion group only the clause that gives most is due; ``excluded_by`` names it in the others, and ``outbid_by`` in
    it those that could still give more, with the most of each (:mod:`jigong.decisions.exclusion`). A clause with
    a quota also has the columns of :func:`jigong.decisions.queues.places_sql`, and its scores.

    A worker without a subject gets a no; or undecided, with the kind of subject missing, where the
    classes that list such subjects never came or are stale. A quota is filled first, by rank among
    all who are entitled; what lies within it then competes in the clause's exclusion group. Where
    ``facts`` are of only some people of a run it is ``part_of``, nobody is ranked.

    Raises:
        JigongError: two branches of equal rank apply with different amounts.
    """
    run_id = run_identity(pack, facts.snapshot_id, facts.as_of)
    folder = run_folder(out, run_id)
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        decider = _Decider(facts, pack, rulebook, values, aside, part_of)
        totals = decider.run(progress or (lambda name: None))
        manifest = {
            "id": run_id,
            "pack": pack.manifest.name,
            "pack_hash": pack.hash,
            "snapshot": facts.snapshot_id,
            "known_on": str(facts.known_on),
            "as_of": str(facts.as_of),
            "reckoning": {name: str(day) for name, day in sorted(facts.reckoning.items())},
            "workers": decider.workers,
            "totals": [_plain(total) for total in totals],
            "absent": decider.absent,
            "files": {file.name: file_hash(file) for file in sorted(aside.glob("*.parquet"))},
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (aside / "run.json").write_text(text, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return read_run(folder)


def read_run(folder: Path) -> Run:
    """A run that was written before.

    Raises:
        JigongError: there is no finished run in ``folder``.
    """
    file = folder / "run.json"
    if not file.is_file():
        raise error(
            f"{folder} 里没有完成的决定", f"no finished run in {folder}", remedy=("先运行 jigong decide", "run jigong decide")
        )  # fmt: skip
    data = json.loads(file.read_text(encoding="utf-8"))
    return Run(
        folder,
        data["id"],
        data["pack"],
        data["pack_hash"],
        data["snapshot"],
        date.fromisoformat(data["known_on"]),
        date.fromisoformat(data["as_of"]),
        data["workers"],
        tuple(ClauseTotal(**{**total, "due": Decimal(total["due"])}) for total in data["totals"]),
        {name: date.fromisoformat(day) for name, day in data["reckoning"].items()},
        tuple(data["absent"]),
    )


def _plain(total: ClauseTotal) -> dict[str, Any]:
    return {**asdict(total), "due": str(total.due)}


class _Decider:
    """One run in one connection over the facts."""

    def __init__(
        self,
        facts: FactTables,
        pack: Pack,
        rulebook: Rulebook,
        values: Mapping[str, ParameterValue],
        folder: Path,
        part_of: Run | None,
    ) -> None:
        self._part_of = part_of
        self._facts = facts
        self._pack = pack
        self._rulebook = rulebook
        self._values = values
        self._folder = folder
        self._today = f"DATE '{facts.as_of}'"
        self._connection = facts.connect()
        self.workers = 0
        self.absent: tuple[str, ...] = ()

    def run(self, progress: Progress) -> list[ClauseTotal]:
        progress("points")
        law = self._rulebook, self._values, self._today
        self.absent = self._part_of.absent if self._part_of else absent_items(self._connection, *law)
        self._points = make_points(self._connection, self._pack, *law, self.absent)
        self.workers = self._count("points")
        with self._connection.cursor() as cursor:
            self._save(cursor.sql("SELECT * FROM points ORDER BY worker").to_arrow_table(), "points")
        clauses = [
            files.clause.value
            for files in self._pack.clauses.values()
            if in_force(files.clause.value, self._facts.as_of)
        ]
        for per in dict.fromkeys(clause.per for clause in clauses):
            progress(per)
            self._decide_subject(per, [clause for clause in clauses if clause.per == per])
        self._exclude(clauses)
        # A district is too small for DuckDB to share one statement between cores, so statements run side by side.
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            return list(pool.map(self._finish, clauses))

    def _decide_subject(self, per: str, clauses: list[Clause]) -> None:
        """Create the table ``decided <clause>`` of each clause about one kind of subject."""
        rules = [self._rulebook.clauses[clause.id].bound(self._values) for clause in clauses]
        keep = [per] if per == WORKER or not self._has_worker(per) else [per, WORKER]
        scores: dict[str, str] = {}
        nodes = Columns(self._today, "score")
        for number, clause in enumerate(clauses):
            ranks = self._rulebook.ranks[clause.id]
            names = (column_of(number, name) for name in score_names(ranks))
            scores |= zip(names, scores_sql(ranks, self._values, nodes), strict=True)
        subjects = with_points(self._facts, per, self._points)
        told = (f"{sql} AS {name}" for name, sql in scores.items())
        table = f"(SELECT {', '.join(['*', *told])} FROM {nodes.over(f'({subjects})')})"
        # The most there can be is for exclusion alone.
        unread = [column_of(n, "most") for n, clause in enumerate(clauses) if clause.exclusion is None]
        kept = [*map(quoted, keep), *scores]
        sql = decide_sql(rules, table, kept, self._today, unread)
        self._connection.execute(
            f"CREATE TABLE {_all(per)} AS {sql} ORDER BY {quoted(keep[-1])}, {quoted(per)}"
        )
        for number, (clause, rule) in enumerate(zip(clauses, rules, strict=True)):
            self._refuse_conflict(number, clause, rule, per)
            self._split(number, clause, rule, per)

    def _has_worker(self, per: str) -> bool:
        return WORKER in self._facts.subjects[per].links

    def _refuse_conflict(self, number: int, clause: Clause, rule: Rule, per: str) -> None:
        conflict = column_of(number, "conflict")
        row = self._connection.execute(
            f"SELECT {quoted(per)}, {conflict} FROM {_all(per)} WHERE {conflict} IS NOT NULL ORDER BY 1 LIMIT 1"
        ).fetchone()
        if row is not None:
            first, second = (rule.awards[i].id for i in divmod(int(row[1]), 1000))
            placed = self._pack.clauses[clause.id].clause
            raise error(
                f"条款 {clause.id}:{per} {row[0]} 同时符合同级的 {first} 与 {second}，金额却不同",
                f"clause {clause.id}: {per} {row[0]} gets both {first} and {second}, of equal rank, with different amounts",
                place=placed.place("awards"),
                remedy=("给两个分支不同的 rank,或让条件互斥", "give them different ranks, or make them exclude each other"),
            )  # fmt: skip

    def _split(self, number: int, clause: Clause, rule: Rule, per: str) -> None:
        """One clause's columns out of ``decided``, with names in place of codes, ranked where there is a quota."""
        of = partial(column_of, number)
        branches = " ".join(
            f"WHEN {position} THEN {text_literal(award.id)}" for position, award in enumerate(rule.awards)
        )
        missing = ", ".join(
            f"CASE WHEN {of('missing')} & {1 << bit} <> 0 THEN {text_literal(name)} END"
            for bit, name in enumerate(rule.facts)
        )
        ranks = self._rulebook.ranks[clause.id]
        scores = "".join(f", {of(name)} AS {name}" for name in score_names(ranks))
        bounds = f", {of('most')} AS most" if clause.exclusion is not None else ""
        worker = WORKER if per == WORKER or self._has_worker(per) else "CAST(NULL AS VARCHAR)"
        decided = (
            f"SELECT {quoted(per)} AS subject, {worker} AS worker,"
            f" {of('verdict')} AS verdict, {of('mask')} AS mask, {of('known')} AS known,"
            f" CASE {of('branch')} {branches} END AS branch,"
            f" {of('amount')} AS amount, {of('potential')} AS potential,"
            f" CASE WHEN {of('missing')} = 0 THEN CAST([] AS VARCHAR[])"
            f" ELSE list_filter([{missing}], lambda x: x IS NOT NULL) END AS missing{scores}{bounds}"
            f" FROM {_all(per)}"
        )
        kind, places, in_quota = "VIEW", f"SELECT *, {_NOWHERE} FROM ({decided})", "CAST(NULL AS BOOLEAN)"
        if clause.delivery.mode == "quota" and self._part_of is None:
            # Ranking sorts, so it is kept; the rest is computed when it is written.
            kind, in_quota = "TABLE", in_quota_sql(clause, self._values)
            places = places_sql(f"({decided})", clause, ranks, self._facts.as_of)
        self._connection.execute(
            f"CREATE {kind} {_decided(clause)} AS SELECT *, {in_quota} AS in_quota FROM ({places})"
        )

    def _exclude(self, clauses: list[Clause]) -> None:
        """Create ``excluded``: what becomes of a worker's clauses of one group, of which only one is kept."""
        grouped = [clause for clause in clauses if clause.exclusion is not None]
        unseen = {c.id: workers for c in grouped if (workers := unseen_sql(self._facts, c.per)) is not None}
        tables = {clause.id: _decided(clause) for clause in grouped}
        self._connection.execute(
            f"CREATE TABLE excluded AS {exclusion_sql(grouped, tables, unseen, self._values)}"
        )

    def _finish(self, clause: Clause) -> ClauseTotal:
        """Exclusion and due amount of one clause, written to its file."""
        excluded, join = f"CAST(NULL AS VARCHAR) AS excluded_by, CAST(NULL AS {OUTBID}) AS outbid_by", ""
        if clause.exclusion is not None:
            excluded = "excluded_by, outbid_by"
            join = (
                " LEFT JOIN (SELECT worker AS its_worker, excluded_by, outbid_by FROM excluded"
                f" WHERE clause = {text_literal(clause.id)}) ON d.worker = its_worker AND {PAYS}"
            )
        queue, unseen = ["rank"], ""
        if clause.delivery.mode == "quota":
            queue = [*PLACES, *score_names(self._rulebook.ranks[clause.id])]
            # There may be several of them, so nobody can say how far back they push.
            unseen = " REPLACE (CASE WHEN NOT bool_or(order_best IS NOT DISTINCT FROM 0) OVER () THEN rank_worst END AS rank_worst)"
        sql = (
            f"SELECT *{unseen}, CASE WHEN verdict = 'yes' AND excluded_by IS NULL AND coalesce(in_quota, TRUE) THEN amount END AS due"
            " FROM (SELECT subject, worker, verdict, mask, known, branch, amount, potential, missing,"
            f" {excluded}, {', '.join(queue)}, in_quota FROM {_decided(clause)} d{join}){self._workers_without(clause)}"
        )
        # Workers are decided in their order; only what joins or adds rows must be sorted again.
        if clause.per != WORKER or join or clause.delivery.mode == "quota":
            sql += " ORDER BY worker, subject NULLS LAST"
        with self._connection.cursor() as cursor:
            finished: pa.Table = cursor.sql(sql).to_arrow_table()
            self._save(finished, clause.id)
            (row,) = cursor.execute(
                "SELECT count(*) FILTER (verdict = 'yes'), count(*) FILTER (verdict = 'no'),"
                " count(*) FILTER (verdict = 'undecided'), count(DISTINCT coalesce(worker, subject)) FILTER ("
                "  CASE WHEN due IS NOT NULL THEN due > 0 ELSE verdict = 'yes' AND amount IS NULL AND len(missing) = 0"
                "   AND coalesce(in_quota, TRUE) END),"
                " coalesce(sum(due), 0), count(excluded_by) FROM finished"
            ).fetchall()
        yes, no, undecided, people, due, given_way = row
        return ClauseTotal(
            clause.id, clause.per, yes, no, undecided, people, Decimal(due), given_way, clause.fund
        )

    def _workers_without(self, clause: Clause) -> str:
        """SQL for the workers the clause has nothing to decide about: a no, if the list of subjects is complete."""
        if clause.per == WORKER or not self._has_worker(clause.per):
            return ""
        # Something that waits may be such a subject of theirs: then nobody can say that they have none.
        none = (
            f"worker NOT IN ({unseen_sql(self._facts, clause.per)})"
            if self._facts.subjects[clause.per].listed
            else "FALSE"
        )
        first = ""
        if clause.delivery.mode == "quota" and self._part_of is None:
            # Of a subject nobody has seen nothing is known: it could come before everybody.
            first = f", CASE WHEN NOT {none} THEN 1 END AS rank_best, CASE WHEN NOT {none} THEN 0 END AS order_best"
        zero = "0.00" if self._rulebook.clauses[clause.id].pays_money else "NULL"
        return (
            f" UNION ALL BY NAME SELECT CAST(NULL AS VARCHAR) AS subject, worker,"
            f" CASE WHEN {none} THEN 'no' ELSE 'undecided' END AS verdict, 0 AS mask, 0 AS known,"
            f" CASE WHEN {none} THEN CAST({zero} AS DECIMAL(14,2)) END AS amount,"
            f" CASE WHEN {none} THEN CAST([] AS VARCHAR[]) ELSE [{text_literal(clause.per)}] END AS missing{first}"
            f" FROM points WHERE worker NOT IN (SELECT worker FROM {_decided(clause)} WHERE worker IS NOT NULL)"
        )

    def _count(self, table: str) -> int:
        row = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0

    def _save(self, table: pa.Table, name: str) -> None:
        # PyArrow, not DuckDB, writes the file: its bytes do not depend on the number of threads.
        # One chunk, for page bounds follow chunks. Keys are all different, so a dictionary of them is work in vain.
        few = [
            column
            for column in table.schema.names
            if column not in ("subject", "worker", "missing", "outbid_by", "rank")
        ]
        pq.write_table(
            table.combine_chunks(),
            self._folder / f"{name}.parquet",
            compression="zstd",
            row_group_size=1 << 17,
            use_dictionary=[*few, "missing.list.element"],
        )


_NOWHERE = ", ".join(f"CAST(NULL AS INTEGER) AS {name}" for name in PLACES)


def _all(per: str) -> str:
    return quoted(f"all {per}")


def _decided(clause: Clause) -> str:
    return quoted(f"decided {clause.id}")
