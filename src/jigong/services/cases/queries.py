"""Reading cases: a person's own, an office's queue, and the records a correction may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Person
from jigong.accounts.scope import NOBODY, organisations
from jigong.dossiers.evidence import evidence_of
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.packs.contract import Contract
from jigong.services.cases.models import Case, CaseState


def cases_of(person: Person) -> QuerySet[Case]:
    """A person's cases, the newest first."""
    return Case.objects.filter(person=person).select_related("entitlement").order_by("-opened_at")


def reachable(account: Account) -> QuerySet[Case]:
    """The cases an officer may handle: those of their bureau, of their town's people, or of the district."""
    reach = NOBODY
    for organisation in organisations(account, Permission.HANDLE_CASES):
        match organisation.kind:
            case OrganisationKind.DISTRICT:
                return Case.objects.all()
            case OrganisationKind.BUREAU:
                reach |= Q(office=organisation.code)
            case OrganisationKind.TOWN:
                reach |= Q(person__town=organisation.town)
    return Case.objects.filter(reach)


def queue(account: Account) -> QuerySet[Case]:
    """The open cases an officer may handle, the most urgent first."""
    open_ = reachable(account).filter(state=CaseState.OPEN)
    return open_.select_related("person", "entitlement").order_by("deadline", "id")


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
