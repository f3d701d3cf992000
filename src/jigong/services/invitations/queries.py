"""Who was invited, and what waits for an answer."""

from dataclasses import dataclass
from datetime import datetime

from jigong.accounts.models import Organisation, Person
from jigong.kernel.text import Text
from jigong.services.invitations.enums import PURPOSE_LABELS, PURPOSE_SEES, Purpose, State
from jigong.services.invitations.models import Invitation


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What a worker is asked: by whom, for what, and what the asker would see."""

    id: int
    organisation: Text
    purpose: Purpose
    label: Text
    sees: Text
    asked_at: datetime
    reminded_at: datetime | None


def invitations_of(person: Person) -> list[OpenInvitation]:
    """What waits for the person's answer: only from the employer of now."""
    if person.employer_id is None:
        return []
    found = Invitation.objects.filter(
        person=person, organisation_id=person.employer_id, state=State.OPEN
    ).select_related("organisation")
    return [
        OpenInvitation(
            row.pk,
            row.organisation.label,
            Purpose(row.purpose),
            PURPOSE_LABELS[Purpose(row.purpose)],
            PURPOSE_SEES[Purpose(row.purpose)],
            row.asked_at,
            row.reminded_at,
        )
        for row in found.order_by("asked_at", "id")
    ]


def waiting_for(organisation: Organisation, person_ids: list[int]) -> dict[int, dict[str, Invitation]]:
    """The newest invitation of each of these people and purposes."""
    found: dict[int, dict[str, Invitation]] = {}
    rows = Invitation.objects.filter(organisation=organisation, person__in=person_ids).order_by("id")
    for row in rows:
        found.setdefault(row.person_id, {})[row.purpose] = row
    return found


def open_count(organisation: Organisation) -> int:
    """How many invitations wait for an answer of somebody employed now."""
    return Invitation.objects.filter(
        organisation=organisation, state=State.OPEN, person__employer=organisation
    ).count()
