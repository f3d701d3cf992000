"""What a decision rested on, kept as it was: so that it can be shown, and decided again, at any time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings

from jigong.accounts.cipher import seal_text, unseal_text
from jigong.delivery.former import last_run
from jigong.delivery.held import facts_about, held_about, whose
from jigong.delivery.models import Basis, Entitlement
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.hashing import canonical_json
from jigong.kernel.problems import JigongError
from jigong.lake.facts import PERSON
from jigong.lake.lake import Lake
from jigong.packs.pack import Pack
from jigong.rules.nodes import fact_of

_CONTEXT = "basis.body"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A basis, opened: the facts the clause read, what the worker claimed, the values of the law, the verdict.

    ``reckoning`` is, by class, the newest month or last day that was covered: what the data counted to.
    """

    facts: Mapping[str, Any]
    claimed: Mapping[str, Any]
    parameters: Mapping[str, Any]
    verdict: str
    amount: Decimal | None
    reckoning: Mapping[str, date]


def freeze(entitlement: Entitlement, *, at: datetime, claimed: Mapping[str, Any]) -> Basis:
    """Keep what the entitlement rests on now. Without a person (an enterprise's) only law and data are named.

    What is of a period that has passed rests on the day it was offered for, and takes up to a second: that day's facts
    are made again, with what is known now.
    """
    ground = ground_of(entitlement)
    facts: dict[str, Any] = {}
    verdict: dict[str, Any] = {"verdict": "yes", "amount": entitlement.amount}
    if ground.held is not None:
        per = ground.law.pack.clauses[entitlement.clause].clause.value.per
        key = entitlement.open_subject()
        row = next((row for row in ground.held.subjects.get(per, ()) if row[per] == key), None)
        if row is not None:
            rule = ground.law.rule(entitlement.clause)
            known = ground.held.read(row)
            facts = {name: known.get(name) for name in rule.rule.columns}
            outcome = rule.decide({**known, **claimed}, ground.held.as_of)
            verdict = {"verdict": outcome.verdict, "amount": outcome.amount}
    parameters = {
        name: ground.law.values[name] for name in ground.law.rulebook.clauses[entitlement.clause].parameters
    }
    body = {
        "facts": facts, "claimed": dict(claimed), "parameters": parameters, **verdict,
        "reckoning": {name: str(day) for name, day in reckoning_of(ground.snapshot).items()},
    }  # fmt: skip
    return Basis.objects.create(
        entitlement=entitlement, at=at, pack_hash=ground.run.pack_hash, snapshot=ground.snapshot,
        known_on=ground.known_on, as_of=ground.run.as_of, body=seal_text(canonical_json(body), _CONTEXT),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """Law, day, data and facts a decision rests on; no facts where none are held."""

    run: LoadedRun
    law: Law
    snapshot: str
    known_on: date
    held: Held | None


def ground_of(entitlement: Entitlement) -> Ground:
    """What an entitlement rests on now: of a period that has passed, the day it was offered for, with what is known now."""
    dossier = Dossier.objects.select_related("run").filter(person=entitlement.person_id).first()
    run = _run_with_clause(entitlement, dossier)
    law = law_of_run(run)
    clause = law.pack.clauses[entitlement.clause].clause.value
    if clause.period_on(run.as_of) != entitlement.period:
        run = entitlement.run
        law = law_of_run(run)
        snapshot = Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot()
        kind, key = whose(entitlement)
        if kind != PERSON:
            return Ground(run, law, snapshot.id, snapshot.known_on, None)
        with facts_about(kind, [key], law, law.day, snapshot) as facts:
            return Ground(run, law, snapshot.id, snapshot.known_on, held_about(entitlement, facts, law))
    if dossier is None:
        return Ground(run, law, run.snapshot, run.known_on, None)
    return Ground(run, law, dossier.snapshot, dossier.known_on or run.known_on, held_of(dossier))


@lru_cache(maxsize=64)
def reckoning_of(snapshot: str) -> Mapping[str, date]:
    """By class, the newest month or last day that a snapshot covers; nothing where the lake no longer has it."""
    contracts = law_of_run(current_run()).pack.contracts
    try:
        return Lake(settings.JIGONG.data / "lake", contracts).snapshot_of(snapshot).coverage.reckoning
    except JigongError:
        return {}


def _run_with_clause(entitlement: Entitlement, dossier: Dossier | None) -> LoadedRun:
    """The newest run whose law has the entitlement's clause: what was once due stays due when a roll-back takes it out."""
    for run in (dossier.run if dossier is not None else None, entitlement.run):
        if run is not None and entitlement.clause in law_of_run(run).pack.clauses:
            return run
    return last_run(entitlement.clause) or entitlement.run


def open_basis(basis: Basis, pack: Pack) -> Frozen:
    """A basis as it was kept, typed as the pack says."""
    data = json.loads(unseal_text(basis.body, _CONTEXT))
    return Frozen(
        {name: _typed(value, name, pack) for name, value in data["facts"].items()},
        {name: _typed(value, name, pack) for name, value in data["claimed"].items()},
        data["parameters"],
        data["verdict"],
        Decimal(data["amount"]) if data["amount"] is not None else None,
        {name: date.fromisoformat(day) for name, day in data["reckoning"].items()},
    )


def _typed(value: Any, name: str, pack: Pack) -> Any:
    entry = pack.facts.get(fact_of(name))
    if value is None or entry is None:
        return value
    if entry.type == "date":
        return date.fromisoformat(value)
    return Decimal(value) if entry.type == "decimal" else value
