"""The reads behind every page of a worker, in written-out SQL: composing it anew each time takes twice as long."""

from dataclasses import dataclass

from jigong.accounts.models import Person
from jigong.delivery.models import Entitlement
from jigong.dossiers.models import Dossier
from jigong.services.cases.models import Case

_PERSON = """
SELECT p.*, b.bank AS bank_name, b.last4 AS bank_last4, EXISTS (
  SELECT 1 FROM invitations_invitation i
  WHERE i.person_id = p.id AND i.organisation_id = p.employer_id AND i.state = 'open'
) AS asked
FROM accounts_person p LEFT JOIN LATERAL (
  SELECT bank, last4 FROM accounts_bankaccount WHERE person_id = p.id AND active ORDER BY id DESC LIMIT 1
) b ON TRUE
WHERE p.id = %s
"""
_DOSSIER = "SELECT * FROM dossiers_dossier WHERE person_id = %s"
_ENTITLEMENTS = "SELECT * FROM delivery_entitlement WHERE person_id = %s ORDER BY id DESC"
_OPEN_CASES = "SELECT * FROM cases_case WHERE person_id = %s AND state = 'open' ORDER BY id"


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """Where a worker's money goes, as pages show it."""

    bank: str
    last4: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A worker: who, where their money goes, and whether the employer asks for a consent."""

    person: Person
    bank_account: StoredAccount | None
    asked: bool


def reader_of(person_id: int) -> Reader | None:
    """The worker with this id."""
    for person in Person.objects.raw(_PERSON, [person_id]):
        found = vars(person)
        stored = StoredAccount(found["bank_name"], found["bank_last4"]) if found["bank_last4"] else None
        return Reader(person, stored, found["asked"])
    return None


def dossier_of(person_id: int) -> Dossier | None:
    """The worker's dossier."""
    return next(iter(Dossier.objects.raw(_DOSSIER, [person_id])), None)


def entitlements_of(person_id: int) -> list[Entitlement]:
    """Everything that was ever proposed to the worker, the newest first."""
    return list(Entitlement.objects.raw(_ENTITLEMENTS, [person_id]))


def open_cases_of(person_id: int) -> list[Case]:
    """What the worker has said to be wrong and nobody has answered yet."""
    return list(Case.objects.raw(_OPEN_CASES, [person_id]))
