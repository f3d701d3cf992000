"""Decides every clause for everybody and writes a run: equal inputs give equal bytes."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from jigong.decisions.exclusion import exclusion_sql, unseen_sql
from jigong.decisions.layout import (
    MOST,
    Kept,
    column,
    contested_sql,
    decided_sql,
    due_sql,
    parquet,
    plain,
    points_column,
    points_rows_sql,
    without_sql,
    write,
)
from jigong.decisions.points import (
    WORKER,
    absent_items,
    passed,
    points_as_facts,
    points_columns,
    points_facts,
    points_read_of,
    points_sql,
    with_points,
)
from jigong.decisions.queues import places_sql, score_names, scores_sql
from jigong.decisions.run import ClauseTotal, Run, in_force, read_run, run_folder, run_identity
from jigong.kernel.hashing import file_hash
from jigong.kernel.names import own
from jigong.kernel.problems import error
from jigong.lake.facts import FactTables
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import Columns, column_of, decide_sql, quoted, text_literal
from jigong.rules.model import Rule
from jigong.rules.nodes import columns_of
from jigong.rules.rulebook import Rulebook

Progress = Callable[[str], None]

_CONFLICT = own("conflict")
"""Column of a file of subjects: of the first clause with one, its number among the kind's and the two branches."""
_CLAUSES = 1_000_000


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
    """Decide every clause in force on the facts' date; the run is a new folder in ``out`` (:mod:`jigong.decisions.layout`).

    Within an exclusion group only the clause that gives most is due; ``excluded_by`` names it in the others, and
    ``outbid_by`` in it those that could still give more, with the most of each (:mod:`jigong.decisions.exclusion`).

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
            "totals": [{**asdict(total), "due": str(total.due)} for total in totals],
            "kept": [plain(kept) for kept in decider.kept.values()],
            "points": points_columns(rulebook),
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


class _Decider:
    """One run in one connection over the facts its rules read."""

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
        entries = (files.clause.value for files in pack.clauses.values())
        self._clauses = [clause for clause in entries if in_force(clause, facts.as_of)]
        self._kinds = {
            per: [clause for clause in self._clauses if clause.per == per]
            for per in dict.fromkeys([WORKER, *(clause.per for clause in self._clauses)])
        }
        self.kept = {clause.id: self._keep(clause) for clause in self._clauses}
        self._read = {per: self._columns(per, clauses) for per, clauses in self._kinds.items()}
        self._connection = facts.connect(columns=self._read)
        self.workers = 0
        self.absent: tuple[str, ...] = ()

    def run(self, progress: Progress) -> list[ClauseTotal]:
        progress("points")
        law = self._rulebook, self._values, self._today
        self.absent = self._part_of.absent if self._part_of else absent_items(self._connection, *law)
        # Workers first: the others read their points.
        for per, clauses in self._kinds.items():
            progress(per)
            self._subjects(per, clauses)
            if per == WORKER:
                points = points_rows_sql(self._folder, points_columns(self._rulebook))
                self._connection.execute(f"CREATE VIEW points AS {points}")
                (self.workers,) = self._row("SELECT count(*) FROM points")
        self._unseen()
        without = {per: self._without(per, clauses) for per, clauses in self._kinds.items()}
        for clause in self._clauses:
            if self.kept[clause.id].ranked:
                self._queue(clause, endless=without[clause.per][1] > 0)
        self._exclude()
        return [self._total(clause, *without[clause.per]) for clause in self._clauses]

    def _keep(self, clause: Clause) -> Kept:
        rule, queued = self._rulebook.clauses[clause.id], clause.delivery.mode == "quota"
        ranked = queued and self._part_of is None
        quota = clause.delivery.quota
        return Kept(
            clause.id,
            clause.per,
            clause.per == WORKER or WORKER in self._facts.subjects[clause.per].links,
            tuple(award.id for award in rule.awards),
            rule.facts,
            rule.pays_money,
            self._facts.subjects[clause.per].listed,
            clause.exclusion is not None,
            tuple(score_names(self._rulebook.ranks[clause.id])) if queued else None,
            ranked,
            str(self._values[quota]) if ranked and quota is not None else None,
        )

    def _columns(self, per: str, clauses: Sequence[Clause]) -> set[str]:
        """The columns of facts that the rules about one kind of subject read."""
        read = {name for clause in clauses for name in self._rulebook.clauses[clause.id].columns}
        ranks = (expression for clause in clauses for expression, _ in self._rulebook.ranks[clause.id])
        read |= set(columns_of(*ranks))
        return read | set(points_read_of(self._rulebook)) if per == WORKER else read

    def _subjects(self, per: str, clauses: Sequence[Clause]) -> None:
        """Write the file of one kind of subject."""
        rules = [self._rulebook.clauses[clause.id].bound(self._values) for clause in clauses]
        keep = [per] if per == WORKER or not self._has_worker(per) else [per, WORKER]
        told = [quoted(name) for name in keep]
        scores: dict[str, str] = {}
        nodes = Columns(self._today, "score")
        for number, clause in enumerate(clauses):
            kept = self.kept[clause.id]
            ranks = self._rulebook.ranks[clause.id] if kept.scores is not None else ()
            names = (column_of(number, name) for name in kept.scores or ())
            scores |= zip(names, scores_sql(ranks, self._values, nodes), strict=True)
            told += [f"{_part(number, part)} AS {column(clause.id, part)}" for part in kept.parts]
        points = [points_column(name) for name in points_columns(self._rulebook)] if per == WORKER else []
        told += points
        conflicts = [
            f"{n * _CLAUSES} + {column_of(n, 'conflict')}"
            for n, rule in enumerate(rules)
            if _may_conflict(rule)
        ]
        if conflicts:
            told.append(f"coalesce({', '.join(conflicts)}) AS {_CONFLICT}")
        # The most there can be is for exclusion alone; the amount follows from verdict and potential.
        unread = {column_of(n, "amount") for n in range(len(rules))}
        unread |= {column_of(n, "most") for n, clause in enumerate(clauses) if clause.exclusion is None}
        its_points = [name for name in points_facts(self._rulebook) if name in self._read[per]]
        subjects = self._pointed() if per == WORKER else with_points(self._facts, per, its_points)
        scored = ", ".join(["*", *(f"{sql} AS {name}" for name, sql in scores.items())])
        table = f"(SELECT {scored} FROM {nodes.over(f'({subjects})')})"
        sql = decide_sql(rules, table, [*map(quoted, keep), *points, *scores], self._today, unread)
        # Facts lie in the order of their keys; what is joined comes as it likes.
        order = (
            f" ORDER BY {', '.join(map(quoted, reversed(keep)))}" if self._facts.subjects[per].links else ""
        )
        file = self._folder / f"{per}.parquet"
        write(self._connection, f"SELECT {', '.join(told)} FROM ({sql}){order}", file)
        if conflicts:
            self._refuse_conflict(per, clauses, rules, file)

    def _pointed(self) -> str:
        """SELECT of workers with facts, points as facts and, under their names in the file, points."""
        facts = [row[0] for row in self._connection.execute(f"DESCRIBE {quoted(WORKER)}").fetchall()[1:]]
        points = points_sql(
            self._pack, self._rulebook, self._values, quoted(WORKER), self._today, self.absent, facts
        )
        told = [quoted(WORKER), *(f"{passed(fact)} AS {quoted(fact)}" for fact in facts)]
        told += [f"{quoted(name)} AS {points_column(name)}" for name in points_columns(self._rulebook)]
        told += points_as_facts(points_facts(self._rulebook), lambda name: f"p.{quoted(name)}")
        return f"SELECT {', '.join(told)} FROM ({points}) p"

    def _has_worker(self, per: str) -> bool:
        return WORKER in self._facts.subjects[per].links

    def _refuse_conflict(
        self, per: str, clauses: Sequence[Clause], rules: Sequence[Rule], file: Path
    ) -> None:
        row = self._connection.execute(
            f"SELECT {quoted(per)}, {_CONFLICT} FROM {parquet(file)} WHERE {_CONFLICT} IS NOT NULL"
            f" ORDER BY {_CONFLICT} // {_CLAUSES}, 1 LIMIT 1"
        ).fetchone()
        if row is not None:
            number, branches = divmod(int(row[1]), _CLAUSES)
            first, second = (rules[number].awards[i].id for i in divmod(branches, 1000))
            clause = clauses[number].id
            placed = self._pack.clauses[clause].clause
            raise error(
                f"条款 {clause}:{per} {row[0]} 同时符合同级的 {first} 与 {second}，金额却不同",
                f"clause {clause}: {per} {row[0]} gets both {first} and {second}, of equal rank, with different amounts",
                place=placed.place("awards"),
                remedy=("给两个分支不同的 rank,或让条件互斥", "give them different ranks, or make them exclude each other"),
            )  # fmt: skip

    def _unseen(self) -> None:
        """Write whom something that waits could concern: they may have a subject that is not known."""
        write(
            self._connection,
            "SELECT DISTINCT kind, subject AS worker FROM open"
            f" WHERE link = {text_literal(WORKER)} AND subject IS NOT NULL ORDER BY kind, worker",
            self._folder / "worker.unseen.parquet",
        )

    def _without(self, per: str, clauses: Sequence[Clause]) -> tuple[int, int]:
        """How many workers have no subject of a kind, and how many may have one although none is known."""
        if not clauses or per == WORKER or not self._has_worker(per):
            return 0, 0
        none, unknown = self._row(
            "SELECT count(*) FILTER (none), count(*) FILTER (NOT none)"
            f" FROM ({without_sql(self.kept[clauses[0].id], self._folder)})"
        )
        return int(none), int(unknown)

    def _queue(self, clause: Clause, endless: bool) -> None:
        """Write who stands where in the queue of a clause."""
        kept = self.kept[clause.id]
        told = ", ".join(f"{column(clause.id, part)} AS {part}" for part in ("verdict", *(kept.scores or ())))
        decided = f"(SELECT {quoted(clause.per)} AS subject, {told} FROM {parquet(kept.file(self._folder))})"
        places = places_sql(
            decided, clause, self._rulebook.ranks[clause.id], self._facts.as_of, endless=endless
        )
        write(self._connection, f"SELECT * FROM ({places}) ORDER BY subject", kept.places(self._folder))

    def _exclude(self) -> None:
        """Write what becomes of a worker's clauses of one group, of which only one is kept."""
        grouped = [clause for clause in self._clauses if clause.exclusion is not None]
        unseen = {c.id: workers for c in grouped if (workers := unseen_sql(self._facts, c.per)) is not None}
        tables = {c.id: f"({decided_sql(self.kept[c.id], self._folder)})" for c in grouped}
        sql = exclusion_sql(grouped, tables, unseen, self._values)
        file = self._folder / "worker.excluded.parquet"
        write(self._connection, f"SELECT * FROM ({sql}) ORDER BY clause, worker", file)

    def _total(self, clause: Clause, without: int, unknown: int) -> ClauseTotal:
        kept = self.kept[clause.id]
        # Keys are compared only where one person may have several.
        people = "DISTINCT coalesce(worker, subject)" if kept.worker and clause.per != WORKER else "*"
        in_kind = "verdict = 'yes' AND amount IS NULL AND len(missing) = 0 AND coalesce(in_quota, TRUE)"
        yes, no, undecided, due_people, due, given_way = self._row(
            "SELECT count(*) FILTER (verdict = 'yes'), count(*) FILTER (verdict = 'no'),"
            " count(*) FILTER (verdict = 'undecided'),"
            f" count({people}) FILTER (CASE WHEN due IS NOT NULL THEN due > 0 ELSE {in_kind} END),"
            f" coalesce(sum(due), 0), count(excluded_by) FROM"
            f" (SELECT *, {due_sql()} AS due FROM ({contested_sql(kept, self._folder)}))"
        )
        return ClauseTotal(
            clause.id,
            clause.per,
            yes,
            no + without,
            undecided + unknown,
            due_people,
            Decimal(due),
            given_way,
            clause.fund,
        )

    def _row(self, sql: str) -> Any:
        (row,) = self._connection.execute(sql).fetchall()
        return row


def _part(number: int, part: str) -> str:
    """SQL for what is kept of rule ``number``."""
    name = column_of(number, part)
    return f"CAST({name} AS DECIMAL(14,2))" if part in ("potential", MOST) else name


def _may_conflict(rule: Rule) -> bool:
    """Whether any two branches are of equal rank."""
    ranks = [award.rank for award in rule.awards]
    return len(set(ranks)) < len(ranks)
