"""What consenting people could be due, how far it is, and the next best step: for whoever may help them to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jigong.delivery.former import clause_of
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.explain import Explained, explain_held
from jigong.insight.law import Law
from jigong.kernel.text import Text
from jigong.rules.nodes import Value


@dataclass(frozen=True, slots=True)
class DueLine:
    """Something a person gets or could get: its clause, amount (None in kind), state."""

    id: int
    clause: Text
    period: str
    supplement: int
    span: Text
    """The period in words, and whether it is a supplement."""
    amount: Decimal | None
    state: str
    in_kind: bool


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do, and the value a fact has to reach by it."""

    action: Text
    fact: Text | None
    target: Value | None
    unit: str | None
    on: date


@dataclass(frozen=True, slots=True)
class NextStep:
    """The way to something that is not due yet: what to do, what it is worth, from when."""

    clause: Text
    todo: tuple[Todo, ...]
    worth: Decimal | None
    on: date


@dataclass(frozen=True, slots=True)
class Benefits:
    """Of one person: what there is, and ways to more, the most valuable first."""

    person: int
    due: tuple[DueLine, ...]
    ways: tuple[NextStep, ...]

    @property
    def open_sum(self) -> Decimal:
        """Yuan that wait for the person's yes."""
        return sum(
            (line.amount or Decimal(0) for line in self.due if line.state == "proposed" and not line.in_kind),
            Decimal(0),
        )


def benefits_of(people: Sequence[int]) -> dict[int, Benefits]:
    """The benefits of each of these people: two queries and about a millisecond each."""
    dossiers = Dossier.objects.filter(person__in=people).select_related("run")
    lines: dict[int, list[Entitlement]] = {}
    for entitlement in Entitlement.objects.filter(person__in=people, organisation__isnull=True).order_by(
        "-id"
    ):
        lines.setdefault(entitlement.person_id or 0, []).append(entitlement)
    found = {}
    for dossier in dossiers:
        law = law_of_run(dossier.run)
        explained = explain_held(held_of(dossier), law)
        ways = _ways(explained.clauses, law)
        found[dossier.pk] = Benefits(dossier.pk, _lines(lines.get(dossier.pk, ()), law), ways)
    return found


def _lines(entitlements: Iterable[Entitlement], law: Law) -> tuple[DueLine, ...]:
    return tuple(
        DueLine(
            e.pk, clause_label(law, e.clause), e.period, e.supplement, e.span, e.amount, e.state, e.in_kind
        )
        for e in entitlements
    )


def clause_label(law: Law, clause: str) -> Text:
    """What a clause is or was called."""
    found = clause_of(clause, law.pack)
    return found.label if found is not None else Text(clause, clause)


def _ways(clauses: Sequence[Explained], law: Law) -> tuple[NextStep, ...]:
    best: dict[str, NextStep] = {}
    for entry in clauses:
        # A step of an enterprise's own is not the worker's to take.
        if entry.way is None or entry.clause.delivery.payee == "enterprise":
            continue
        todo = tuple(_todo(law, step.action, step.fact, step.target, step.on) for step in entry.way.steps)
        step = NextStep(entry.clause.label, todo, entry.way.worth, entry.way.on)
        known = best.get(entry.clause.id)
        if known is None or (step.on, -(step.worth or 0)) < (known.on, -(known.worth or 0)):
            best[entry.clause.id] = step
    return tuple(sorted(best.values(), key=lambda step: (-(step.worth or Decimal(0)), step.on)))


def _todo(law: Law, action: str, fact: str, target: Value | None, on: date) -> Todo:
    entry = law.pack.facts.get(fact)
    label = law.pack.actions[action].value.label
    return Todo(label, entry.label if entry else None, target, entry.unit if entry else None, on)
