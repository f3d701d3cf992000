"""One worker, fully explained: every clause, every condition, every value, and where it came from."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jigong.decisions.points import WORKER, absent_items, make_points, points_read
from jigong.decisions.run import Run
from jigong.insight.law import Law, law_of
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.facts import FactTables, Ghost, SubjectTable
from jigong.lake.provenance import Evidence, Provenance
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack, last_day
from jigong.rules.engines.duckdb import quoted, text_literal
from jigong.rules.model import Outcome, Verdict
from jigong.rules.nodes import Expression, Value, facts_of, least_of, most_of, parameters_of
from jigong.rules.paths import Way
from jigong.rules.rulebook import Rulebook, label_of


@dataclass(frozen=True, slots=True)
class FactValue:
    """A fact as a condition read it, and the records behind it.

    Where it is not known exactly, ``least`` and ``most`` are its bounds as far as they are known, ``waiting`` what
    keeps it open. ``reckoned`` is the month to which monthly data count.
    """

    name: str
    label: Text
    value: Value | None
    unit: str | None
    evidence: tuple[Evidence, ...]
    least: Value | None = None
    most: Value | None = None
    reckoned: date | None = None
    waiting: tuple[Ghost, ...] = ()


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
class Waits:
    """Something that waits and could change what is held: which facts of which subject.

    No facts: whether the subject is the worker's at all; no ``subject``: whether they have one of that kind.
    """

    kind: str
    subject: str | None
    facts: tuple[str, ...]
    ghost: Ghost


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows of its own data: to which month each fact is counted (``reckoned``), each class's newest
    covered month or last day (``reckoning``), the classes each fact depends on (``sources``), and by class how many
    rows wait that cannot be told whose they are (``nobody``)."""

    reckoned: Mapping[str, date | None] = field(default_factory=dict)
    reckoning: Mapping[str, date] = field(default_factory=dict)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explained:
    """One clause for one subject of the worker; ``subject`` is None where there is nothing to decide about.

    ``waiting`` is what keeps it undecided. ``nobody`` says of a no how many rows wait, by class, of which nobody can
    tell whose they are.
    """

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
    """None where no run was given, or it made nothing of the verdict."""
    waiting: tuple[Ghost, ...] = ()
    nobody: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExplainedWorker:
    """Everything about one worker on a date."""

    worker: str
    as_of: date
    points: Mapping[str, Any]
    clauses: tuple[Explained, ...]


@dataclass(frozen=True)
class Held:
    """Everything held about one worker on a date.

    ``points`` are the numbers as they are shown; ``subjects`` gives, for each kind, the worker's subjects: key, ``as_of`` and every fact reachable,
    read on that day. ``kinds`` describes the kinds; ``standings`` are by clause and subject.
    """

    worker: str
    as_of: date
    facts: Mapping[str, Any]
    points: Mapping[str, Any]
    subjects: Mapping[str, Sequence[Mapping[str, Any]]]
    kinds: Mapping[str, SubjectTable]
    standings: Mapping[tuple[str, str], Standing]
    waiting: tuple[Waits, ...] = ()
    known: Known = field(default_factory=Known)

    def ghosts(self, kind: str, subject: str | None, fact: str | None) -> tuple[Ghost, ...]:
        """What waits that could change a fact of a subject; or, without a fact, whose it is or whether there is one."""
        return tuple(
            dict.fromkeys(
                w.ghost
                for w in self.waiting
                if (w.kind, w.subject) == (kind, subject) and (fact in w.facts if fact else not w.facts)
            )
        )

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of one subject together with the worker's points, as rules read them."""
        return {**points_read(self.points), **row}


EvidenceOf = Callable[[str, str, str | None, date], Sequence[Evidence]]
"""The records behind a fact (name) of a subject (kind, key) on a day."""


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
    law = law_of(facts, pack, rulebook, values)
    return explain_held(hold(worker, facts, law, run), law, provenance.of)


def explain_held(held: Held, law: Law, evidence: EvidenceOf | None = None) -> ExplainedWorker:
    """Explain every clause in force from what is held; without ``evidence`` facts carry no records."""
    explainer = _Explainer(held, law, evidence)
    clauses = [explained for clause in law.clauses for explained in explainer.clause(clause)]
    return ExplainedWorker(held.worker, held.as_of, held.points, tuple(clauses))


def explain_clause(held: Held, law: Law, clause: str, evidence: EvidenceOf | None = None) -> list[Explained]:
    """One clause for each subject of the worker."""
    explainer = _Explainer(held, law, evidence)
    return explainer.clause(law.pack.clauses[clause].clause.value)


def hold(
    worker: str, facts: FactTables, law: Law, run: Run | None = None, absent: Collection[str] | None = None
) -> Held:
    """Read what is held about ``worker`` from files of facts and, where given, a run.

    ``absent`` are the items of points nobody has, where ``facts`` are of only some people and no run says so.

    Raises:
        JigongError: there is no such worker.
    """
    connection = facts.connect()
    known_worker(worker, facts, connection)
    law_read = law.rulebook, law.values, f"DATE '{facts.as_of}'"
    if absent is None:
        absent = run.absent if run is not None else absent_items(connection, *law_read)
    # One worker is enough: the view of workers is narrowed before points are computed.
    connection.execute(
        f"CREATE TABLE only_worker AS SELECT * FROM {quoted(WORKER)} WHERE worker = ?", [worker]
    )
    connection.execute(f"DROP VIEW {quoted(WORKER)}")
    connection.execute(f"ALTER TABLE only_worker RENAME TO {quoted(WORKER)}")
    make_points(connection, law.pack, *law_read, absent)
    subjects = {
        name: _rows(connection, f"SELECT * FROM {quoted(name)} WHERE worker = ? ORDER BY 1", [worker])
        for name in dict.fromkeys(clause.per for clause in law.clauses)
        if name == WORKER or WORKER in facts.subjects[name].links
    }
    standings: dict[tuple[str, str], Standing] = {}
    for file, clause in ((run.verdicts(c.id), c) for c in law.clauses) if run is not None else ():
        if file.is_file():
            rows = connection.execute(
                f"SELECT subject, due, excluded_by, rank, in_quota FROM read_parquet({text_literal(str(file))})"
                " WHERE worker = ? AND subject IS NOT NULL"
                " AND (due IS NOT NULL OR excluded_by IS NOT NULL OR rank IS NOT NULL)",
                [worker],
            ).fetchall()
            standings |= {(clause.id, subject): Standing(*rest) for subject, *rest in rows}
    return Held(
        worker,
        facts.as_of,
        _rows(connection, f"SELECT * FROM {quoted(WORKER)}")[0],
        _rows(connection, "SELECT * FROM points")[0],
        subjects,
        facts.subjects,
        standings,
        tuple(_waiting(connection, worker, facts)),
        known_of(facts),
    )


def known_of(facts: FactTables) -> Known:
    """What facts know of their own data."""
    return Known(facts.reckoned, facts.reckoning, facts.sources, facts.nobody)


def waiting_sql(facts: FactTables) -> str:
    """SQL for (worker, kind, subject, facts, ghost): what waits, by the worker it could concern."""
    parts = [f"SELECT subject AS worker, kind, subject, fact, ghost FROM waiting WHERE kind = '{WORKER}'"]
    parts += [
        f"SELECT s.worker, w.kind, w.subject, w.fact, w.ghost FROM waiting w JOIN {quoted(name)} s"
        f" ON s.{quoted(name)} = w.subject WHERE w.kind = {text_literal(name)}"
        for name, table in facts.subjects.items()
        if WORKER in table.links
    ]
    parts.append(f"SELECT subject, kind, NULL, NULL, ghost FROM open WHERE link = '{WORKER}'")
    return (
        "SELECT worker, kind, subject, list(DISTINCT fact ORDER BY fact) FILTER (fact IS NOT NULL) AS facts, ghost"
        f" FROM ({' UNION ALL '.join(parts)}) WHERE worker IS NOT NULL GROUP BY ALL"
    )


def _waiting(connection: duckdb.DuckDBPyConnection, worker: str, facts: FactTables) -> Iterator[Waits]:
    rows = connection.execute(
        f"SELECT kind, subject, facts, ghost FROM ({waiting_sql(facts)}) WHERE worker = ? ORDER BY ghost, kind, subject",
        [worker],
    ).fetchall()
    for kind, subject, touched, ghost in rows:
        yield Waits(kind, subject, tuple(touched or ()), facts.ghosts[ghost])


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
            remedy=("核对公民身份号码；新来的人要先收数", "check the number; take the data in first"),
        )


@dataclass(frozen=True, slots=True)
class _FactRead:
    """A fact an expression names; ``subject`` is the kind it is about (None: points, which have no records)."""

    name: str
    label: Text
    unit: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class _Reads:
    """What the conditions of a clause read, and each of its branches, whoever is judged."""

    conditions: tuple[tuple[tuple[_FactRead, ...], tuple[ParameterRead, ...]], ...]
    awards: Mapping[str, tuple[_FactRead, ...]]


class _Explainer:
    def __init__(self, held: Held, law: Law, evidence: EvidenceOf | None) -> None:
        self._held = held
        self._law = law
        self._evidence = evidence

    def clause(self, clause: Clause) -> list[Explained]:
        """The clause for each subject of the worker; one entry without a subject where there is none."""
        held = self._held
        if clause.per not in held.subjects:
            return []
        rows = held.subjects[clause.per]
        waiting = held.ghosts(clause.per, None, None)
        if not rows and (waiting or not held.kinds[clause.per].listed):
            return [
                Explained(
                    clause, None, "undecided", None, None, None, (clause.per,), (), (), None, None, waiting
                )
            ]
        if not rows:
            zero = Decimal("0.00") if self._law.rulebook.clauses[clause.id].pays_money else None
            begins = self._law.beginning(clause.id, held.kinds)
            way = begins.find(held.read(held.facts), held.as_of) if begins else None
            nobody = self._nobody(held.known.sources.get(clause.per, ()))
            return [Explained(clause, None, "no", None, None, zero, (), (), (), way, None, (), nobody)]
        return [self._explained(clause, row) for row in rows]

    def _explained(self, clause: Clause, row: Mapping[str, Any]) -> Explained:
        held, law = self._held, self._law
        reads = law.kept(("reads", clause.id), lambda: _reads(clause, law))
        facts = held.read(row)
        outcome: Outcome = law.rule(clause.id).decide(facts, held.as_of)
        parts = tuple(
            ExplainedPart(
                entry.id, entry.label, entry.when, holds, self._values(row, facts, names), parameters
            )
            for entry, (names, parameters), holds in zip(
                clause.conditions, reads.conditions, outcome.conditions, strict=True
            )
        )
        label = next((a.label for a in clause.awards if a.id == outcome.branch), None)
        way = None
        # What a person does now does not change the facts of an earlier day.
        if outcome.verdict == "no" and row["as_of"] == held.as_of:
            way = law.finder(clause.id).find(facts, held.as_of)
        return Explained(
            clause,
            row[clause.per],
            outcome.verdict,
            outcome.branch,
            label,
            outcome.amount,
            outcome.missing,
            parts,
            self._values(row, facts, reads.awards.get(outcome.branch or "", ())),
            way,
            held.standings.get((clause.id, row[clause.per])),
            self._waiting(outcome.missing, row),
            self._nobody(_failed_classes(parts, held.known)) if outcome.verdict == "no" else {},
        )

    def _waiting(self, missing: Sequence[str], row: Mapping[str, Any]) -> tuple[Ghost, ...]:
        """What waits and keeps the missing facts open."""
        found = [ghost for name in missing for ghost in self._ghosts(_fact(self._law.pack, name), row)]
        return tuple(dict.fromkeys(found))

    def _ghosts(self, read: "_FactRead", row: Mapping[str, Any]) -> tuple[Ghost, ...]:
        """What waits that could change one fact of a subject, or of what it links to."""
        if read.subject is None:
            # Points are made of many facts of the worker.
            return tuple(dict.fromkeys(w.ghost for w in self._held.waiting if w.kind == WORKER))
        own = self._held.ghosts(read.subject, row.get(read.subject), read.name)
        kinds = [kind for kind in self._held.kinds if kind in row and kind != read.subject]
        return own or tuple(g for kind in kinds for g in self._held.ghosts(kind, row[kind], None))

    def _nobody(self, classes: Sequence[str]) -> dict[str, int]:
        """By class how many rows wait of which nobody can tell whose they are."""
        counts = self._held.known.nobody
        return {name: counts[name] for name in classes if counts.get(name)}

    def _values(
        self, row: Mapping[str, Any], facts: Mapping[str, Any], names: Sequence[_FactRead]
    ) -> tuple[FactValue, ...]:
        return tuple(
            FactValue(
                read.name,
                read.label,
                facts.get(read.name),
                read.unit,
                self._records(read, row),
                facts.get(least_of(read.name)),
                facts.get(most_of(read.name)),
                self._held.known.reckoned.get(read.name),
                self._ghosts(read, row) if facts.get(read.name) is None else (),
            )
            for read in names
        )

    def _records(self, read: _FactRead, row: Mapping[str, Any]) -> tuple[Evidence, ...]:
        if self._evidence is None or read.subject is None:
            return ()
        return tuple(self._evidence(read.name, read.subject, row[read.subject], row["as_of"]))


def _reads(clause: Clause, law: Law) -> _Reads:
    unbound = law.rulebook.clauses[clause.id]
    return _Reads(
        tuple(
            (_facts(law, condition.holds), tuple(_parameter(law, name) for name in parameters_of(condition.holds)))
            for condition in unbound.conditions
        ),
        {award.id: _facts(law, award.when, award.amount) for award in law.bound(clause.id).awards},
    )  # fmt: skip


def _failed_classes(parts: Sequence[ExplainedPart], known: Known) -> list[str]:
    """The classes behind the conditions that do not hold."""
    names = (fact.name for part in parts if part.holds is False for fact in part.facts)
    return list(dict.fromkeys(c for name in names for c in known.sources.get(name, ())))


def _facts(law: Law, *expressions: Expression | None) -> tuple[_FactRead, ...]:
    return tuple(_fact(law.pack, name) for name in facts_of(*expressions))


def _fact(pack: Pack, name: str) -> _FactRead:
    entry = pack.facts.get(name)
    if entry is None:
        return _FactRead(name, label_of(pack, name), None, None)
    return _FactRead(name, entry.label, entry.unit, pack.fact_topics[name].header.value.subject)


def _parameter(law: Law, name: str) -> ParameterRead:
    entry = law.pack.parameters[name].value
    dated = next(d for i, d in enumerate(entry.values) if d.from_ <= law.day <= last_day(entry, i))
    return ParameterRead(
        name, entry.label, law.values[name], entry.unit, entry.status, dated.from_, dated.source
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
