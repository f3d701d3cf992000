"""Everything an officer needs to decide one thing, gathered for one page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from jigong.accounts.enums import Permission
from jigong.audit.models import Entry
from jigong.delivery.basis import Frozen, open_basis
from jigong.delivery.held import held_now
from jigong.delivery.holds import open_holds
from jigong.delivery.models import AmountException, Basis, Entitlement, Step
from jigong.delivery.queries import Alike, alike, exceptions_among, latest_basis
from jigong.delivery.sampling.signals import reasons
from jigong.delivery.states import MOVES, TOWARDS_PAYMENT, Cause, State
from jigong.delivery.timeline import HoldEvent, timeline_of
from jigong.insight.explain import Explained, explain_clause
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.insight.words import place_words
from jigong.kernel.text import Language, Text
from jigong.packs.model import Clause
from jigong.packs.sampling import RiskRule
from jigong.portals.kit.access import account_of
from jigong.portals.kit.lawbook import book_of
from jigong.portals.kit.laws import Standing, standing_of
from jigong.portals.office.findings import Finding, findings_about
from jigong.portals.office.labels import decline_reasons
from jigong.portals.office.payees import Payee, payee_of
from jigong.portals.office.shared import language_of, law_for, may_on

LINES = 50
"""Lines of the record on the page."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the worker stated, beside what the departments say (None: nothing)."""

    name: str
    label: Text
    unit: str | None
    stated: Any
    data: Any


@dataclass(frozen=True, slots=True)
class Action:
    """Something the account may do now."""

    move: str
    label: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """One entitlement with its reasons, evidence and history.

    ``explained`` is None where nothing is held about the subject any more;
    ``frozen`` is what it rested on when it was last confirmed or decided. ``differs`` says that the
    rules would now say something else than what is to be decided.
    """

    entitlement: Entitlement
    clause: Clause | None
    explained: Explained | None
    sum: tuple[str, ...]
    """How the amount came about, line by line."""
    claims: tuple[Claim, ...]
    basis: Basis | None
    frozen: Frozen | None
    differs: bool
    alike: list[Alike]
    steps: list[Step | HoldEvent]
    record: list[Entry]
    risks: list[RiskRule]
    actions: list[Action]
    reasons: list[Text]
    exception: AmountException | None
    """Why its amount is not what the law gives."""
    law: Standing | None
    """The law it stands under, and today's where that is another."""
    payee: Payee | None
    """Where its money goes."""
    findings: list[Finding]
    """What second looks found wrong with it, and the answers."""

    @property
    def place(self) -> Text | None:
        """The place in the clause's queue, in words."""
        standing = self.explained.standing if self.explained else None
        return place_words(standing) if standing is not None else None


def decision(request: HttpRequest, entitlement: Entitlement) -> Decision:
    """Gather the page of ``entitlement``."""
    law = law_for(request)
    files = law.pack.clauses.get(entitlement.clause)
    clause = files.clause.value if files else None
    basis = latest_basis(entitlement)
    frozen = open_basis(basis, law.pack) if basis else None
    claimed = frozen.claimed if frozen else {}
    held, law_held = _held(entitlement)
    explained = _explained(entitlement, held, law_held or law, claimed) if held and clause else None
    facts = _facts(held, clause, entitlement, claimed) if held and clause else {}
    differs = _differs(entitlement, explained)
    law_standing = standing_of(entitlement, basis, language_of(request), differs=differs)
    return Decision(
        entitlement,
        clause,
        explained,
        tuple(_sum(explained, law_held or law, facts, held.as_of, language_of(request)))
        if held and explained
        else (),
        tuple(_claims(claimed, held, clause, entitlement, law)),
        basis,
        frozen,
        differs,
        alike(entitlement, law.pack),
        timeline_of(entitlement),
        _record(entitlement),
        reasons(entitlement.pk),
        list(_actions(request, entitlement, law_standing)),
        decline_reasons(clause),
        exceptions_among([entitlement]).get(entitlement.pk),
        law_standing,
        payee_of(entitlement),
        findings_about(account_of(request), entitlement),
    )


def held_about(entitlement: Entitlement) -> Held | None:
    """What is held now about whom the entitlement is for."""
    return _held(entitlement)[0]


def _held(entitlement: Entitlement) -> tuple[Held | None, Law | None]:
    return held_now(entitlement) or (None, None)


def _row(held: Held, clause: Clause, entitlement: Entitlement) -> Mapping[str, Any] | None:
    key = entitlement.open_subject()
    return next((row for row in held.subjects.get(clause.per, ()) if row[clause.per] == key), None)


def _facts(
    held: Held, clause: Clause, entitlement: Entitlement, claimed: Mapping[str, Any]
) -> dict[str, Any]:
    row = _row(held, clause, entitlement) or {}
    facts = held.read(row)
    return facts | {name: value for name, value in claimed.items() if facts.get(name) is None}


def _sum(
    explained: Explained, law: Law, facts: Mapping[str, Any], day: date, language: Language
) -> list[str]:
    if explained.branch is None or not explained.amount:
        return []
    return book_of(law).sum_lines(explained.clause.id, explained.branch, facts, day, language)


def _explained(
    entitlement: Entitlement, held: Held, law: Law, claimed: Mapping[str, Any]
) -> Explained | None:
    """The clause for the entitlement's subject, with what the worker stated where the data are silent."""
    if entitlement.clause not in law.rulebook.clauses:
        return None
    clause = law.pack.clauses[entitlement.clause].clause.value
    row = _row(held, clause, entitlement)
    if row is None:
        return None
    filled = {**row, **{name: value for name, value in claimed.items() if row.get(name) is None}}
    only = replace(held, subjects={**held.subjects, clause.per: [filled]})
    return explain_clause(only, law, clause.id)[0]


def _differs(entitlement: Entitlement, explained: Explained | None) -> bool:
    """Whether the rules now say something else than what waits to be decided."""
    if explained is None or entitlement.state not in (State.CONFIRMED, State.PASSED, State.APPROVED):
        return False
    if explained.verdict != "yes":
        return True
    if entitlement.amount is None or explained.amount is None:
        return False
    return max(explained.amount - entitlement.deducted, Decimal(0)) != entitlement.amount


def _claims(
    claimed: Mapping[str, Any], held: Held | None, clause: Clause | None, entitlement: Entitlement, law: Law
) -> list[Claim]:
    row = _row(held, clause, entitlement) if held and clause else None
    known = {**(held.points if held else {}), **(row or {})}
    entries = ((name, law.pack.facts.get(name), value) for name, value in claimed.items())
    return [
        Claim(name, entry.label if entry else Text(name, name), entry.unit if entry else None, value, known.get(name))
        for name, entry, value in entries
    ]  # fmt: skip


def _record(entitlement: Entitlement) -> list[Entry]:
    lines = Entry.objects.filter(object_kind="entitlement", object_id=str(entitlement.pk))
    if entitlement.person_id is not None:
        lines = lines.filter(person=entitlement.person_id)
    return list(lines.order_by("-id")[:LINES])


PERMITS = {
    "review": Permission.REVIEW,
    "approve": Permission.APPROVE,
    "hand_over": Permission.REVIEW,
    "decline": Permission.REVIEW,
    "revoke": Permission.APPROVE,
    "correct": Permission.REVIEW,
    "adopt": Permission.REVIEW,
}
"""What somebody needs who wants to do something with an entitlement."""
_VERBS = {
    "review": Text("复核通过", "Pass review"),
    "approve": Text("批准", "Approve"),
    "hand_over": Text("登记已交付", "Note as delivered"),
    "decline": Text("不予批准", "Decline"),
    "revoke": Text("撤回批准", "Take the approval back"),
    "correct": Text("按新结果更正，请本人再确认", "Take the new result; the worker confirms it again"),
    "adopt": Text("采用现行规定的结果", "Take today’s result"),
}


def _actions(request: HttpRequest, entitlement: Entitlement, law: Standing | None) -> list[Action]:
    account = account_of(request)
    newer = law is not None and law.newer is not None and law.newer.amount > 0
    return [
        Action(name, label)
        for name, label in _VERBS.items()
        if _fits(name, entitlement)
        and (name != "adopt" or newer)
        and may_on(account, entitlement, PERMITS[name])
    ]


def _fits(name: str, entitlement: Entitlement) -> bool:
    if name == "hand_over":
        return entitlement.in_kind and entitlement.state == State.APPROVED and not entitlement.held
    if name == "correct" and not (
        entitlement.held
        and not entitlement.supplement
        and any(h.cause == Cause.CHANGED for h in open_holds(entitlement))
    ):
        return False
    if entitlement.held and name in TOWARDS_PAYMENT:
        return False
    return entitlement.state in MOVES[name].from_
