"""What the first visitors of a demonstration find under way.

Some workers confirm, officers decide, finance pays, somebody objects: all by the actions people use,
so what is shown is what the platform does. The workers of the list are left as they are, for the visitor.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Window
from django.db.models.functions import RowNumber

from jigong.accounts.actions import add_bank_account, give_consent
from jigong.accounts.demo import DemoAccount, demo_accounts, put_in_draw
from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, BankAccount, Person
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm, decline, review
from jigong.delivery.approval import approve_many
from jigong.delivery.lottery import actions as lottery
from jigong.delivery.lottery import preparing, roster
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.payments.actions import confirm_returns, make_batch, mark_sent, release, take_return
from jigong.delivery.payments.models import Batch
from jigong.delivery.payments.queries import ready
from jigong.delivery.payments.returns import open_lines
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.lake.uses import sources_of
from jigong.packs.pack import Pack
from jigong.services.cases.actions import appeal, report_wrong
from jigong.services.cases.desks import office_of

_OF_A_CLAUSE = 12
"""Workers who say yes to each clause."""
_CONSENTS = 6
_SEED = "3155.22"
_HOUR = timedelta(hours=1)
_CASES = 2
"""Corrections each office with an account in the list is asked for."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How many matters were confirmed, approved and paid, and how many people object."""

    confirmed: int
    approved: int
    paid: int
    cases: int


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who plays: by office its officer and its approver, two in finance, and the workers who are left alone."""

    officers: Mapping[str, Account]
    approvers: Mapping[str, Account]
    finance: tuple[Account, Account] | None
    enterprises: Sequence[Account]
    spared: Sequence[int]


def rehearse(*, at: datetime) -> Rehearsed | None:
    """Play a few days of the life of a demonstration; None where somebody has begun to use it."""
    if Step.objects.filter(move="confirm").exists():
        return None
    cast = _cast(demo_accounts())
    confirmed = _confirm(cast, at)
    soon, later = confirmed[1::3], confirmed[2::3]
    approved = _decide(soon, cast, at)
    paid = _pay(cast, at)
    approved += _decide(later, cast, at)
    _draw(cast, at)
    cases = _object(confirmed[0::3], cast, at) + _correct(cast, at)
    _consent(cast, at)
    return Rehearsed(len(confirmed), approved, paid, cases)


def _cast(listed: Sequence[DemoAccount]) -> _Cast:
    roles: dict[Role, dict[str, Account]] = {}
    for one in listed:
        for member in one.account.memberships.select_related("organisation"):
            if member.organisation.kind == OrganisationKind.BUREAU:
                roles.setdefault(Role(member.role), {})[member.organisation.code] = one.account
    finance = [one.account for one in listed if one.account.memberships.filter(role=Role.FINANCE).exists()]
    return _Cast(
        roles.get(Role.OFFICER, {}),
        roles.get(Role.APPROVER, {}),
        (finance[0], finance[1]) if len(finance) > 1 else None,
        [one.account for one in listed if one.kind == "enterprise"],
        [one.account.person_id for one in listed if one.account.person_id is not None],
    )


def _confirm(cast: _Cast, at: datetime) -> list[Entitlement]:
    place = Window(RowNumber(), partition_by="clause", order_by="subject_hash")
    chosen = (
        Entitlement.objects.filter(state=State.PROPOSED, person__isnull=False, organisation__isnull=True)
        .exclude(person__in=cast.spared)
        .annotate(place=place)
        .filter(place__lte=_OF_A_CLAUSE)
        .select_related("person")
        .order_by("clause", "subject_hash")
    )
    accounts: dict[int, BankAccount] = {}
    done = []
    for found in chosen:
        person = found.person
        assert person is not None
        by = worker_account(person)
        if not found.in_kind and person.pk not in accounts:
            # Sixteen digits that begin with nought are no card of any bank.
            accounts[person.pk] = add_bank_account(
                person=person, number=f"{person.pk:016}", holder=person.name, bank="演示银行（虚构）", by=by, at=at
            )  # fmt: skip
        account = None if found.in_kind else accounts[person.pk]
        done.append(confirm(entitlement=found.pk, by=by, at=at, bank_account=account))
    return done


def _decide(matters: Sequence[Entitlement], cast: _Cast, at: datetime) -> int:
    """Review what wants it, and approve; of offices with accounts in the list."""
    done = 0
    for office, approver in cast.approvers.items():
        mine = [found for found in matters if found.office == office]
        for found in mine:
            if found.state == State.CONFIRMED and office in cast.officers:
                review(entitlement=found.pk, by=cast.officers[office], at=at)
        done += sum(one.ok for one in approve_many(entitlements=[m.pk for m in mine], by=approver, at=at))
    return done


def _pay(cast: _Cast, at: datetime) -> int:
    """A batch of each fund, made by one and released by the other; the bank refuses the last payment of it."""
    if cast.finance is None:
        return 0
    first, second = cast.finance
    paid = 0
    for fund in law_of_run(current_run()).pack.funds:
        if ready(fund).count:
            batch = make_batch(fund=fund, by=first, at=at)
            release(batch=batch.pk, by=second, at=at)
            mark_sent(batch=batch.pk, by=second, at=at)
            taken = take_return(content=_answer(batch), filename=f"{batch.number}.csv", by=first, at=at)
            refused = open_lines().filter(file=taken.file).values_list("pk", flat=True)
            confirm_returns(lines=list(refused), by=second, at=at)
            paid += batch.payments.filter(entitlement__state=State.PAID).count()
    return paid


def _answer(batch: Batch) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["end_to_end_id", "amount", "result", "reason"])
    *good, last = batch.payments.order_by("pk")
    writer.writerows([payment.end_to_end_id, payment.amount, "paid", ""] for payment in good)
    refused = ["failed", "账户不存在"] if good else ["paid", ""]
    writer.writerow([last.end_to_end_id, last.amount, *refused])
    return text.getvalue().encode()


def _draw(cast: _Cast, at: datetime) -> None:
    """A finished draw of a lottery that gives something in kind, with an entrant of it on the list."""
    source = roster.current_source(settings.JIGONG.data)
    for clause in source.law.clauses:
        office = clause.delivery.office or ""
        if (
            clause.delivery.mode != "lottery"
            or clause.delivery.won is not None
            or office not in cast.approvers
        ):
            continue
        people = len(preparing.who_enters(source, clause, None))
        places = min(preparing.room(source, clause).left, people // 2)
        if places < 1:
            continue
        officer, approver = cast.officers[office], cast.approvers[office]
        event = preparing.Announcement("演示：虚构的公开事件（某日收盘指数）", "3089.26", at - _HOUR)
        before = at - 2 * _HOUR
        made = preparing.prepare(
            source=source, clause=clause.id, places=places, announced=event, by=officer, at=before
        )
        typed = made.roster_sha256[: lottery.PREFIX]
        lottery.commit(draw=made.pk, by=approver, at=before, typed=typed)
        lottery.enter_seed(draw=made.pk, seed=_SEED, evidence="", by=officer, at=at)
        lottery.confirm_seed(draw=made.pk, seed=_SEED, by=approver, at=at)
        lottery.run_draw(draw=made.pk, by=officer, at=at)
        lottery.publish(draw=made.pk, by=approver, at=at, typed=typed)
        entrant = made.entrant_set.filter(person__account__username__isnull=True).order_by("line").first()
        if entrant is not None and entrant.person is not None:
            put_in_draw(entrant.person, at=at)
        return


def _object(matters: Sequence[Entitlement], cast: _Cast, at: datetime) -> int:
    """One worker's matter is declined, and they object."""
    for found in matters:
        if found.state == State.CONFIRMED and found.office in cast.officers and found.person is not None:
            reason = "演示：材料与登记信息不一致"
            decline(entitlement=found.pk, by=cast.officers[found.office], at=at, reason=reason)
            appeal(
                entitlement=found.pk, text="演示：材料已经补齐，请再核对一次。", by=worker_account(found.person), at=at
            )  # fmt: skip
            return 1
    return 0


def _correct(cast: _Cast, at: datetime) -> int:
    """Some workers say that a sum of money the data hold about them is wrong."""
    run = current_run()
    pack = law_of_run(run).pack
    sums = _sums(pack)
    asked = dict.fromkeys(cast.officers, 0)
    people = Person.objects.filter(dossier__isnull=False, listed=True).exclude(pk__in=cast.spared)
    for person in people.select_related("dossier").order_by("pk")[: 50 * _CASES]:
        person.dossier.run = run
        facts = held_of(person.dossier).facts
        for fact, office in sums.items():
            if facts.get(fact) and asked.get(office, _CASES) < _CASES:
                text = "演示：这一项与我手头的材料不一致，请核对。"
                report_wrong(person=person, fact=fact, text=text, by=worker_account(person), at=at)
                asked[office] += 1
                break
    return sum(asked.values())


def _sums(pack: Pack) -> dict[str, str]:
    """Facts about a worker in yuan, each with the office that answers for it."""
    found = {}
    for name, entry in pack.facts.items():
        topic = pack.fact_topics[name]
        if entry.unit == "yuan" and topic.header.value.subject == "worker":
            found[name] = office_of(pack, sources_of(pack, name)[0])
    return found


def _consent(cast: _Cast, at: datetime) -> None:
    """Some colleagues let their employer help them."""
    for account in cast.enterprises:
        for member in account.memberships.select_related("organisation"):
            colleagues = Person.objects.filter(employer=member.organisation).exclude(pk__in=cast.spared)
            for person in colleagues.order_by("pk")[:_CONSENTS]:
                give_consent(
                    person=person, organisation=member.organisation, purpose="benefits",
                    by=worker_account(person), at=at,
                )  # fmt: skip
