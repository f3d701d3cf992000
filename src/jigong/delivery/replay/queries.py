"""One decision under law then and now, with data then and now."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from jigong.accounts.cipher import unseal_text
from jigong.delivery.basis import Frozen, open_basis, reckoning_of
from jigong.delivery.held import facts_about, held_about, whose
from jigong.delivery.holds import NOTHING, WaitsFor
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.replay.models import Adjustment
from jigong.dossiers.law import current_run, law_of, law_of_run
from jigong.dossiers.packs import pack_folder
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.lake.uses import sources_of
from jigong.lake.withdrawals import withdrawn_since
from jigong.packs.pack import Pack
from jigong.rules.model import Outcome
from jigong.rules.nodes import fact_of

Then = Literal["then", "now"]
BODY = "adjustment.body"
"""What seals the changed facts of an adjustment."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that is not what it was when it was decided."""

    name: str
    label: Text
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Redecided:
    """What comes out under one law with one state of knowledge; ``amount`` is the whole sum, paid or not."""

    law: Then
    data: Then
    verdict: str
    amount: Decimal | None
    branch: str | None
    changed: tuple[FactChange, ...]


def basis_of(entitlement: Entitlement) -> Basis:
    """The newest basis of an entitlement.

    Raises:
        JigongError: nobody has confirmed or decided it yet.
    """
    basis = Basis.objects.filter(entitlement=entitlement).order_by("-id").first()
    if basis is None:
        raise error(
            "还没有人确认过，无从重算", "nobody has confirmed it yet, so there is nothing to decide again"
        )
    return basis


def redecide(entitlement: Entitlement) -> list[Redecided]:
    """The four answers. Seconds: the facts are made anew from the lake.

    The facts are those on the day of the decision: as they were known then, and as they are known now.
    Law now is today's law; law then the law of that day, from the pack as it was.

    Raises:
        JigongError: nobody has confirmed it, or the pack of then was lost.
    """
    basis = basis_of(entitlement)
    laws: dict[Then, Law] = {"then": law_then(basis), "now": law_of_run(current_run())}
    lake = Lake(settings.JIGONG.data / "lake", laws["then"].pack.contracts)
    snapshots: dict[Then, Snapshot] = {"then": lake.snapshot_of(basis.snapshot), "now": lake.snapshot()}
    kind, key = whose(entitlement)
    reckoning = reckoning_of(basis.snapshot)
    helds: dict[tuple[Then, Then], Held | None] = {}
    for which, law in laws.items():
        for data, snapshot in snapshots.items():
            with facts_about(kind, [key], law, basis.as_of, snapshot, reckoning) as facts:
                helds[which, data] = held_about(entitlement, facts, law)
    frozen = frozen_of(entitlement, basis, laws["then"], helds["then", "then"])
    return [
        _redecided(which, data, judge_again(entitlement, frozen, laws[which], held))
        for (which, data), held in helds.items()
    ]


@dataclass(frozen=True, slots=True)
class Again:
    """A clause judged again: the outcome, the facts it read, and those that changed."""

    outcome: Outcome | None
    changed: tuple[FactChange, ...]
    waits_for: WaitsFor = NOTHING
    """What has to come where it cannot be told, or not how much."""
    instead: Decimal | None = None
    """An exception (the whole sum) that stands, because the law gives what it gave when it was made."""

    @property
    def amount(self) -> Decimal | None:
        """The whole sum: what a yes gives, 0 for a no, None where it cannot be told; of an exception that stands, its sum."""
        if self.instead is not None:
            return self.instead
        if self.outcome is None or self.outcome.verdict == "no":
            return Decimal("0.00")
        return self.outcome.amount if self.outcome.verdict == "yes" else None

    def open(self, money: bool) -> bool:
        """Whether it cannot be told, or (of ``money``) not how much."""
        if self.outcome is None or self.instead is not None:
            return False
        return self.outcome.verdict == "undecided" or (money and self.amount is None)


def law_then(basis: Basis) -> Law:
    """The law of the day a basis was made, from the pack as it was.

    Raises:
        JigongError: that pack is not in the archive.
    """
    folder = pack_folder(basis.pack_hash)
    if folder is None:
        run = current_run()
        if run.pack_hash != basis.pack_hash:
            raise error(
                f"找不到当时的技工包 {basis.pack_hash[:12]}", f"the pack of then, {basis.pack_hash[:12]}, is not in the archive",
                remedy=("从备份恢复 packs 文件夹", "restore the folder packs from a backup"),
            )  # fmt: skip
        folder = Path(run.pack_folder)
    return law_of(folder, basis.pack_hash, basis.as_of)


def frozen_of(entitlement: Entitlement, basis: Basis, law: Law, then: Held | None) -> Frozen:
    """What a decision rested on, under the law of then.

    Of an enterprise no facts were kept, only which data were known; ``then`` are the same facts, made again from those data.
    """
    frozen = open_basis(basis, law.pack)
    if entitlement.person_id is not None:
        return frozen
    row = _row(entitlement, law, then) or {}
    return replace(frozen, facts={name: row.get(name) for name in law.bound(entitlement.clause).columns})


def judge_again(entitlement: Entitlement, frozen: Frozen, law: Law, held: Held | None) -> Again:
    """Judge from what is held; what the platform has paid since does not count against itself."""
    row = _row(entitlement, law, held)
    if held is None or row is None:
        return Again(None, ())
    clause = law.pack.clauses[entitlement.clause].clause.value
    facts = held.read(row)
    # What nobody has confirmed yet rests on nothing, and nothing was paid of it.
    if (paid := clause.delivery.paid) is not None and paid in frozen.facts:
        facts[paid] = frozen.facts[paid]
    facts |= {name: value for name, value in frozen.claimed.items() if facts.get(name) is None}
    outcome = law.rule(clause.id).decide(facts, held.as_of)
    return Again(outcome, tuple(_changes({**frozen.facts, **frozen.claimed}, facts, law)))


def _row(entitlement: Entitlement, law: Law, held: Held | None) -> Mapping[str, Any] | None:
    """The facts of the entitlement's subject; None where there is none, or no such clause."""
    entry = law.pack.clauses.get(entitlement.clause)
    if entry is None or held is None:
        return None
    per, key = entry.clause.value.per, entitlement.open_subject()
    return next((row for row in held.subjects.get(per, ()) if row[per] == key), None)


def _changes(then: Mapping[str, Any], now: Mapping[str, Any], law: Law) -> Iterator[FactChange]:
    for name, before in then.items():
        entry = law.pack.facts.get(name)
        if entry is not None and now.get(name) != before:
            yield FactChange(name, entry.label, before, now.get(name))


def _redecided(law: Then, data: Then, again: Again) -> Redecided:
    outcome = again.outcome
    return Redecided(
        law, data, outcome.verdict if outcome else "no", again.amount, outcome.branch if outcome else None, again.changed
    )  # fmt: skip


def changes_of(adjustment: Adjustment, pack: Pack) -> list[FactChange]:
    """The facts an adjustment cites, as they were and as they are."""
    found = []
    for name, then, now in _body(adjustment)["changes"]:
        entry = pack.facts.get(name)
        label, type_ = (entry.label, entry.type) if entry is not None else (Text(name, name), "string")
        found.append(FactChange(name, label, _typed(then, type_), _typed(now, type_)))
    return found


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A record that its department withdrew: of which class, on which day, and why."""

    label: Text
    department: Text
    day: date
    reason: str


def cited_withdrawals(basis: Basis) -> list[list[str]]:
    """The records of whom a decision is about that were withdrawn since, of the classes its clause reads.

    ``[class, day, reason]`` each, as an adjustment keeps them.
    """
    law, about = law_then(basis), basis.entitlement
    lake = Lake(settings.JIGONG.data / "lake", law.pack.contracts)
    entry = law.pack.clauses.get(about.clause)
    if entry is None:
        return []
    per = entry.clause.value.per
    reads = {name for fact in law.bound(about.clause).columns for name in sources_of(law.pack, fact_of(fact))}
    reads |= set(sources_of(law.pack, per))
    found = withdrawn_since(lake.snapshot(), lake.snapshot_of(basis.snapshot), [whose(about)[1]])
    return [
        [one.class_name, str(one.known_on), f"{one.why.zh}。{one.why.en}." if one.left_out else one.why.zh]
        for one in found
        if one.class_name in reads
    ]


def withdrawn_of(adjustment: Adjustment, pack: Pack) -> list[Withdrawn]:
    """The withdrawn records an adjustment cites: ``[class, day, reason]`` each, under ``withdrawn`` in its body."""
    found = []
    for name, day, reason in _body(adjustment).get("withdrawn", ()):
        contract = pack.contracts.get(name)
        label, department = (
            (contract.label, contract.department)
            if contract is not None
            else (Text(name, name), Text("报送部门", "its department"))
        )
        found.append(Withdrawn(label, department, date.fromisoformat(day), reason))
    return found


def _body(adjustment: Adjustment) -> dict[str, Any]:
    opened: dict[str, Any] = json.loads(unseal_text(adjustment.body, BODY))
    return opened


def _typed(value: Any, type_: str) -> Any:
    """A value as it was before it was written as JSON."""
    if not isinstance(value, str) or type_ not in ("decimal", "date"):
        return value
    return Decimal(value) if type_ == "decimal" else date.fromisoformat(value)
