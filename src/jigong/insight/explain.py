"""One worker, fully explained: every clause, every condition, every value, and where it came from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from jigong.decisions.points import WORKER
from jigong.decisions.run import Run
from jigong.insight.held import Held, Known, Standing, hold
from jigong.insight.law import Law, law_of
from jigong.kernel.text import Text
from jigong.lake.facts import FactTables, Ghost
from jigong.lake.provenance import Evidence, Provenance
from jigong.lake.withdrawals import Withdrawn
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack, last_day
from jigong.packs.sources import ASSUMED
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
    """A dated value of the pack as a condition read it, with its source, or ``assumed``."""

    name: str
    label: Text
    value: ParameterValue
    unit: str | None
    since: date
    source: str

    @property
    def assumed(self) -> bool:
        """Whether no source states it."""
        return self.source == ASSUMED


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
class Explained:
    """One clause for one subject of the worker; ``subject`` is None where there is nothing to decide about.

    ``waiting`` is what keeps it undecided. ``nobody`` says of a no how many rows wait, by class, of which nobody can
    tell whose they are; ``withdrawn``, which records it might have rested on count no more.
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
    withdrawn: tuple[Withdrawn, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedWorker:
    """Everything about one worker on a date."""

    worker: str
    as_of: date
    points: Mapping[str, Any]
    clauses: tuple[Explained, ...]


EvidenceOf = Callable[[str, str, str | None, date], Sequence[Evidence]]
"""The records behind a fact (name) of a subject (kind, key) on a day."""
WithdrawnOf = Callable[[Collection[str]], Sequence[Withdrawn]]
"""The withdrawn records that name one of these people and enterprises."""


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
    return explain_held(hold(worker, facts, law, run), law, provenance.of, provenance.withdrawn)


def explain_held(
    held: Held, law: Law, evidence: EvidenceOf | None = None, withdrawn: WithdrawnOf | None = None
) -> ExplainedWorker:
    """Explain every clause in force from what is held; without ``evidence`` facts carry no records, without
    ``withdrawn`` a no does not say what was withdrawn."""
    explainer = _Explainer(held, law, evidence, withdrawn)
    clauses = [explained for clause in law.clauses for explained in explainer.clause(clause)]
    return ExplainedWorker(held.worker, held.as_of, held.points, tuple(clauses))


def explain_clause(
    held: Held,
    law: Law,
    clause: str,
    evidence: EvidenceOf | None = None,
    withdrawn: WithdrawnOf | None = None,
) -> list[Explained]:
    """One clause for each subject of the worker; the rest is as for :func:`explain_held`."""
    explainer = _Explainer(held, law, evidence, withdrawn)
    return explainer.clause(law.pack.clauses[clause].clause.value)


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
    def __init__(
        self, held: Held, law: Law, evidence: EvidenceOf | None, withdrawn: WithdrawnOf | None
    ) -> None:
        self._held = held
        self._law = law
        self._evidence = evidence
        self._withdrawn_of = withdrawn

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
            sources = held.known.sources.get(clause.per, ())
            return [
                Explained(
                    clause, None, "no", None, None, zero, (), (), (), way, None, (),
                    self._nobody(sources), self._gone(sources),
                )
            ]  # fmt: skip
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
            self._gone(_failed_classes(parts, held.known)) if outcome.verdict == "no" else (),
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

    @cached_property
    def _withdrawn(self) -> Sequence[Withdrawn]:
        """Every withdrawn record of the worker, and of what the worker's facts name, such as the employer."""
        if self._withdrawn_of is None:
            return ()
        named = (self._held.facts.get(kind) for kind in self._held.kinds)
        return self._withdrawn_of({self._held.worker, *(str(key) for key in named if key is not None)})

    def _gone(self, classes: Sequence[str]) -> tuple[Withdrawn, ...]:
        """Those of them that are of these classes."""
        return tuple(one for one in self._withdrawn if one.class_name in classes)

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
        name, entry.label, law.values[name], entry.unit, dated.from_, dated.source_of("value")
    )
