"""The reads behind every page of a worker, in written-out SQL: composing it anew each time takes twice as long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jigong.accounts.models import Person
from jigong.delivery.models import Entitlement, Step
from jigong.dossiers.models import Dossier

_READER = """
SELECT p.*, b.bank AS bank_name, b.last4 AS bank_last4, EXISTS (
  SELECT 1 FROM invitations_invitation i
  WHERE i.person_id = p.id AND i.organisation_id = p.employer_id AND i.state = 'open'
) AS asked, EXISTS (
  SELECT 1 FROM notices_notice n WHERE n.person_id = p.id AND n.withdrawn_at IS NULL AND n.read_at IS NULL
) AS unread, ARRAY(
  SELECT kind FROM cases_case WHERE person_id = p.id AND state = 'open' ORDER BY id
) AS case_kinds, ARRAY(
  SELECT deadline FROM cases_case WHERE person_id = p.id AND state = 'open' ORDER BY id
) AS case_deadlines,
d.run_id AS dossier_run, d.snapshot AS dossier_snapshot, d.known_on AS dossier_known_on, d.body AS dossier_body,
d.body_hash AS dossier_body_hash,
d.points AS dossier_points, d.tier AS dossier_tier, d.refreshed_at AS dossier_refreshed_at
FROM accounts_person p LEFT JOIN dossiers_dossier d ON d.person_id = p.id LEFT JOIN LATERAL (
  SELECT bank, last4 FROM accounts_bankaccount WHERE person_id = p.id AND active ORDER BY id DESC LIMIT 1
) b ON TRUE
WHERE p.id = %s
"""
_ENTITLEMENTS = """
SELECT e.*, EXISTS (SELECT 1 FROM replay_adjustment a WHERE a.entitlement_id = e.id) AS adjusted
FROM delivery_entitlement e WHERE person_id = %s ORDER BY id DESC
"""
_STEPS = "SELECT * FROM delivery_step WHERE entitlement_id = ANY(%s) ORDER BY id"


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """Where a worker's money goes, as pages show it."""

    bank: str
    last4: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A correction or an appeal nobody has answered yet."""

    kind: str
    deadline: date


@dataclass(frozen=True, slots=True)
class Reader:
    """A worker: who, what is held (None: no data have come), where their money goes, what is asked and answered."""

    person: Person
    dossier: Dossier | None
    bank_account: StoredAccount | None
    asked: bool
    """Whether the employer asks for a consent."""
    unread: bool
    """Whether there is a message the worker has not read."""
    cases: tuple[OpenCase, ...]


def reader_of(person_id: int) -> Reader | None:
    """The worker with this id."""
    for person in Person.objects.raw(_READER, [person_id]):
        found = vars(person)
        stored = StoredAccount(found["bank_name"], found["bank_last4"]) if found["bank_last4"] else None
        cases = zip(found["case_kinds"], found["case_deadlines"], strict=True)
        return Reader(
            person,
            _dossier(person),
            stored,
            found["asked"],
            found["unread"],
            tuple(OpenCase(*case) for case in cases),
        )
    return None


def _dossier(person: Person) -> Dossier | None:
    found = vars(person)
    if found["dossier_run"] is None:
        return None
    return Dossier(
        person=person, run_id=found["dossier_run"], snapshot=found["dossier_snapshot"],
        known_on=found["dossier_known_on"], body=found["dossier_body"],
        body_hash=found["dossier_body_hash"], points=found["dossier_points"], tier=found["dossier_tier"], refreshed_at=found["dossier_refreshed_at"],
    )  # fmt: skip


def entitlements_of(person_id: int) -> list[Entitlement]:
    """Everything that was ever proposed to the worker, the newest first."""
    return list(Entitlement.objects.raw(_ENTITLEMENTS, [person_id]))


def is_adjusted(entitlement: Entitlement) -> bool:
    """Whether later data said something else about one of :func:`entitlements_of`."""
    return bool(vars(entitlement)["adjusted"])


def steps_of(entitlements: Iterable[int]) -> list[Step]:
    """What has happened to these entitlements, the oldest first."""
    return list(Step.objects.raw(_STEPS, [list(entitlements)]))
