"""Reading cases: a person's own, an office's queue, and the records a correction may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Organisation, Person
from jigong.accounts.scope import NOBODY, organisations
from jigong.dossiers.evidence import evidence_of
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.kernel.text import Text
from jigong.packs.contract import Contract
from jigong.services.cases.desks import desks
from jigong.services.cases.models import Case, CaseState


def cases_of(person: Person) -> QuerySet[Case]:
    """A person's cases, the newest first."""
    found = Case.objects.filter(person=person).select_related("entitlement", "answered_in")
    return found.order_by("-opened_at")


def reachable(account: Account) -> QuerySet[Case]:
    """The cases an officer may see and answer: those that go to an office of theirs, or that it stands in for."""
    offices = organisations(account, Permission.HANDLE_CASES)
    return answered_by(*offices)


def answered_by(*offices: Organisation) -> QuerySet[Case]:
    """The cases these organisations answer (:mod:`jigong.services.cases.desks`)."""
    if not offices:
        return Case.objects.none()
    now = desks()
    reach = NOBODY
    for office in offices:
        reach |= now.reach(office)
    return Case.objects.filter(reach)


def answering(account: Account, office: str) -> Organisation | None:
    """In which of their organisations an account answers what goes to ``office``: there itself if it can."""
    held = organisations(account, Permission.HANDLE_CASES)
    return next((o for o in held if o.code == office), held[0] if held else None)


def stands_in(account: Account, case: Case) -> bool:
    """Whether the account answers for an office that is not its own."""
    place = answering(account, case.office)
    return place is not None and place.code != case.office


def who_answered(case: Case, office: Text) -> Text:
    """The office that answered; or who did it for the office, which is called so."""
    by = case.answered_in
    if by is None or by.code == case.office:
        return office
    if by.kind == OrganisationKind.DISTRICT:
        return Text(f"区里代{office.zh}", f"the district, for {office.en},")
    return Text(f"{by.label.zh}代{office.zh}", f"{by.label.en}, for {office.en},")


def queue(account: Account) -> QuerySet[Case]:
    """The open cases an officer may handle, the most urgent first."""
    open_ = reachable(account).filter(state=CaseState.OPEN)
    return open_.select_related("person", "entitlement").order_by("deadline", "id")


@dataclass(frozen=True, slots=True)
class OfficeCases:
    """What waits for an office, and who answers it."""

    office: str
    answers: str | None
    """The office that answers: itself, its stand-in, or None for the district."""
    nobody: bool
    """Whether the district has nobody for it either."""
    open: int
    late: int
    soon: int
    next_deadline: date


OVERSEE = (Permission.HANDLE_CASES, Permission.AUDIT, Permission.SEE_COCKPIT, Permission.MANAGE_ACCOUNTS)
"""Any of these, in the district, sees how every office answers; it is numbers and no people."""
SOON = timedelta(days=3)
"""From when on a deadline is near."""


def by_office(account: Account, *, day: date) -> list[OfficeCases]:
    """The offices with open cases, the most urgent first: all for the district, else those the account's answer for."""
    found = Case.objects.filter(state=CaseState.OPEN)
    held = {o.pk: o for permission in OVERSEE for o in organisations(account, permission)}
    if all(o.kind != OrganisationKind.DISTRICT for o in held.values()):
        found = found.filter(pk__in=answered_by(*held.values()))
    now = desks()
    rows = found.values("office").annotate(
        open=Count("pk"), late=Count("pk", filter=Q(deadline__lt=day)),
        soon=Count("pk", filter=Q(deadline__gte=day, deadline__lte=day + SOON)), next_deadline=Min("deadline"),
    )  # fmt: skip
    lines = []
    for row in rows:
        answers = now.of(row["office"])
        lines.append(OfficeCases(**row, answers=answers, nobody=answers is None and not now.district))
    return sorted(lines, key=lambda line: (line.next_deadline, line.office))


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A record a correction may change: its class, key, and what it says now."""

    contract: Contract
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    file: str
    line: int


def records(case: Case) -> list[CaseRecord]:
    """The records behind the fact a case is about, of the class it went to; the newest first."""
    dossier = Dossier.objects.select_related("run").get(person=case.person_id)
    law = law_of_run(dossier.run)
    if not case.fact:
        return []
    contract = law.pack.contracts[case.data_class]
    return [
        CaseRecord(
            contract,
            {name: found.values[name] for name in contract.key},
            found.values,
            found.file,
            found.line,
        )
        for found in evidence_of(held_of(dossier), law.pack, case.fact, case.open_subject())
        if found.data_class == case.data_class
    ]
