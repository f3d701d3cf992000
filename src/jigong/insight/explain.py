"""One worker, fully explained: every clause, every condition, every value, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jigong.decisions.points import WORKER, make_points
from jigong.decisions.run import in_force
from jigong.insight.ways import finder
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.facts import FactTables
from jigong.lake.provenance import Evidence, Provenance
from jigong.packs.model import Clause, FactEntry, ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Outcome, Verdict
from jigong.rules.nodes import Expression, Value, facts_of
from jigong.rules.paths import Way
from jigong.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class FactValue:
    """A fact as a condition read it, and the records behind it."""

    name: str
    label: Text
    value: Value | None
    unit: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ExplainedPart:
    """A condition or branch: its words, whether it holds (None: cannot be told), and what it read."""

    id: str
    label: Text
    text: str
    holds: bool | None
    facts: tuple[FactValue, ...]


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
    """What the amount was computed from."""
    way: Way | None


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
) -> ExplainedWorker:
    """Explain every clause in force to ``worker``, by the reference engine.

    Raises:
        JigongError: there is no such worker.
    """
    connection = facts.connect()
    known = connection.execute(f"SELECT 1 FROM {quoted(WORKER)} WHERE worker = ?", [worker]).fetchone()
    if known is None:
        raise error(
            f"{facts.as_of} 的数据里没有 {worker} 这个人",
            f"there is no worker {worker} in the data of {facts.as_of}",
            remedy=("核对公民身份号码;新来的人要先收数", "check the number; take the data in first"),
        )
    # One worker is enough: the view of workers is narrowed before points are computed.
    connection.execute(
        f"CREATE TABLE only_worker AS SELECT * FROM {quoted(WORKER)} WHERE worker = ?", [worker]
    )
    connection.execute(f"DROP VIEW {quoted(WORKER)}")
    connection.execute(f"ALTER TABLE only_worker RENAME TO {quoted(WORKER)}")
    make_points(connection, pack, rulebook, values, f"DATE '{facts.as_of}'")
    points = _rows(connection, "SELECT * FROM points")[0]
    explainer = _Explainer(worker, facts, pack, rulebook, values, provenance, connection, points)
    clauses = [
        explained
        for files in pack.clauses.values()
        if in_force(files.clause.value, facts.as_of)
        for explained in explainer.clause(files.clause.value)
    ]
    return ExplainedWorker(worker, facts.as_of, points, tuple(clauses))


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
    ) -> None:
        self._worker = worker
        self._facts = facts
        self._pack = pack
        self._rulebook = rulebook
        self._values = values
        self._provenance = provenance
        self._connection = connection
        self._points = points

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
        if not rows:
            zero = Decimal("0.00") if self._rulebook.clauses[clause.id].pays_money else None
            return [Explained(clause, None, "no", None, None, zero, (), (), (), None)]
        return [self._explained(clause, row) for row in rows]

    def _explained(self, clause: Clause, row: Mapping[str, Any]) -> Explained:
        rule = self._rulebook.clauses[clause.id].bound(self._values)
        facts = {**self._points, **row}
        outcome: Outcome = RowRule(rule).decide(facts, self._facts.as_of)
        parts = tuple(
            ExplainedPart(
                entry.id, entry.label, entry.when, holds, self._read(condition.holds, clause, row, facts)
            )
            for entry, condition, holds in zip(
                clause.conditions, rule.conditions, outcome.conditions, strict=True
            )
        )
        award = next((a for a in rule.awards if a.id == outcome.branch), None)
        label = next((a.label for a in clause.awards if a.id == outcome.branch), None)
        way = None
        if outcome.verdict == "no":
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
            self._read(award.amount, clause, row, facts) if award and award.amount is not None else (),
            way,
        )

    def _read(
        self, expression: Expression, clause: Clause, row: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> tuple[FactValue, ...]:
        found = []
        for name in facts_of(expression):
            entry: FactEntry | None = self._pack.facts.get(name)
            if entry is None:
                found.append(FactValue(name, Text(name, name), facts.get(name), None, ()))
                continue
            subject = self._pack.fact_topics[name].header.value.subject
            evidence = self._provenance.of(name, subject, row[subject], row["as_of"])
            found.append(FactValue(name, entry.label, facts.get(name), entry.unit, tuple(evidence)))
        return tuple(found)


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
