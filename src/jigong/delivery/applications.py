"""Applying: everything the lake knows is filled in; a person is asked only for what it does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from jigong.accounts.models import Account, BankAccount, Person
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.actions import confirm
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import Offer, offer_one
from jigong.delivery.states import State
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.rules.model import Outcome


@dataclass(frozen=True, slots=True)
class AskedFact:
    """A fact nobody has reported, which the clause needs: what to ask, and in what form."""

    name: str
    label: Text
    type: str
    """integer, decimal, boolean, string or date."""
    unit: str | None


def asks(held: Held, law: Law, clause: str, subject: str) -> list[AskedFact]:
    """What an applicant must tell: the missing facts that keep the verdict or the amount open."""
    outcome, _ = _judged(held, law, clause, subject, {})
    if outcome is None or outcome.verdict == "no":
        return []
    entries = ((name, law.pack.facts[name]) for name in outcome.missing if name in law.pack.facts)
    return [AskedFact(name, entry.label, entry.type, entry.unit) for name, entry in entries]


def _judged(
    held: Held, law: Law, clause: str, subject: str, claims: Mapping[str, Any]
) -> tuple[Outcome | None, Mapping[str, Any]]:
    per = law.pack.clauses[clause].clause.value.per
    row = next((row for row in held.subjects.get(per, ()) if row[per] == subject), None)
    if row is None:
        return None, {}
    facts = held.read(row)
    # What somebody says never replaces what a department reported.
    facts |= {name: value for name, value in claims.items() if facts.get(name) is None}
    return law.rule(clause).decide(facts, held.as_of), facts


@transaction.atomic
def apply(
    *,
    person: Person,
    clause: str,
    subject: str,
    claims: Mapping[str, Any],
    by: Account,
    at: datetime,
    bank_account: BankAccount | None = None,
) -> Entitlement:
    """Apply for a clause whose verdict was open for want of data; ``claims`` are the applicant's answers.

    The rules judge with the answers; an officer then sees them beside the data and reviews. Applying
    twice for the same gives the same application.

    Raises:
        JigongError: the clause does not take applications, an answer is missing, or even with the
            answers the rules say no (and why).
    """
    dossier = Dossier.objects.select_related("run").get(person=person)
    held, law = held_of(dossier), law_of_run(dossier.run)
    entry = law.pack.clauses[clause].clause.value
    if entry.delivery.mode != "application":
        raise error("这一条不用申请", "this clause takes no applications", remedy=("符合条件时会主动通知您", "you are told when it is due"))  # fmt: skip
    outcome, _ = _judged(held, law, clause, subject, claims)
    if outcome is None:
        raise error("没有找到要申请的事项", "there is nothing of that kind to apply for")
    if outcome.verdict != "yes" or outcome.missing:
        raise _refusal(outcome, law, clause)
    found = _offered(person, entry.id, subject, outcome, dossier, law, at)
    if found.state in (State.WITHDRAWN, State.DECLINED):
        raise error(
            "这一项您已放弃，或已有不予批准的决定", "you gave this up, or it was declined",
            remedy=("在条款页查看原因；有异议可以申诉", "see why on the clause's page; you may appeal"),
        )  # fmt: skip
    if found.state == State.PROPOSED:
        found = confirm(
            entitlement=found.pk,
            by=by,
            at=at,
            version=found.version,
            bank_account=bank_account,
            claimed=claims,
        )
        record(
            "delivery.apply", by=by, at=at, object_kind="entitlement", object_id=found.pk, person=person.pk,
            detail={"clause": clause, "claimed": sorted(claims)},
        )  # fmt: skip
    return found


def _refusal(outcome: Outcome, law: Law, clause: str) -> Exception:
    if outcome.missing:
        labels = [law.pack.facts[name].label for name in outcome.missing if name in law.pack.facts]
        zh, en = "、".join(label.zh for label in labels), ", ".join(label.en for label in labels)
        return error(
            f"还需要填写：{zh}", f"still needed: {en}", remedy=("补全后再提交", "fill them in and send again")
        )
    entry = law.pack.clauses[clause].clause.value
    failed = [
        c.label for c, holds in zip(entry.conditions, outcome.conditions, strict=True) if holds is False
    ]
    zh, en = "、".join(label.zh for label in failed), ", ".join(label.en for label in failed)
    return error(
        f"按您填写的内容，还不符合：{zh}", f"with these answers it is not met: {en}",
        remedy=("看看条款页上的最短路径", "see the shortest way on the clause's page"),
    )  # fmt: skip


def _offered(
    person: Person, clause: str, subject: str, outcome: Outcome, dossier: Dossier, law: Law, at: datetime
) -> Entitlement:
    """The entitlement of this clause, subject and period, locked; the same for everybody who asks at once."""
    entry = law.pack.clauses[clause].clause.value
    made = Offer(
        clause=clause, subject=subject, period=entry.period_on(law.day), person_id=person.pk,
        organisation_id=person.employer_id if entry.delivery.payee == "enterprise" else None,
        mode=entry.delivery.mode, office=entry.delivery.office or "", fund=entry.fund or "",
        branch=outcome.branch or "", amount=outcome.amount,
    )  # fmt: skip
    deadline = day_of(at) + timedelta(days=law.pack.days_for("confirm"))
    return offer_one(made, run=dossier.run_id, deadline=deadline, at=at)
