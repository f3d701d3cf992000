"""One worker, fully explained: every clause, every condition, every value, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jigong.decisions.points import WORKER, make_points
from jigong.decisions.run import Run, in_force
from jigong.insight.ways import beginning, finder
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.facts import FactTables
from jigong.lake.provenance import Evidence, Provenance
from jigong.packs.model import Clause, FactEntry, ParameterValue
from jigong.packs.pack import Pack, last_day
from jigong.rules.engines.duckdb import quoted, text_literal
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Outcome, Verdict
from jigong.rules.nodes import Expression, Value, facts_of, parameters_of
from jigong.rules.paths import Way
from jigong.rules.rulebook import Rulebook, points_fact


@dataclass(frozen=True, slots=True)
class FactValue:
    """A fact as a condition read it, and the records behind it."""

    name: str
    label: Text
    value: Value | None
    unit: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ParameterRead:
    """A dated value of the pack as a condition read it, with its source and status there."""

    name: str
    label: Text
    value: ParameterValue
    unit: str | None
    status: str
    since: date
    source: str


@dataclass(frozen=True, slots=True)
class ExplainedPart:
    """A condition: its words, whether it holds (None: cannot be told), and what it read."""

    id: str
    label: Text
    text: str
    holds: bool | None
    facts: tuple[FactValue, ...]
    parameters: tuple[ParameterRead, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run made of a verdict: what is due after exclusion and quota, and the place in the queue.

    ``excluded_by`` is the clause of the same exclusion group that gives the worker more.
    """

    due: Decimal | None
    excluded_by: str | None
    rank: int | None
    in_quota: bool | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One clause for one subject of the worker; ``subject`` is None where there is nothing to decide about."""

    clause: Clause
    subject: str | None
    verdict: Verdict
    branch: str | None
    branch_label: Text | None
    amount: Decimal | None
    missing: tuple[str, ...]
    conditions: tuple[ExplainedPart, ...]
    award: tuple[FactValue, ...]
    """What the branch was chosen and the amount computed from."""
    way: Way | None
    standing: Standing | None
    """None where no run was given."""


@dataclass(frozen=True, slots=True)
class ExplainedWorker:
    """Everything about one worker on a date."""

    worker: str
    as_of: date
    points: Mapping[str, Any]
    clauses: tuple[Explained, ...]


def explain(
    worker: str,
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    provenance: Provenance,
    run: Run | None = None,
) -> ExplainedWorker:
    """Explain every clause in force to ``worker``, by the reference engine; ``run`` adds exclusion and quota.

    Raises:
        JigongError: there is no such worker.
    """
    connection = facts.connect()
    known_worker(worker, facts, connection)
    # One worker is enough: the view of workers is narrowed before points are computed.
    connection.execute(
        f"CREATE TABLE only_worker AS SELECT * FROM {quoted(WORKER)} WHERE worker = ?", [worker]
    )
    connection.execute(f"DROP VIEW {quoted(WORKER)}")
    connection.execute(f"ALTER TABLE only_worker RENAME TO {quoted(WORKER)}")
    make_points(connection, pack, rulebook, values, f"DATE '{facts.as_of}'")
    points = _rows(connection, "SELECT * FROM points")[0]
    explainer = _Explainer(worker, facts, pack, rulebook, values, provenance, connection, points, run)
    clauses = [
        explained
        for files in pack.clauses.values()
        if in_force(files.clause.value, facts.as_of)
        for explained in explainer.clause(files.clause.value)
    ]
    return ExplainedWorker(worker, facts.as_of, points, tuple(clauses))


def known_worker(worker: str, facts: FactTables, connection: duckdb.DuckDBPyConnection) -> None:
    """See that there is such a worker.

    Raises:
        JigongError: there is none.
    """
    known = connection.execute(f"SELECT 1 FROM {quoted(WORKER)} WHERE worker = ?", [worker]).fetchone()
    if known is None:
        raise error(
            f"{facts.as_of} 的数据里没有 {worker} 这个人",
            f"there is no worker {worker} in the data of {facts.as_of}",
            remedy=("核对公民身份号码;新来的人要先收数", "check the number; take the data in first"),
        )


class _Explainer:
    def __init__(
        self,
        worker: str,
        facts: FactTables,
        pack: Pack,
        rulebook: Rulebook,
        values: Mapping[str, ParameterValue],
        provenance: Provenance,
        connection: duckdb.DuckDBPyConnection,
        points: Mapping[str, Any],
        run: Run | None,
    ) -> None:
        self._worker = worker
        self._facts = facts
        self._pack = pack
        self._rulebook = rulebook
        self._values = values
        self._provenance = provenance
        self._connection = connection
        self._points = points
        self._run = run

    def clause(self, clause: Clause) -> list[Explained]:
        """The clause for each subject of the worker; one entry without a subject where there is none."""
        table = self._facts.subjects[clause.per]
        if clause.per != WORKER and WORKER not in table.links:
            return []
        rows = _rows(
            self._connection,
            f"SELECT * FROM {quoted(clause.per)} WHERE worker = ? ORDER BY 1",
            [self._worker],
        )
        if not rows and not table.listed:
            return [Explained(clause, None, "undecided", None, None, None, (clause.per,), (), (), None, None)]
        if not rows:
            zero = Decimal("0.00") if self._rulebook.clauses[clause.id].pays_money else None
            begins = beginning(self._facts, self._pack, self._rulebook, self._values, clause.id)
            way = begins.find({**self._points, **self._person()}, self._facts.as_of) if begins else None
            return [Explained(clause, None, "no", None, None, zero, (), (), (), way, None)]
        standings = self._standings(clause)
        return [self._explained(clause, row, standings.get(row[clause.per])) for row in rows]

    def _person(self) -> dict[str, Any]:
        """The worker's own facts."""
        return _rows(self._connection, f"SELECT * FROM {quoted(WORKER)} WHERE worker = ?", [self._worker])[0]

    def _standings(self, clause: Clause) -> dict[str, Standing]:
        """By subject of the worker, what the run made of the verdict."""
        file = self._run.verdicts(clause.id) if self._run is not None else None
        if file is None or not file.is_file():
            return {}
        rows = self._connection.execute(
            f"SELECT subject, due, excluded_by, rank, in_quota FROM read_parquet({text_literal(str(file))})"
            " WHERE worker = ? AND subject IS NOT NULL",
            [self._worker],
        ).fetchall()
        return {subject: Standing(*rest) for subject, *rest in rows}

    def _explained(self, clause: Clause, row: Mapping[str, Any], standing: Standing | None) -> Explained:
        unbound = self._rulebook.clauses[clause.id]
        rule = unbound.bound(self._values)
        facts = {**self._points, **row}
        outcome: Outcome = RowRule(rule).decide(facts, self._facts.as_of)
        parts = tuple(
            ExplainedPart(
                entry.id,
                entry.label,
                entry.when,
                holds,
                self._read(row, facts, condition.holds),
                tuple(self._parameter(name) for name in parameters_of(condition.holds)),
            )
            for entry, condition, holds in zip(
                clause.conditions, unbound.conditions, outcome.conditions, strict=True
            )
        )
        award = next((a for a in rule.awards if a.id == outcome.branch), None)
        label = next((a.label for a in clause.awards if a.id == outcome.branch), None)
        way = None
        # What a person does now does not change the facts of an earlier day.
        if outcome.verdict == "no" and row["as_of"] == self._facts.as_of:
            way = finder(self._pack, self._rulebook, self._values, clause.id).find(facts, self._facts.as_of)
        return Explained(
            clause,
            row[clause.per],
            outcome.verdict,
            outcome.branch,
            label,
            outcome.amount,
            outcome.missing,
            parts,
            self._read(row, facts, award.when, award.amount) if award else (),
            way,
            standing,
        )

    def _parameter(self, name: str) -> ParameterRead:
        entry = self._pack.parameters[name].value
        day = self._facts.as_of
        dated = next(d for i, d in enumerate(entry.values) if d.from_ <= day <= last_day(entry, i))
        return ParameterRead(
            name, entry.label, self._values[name], entry.unit, entry.status, dated.from_, dated.source
        )

    def _read(
        self, row: Mapping[str, Any], facts: Mapping[str, Any], *expressions: Expression | None
    ) -> tuple[FactValue, ...]:
        found = []
        for name in facts_of(*expressions):
            entry: FactEntry | None = self._pack.facts.get(name)
            if entry is None:
                found.append(FactValue(name, self._points_label(name), facts.get(name), None, ()))
                continue
            subject = self._pack.fact_topics[name].header.value.subject
            evidence = self._provenance.of(name, subject, row[subject], row["as_of"])
            found.append(FactValue(name, entry.label, facts.get(name), entry.unit, tuple(evidence)))
        return tuple(found)

    def _points_label(self, name: str) -> Text:
        labels = {points_fact(id_): placed.value.label for id_, placed in self._pack.dimensions.items()}
        return labels.get(name, Text("积分", "Points"))


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
