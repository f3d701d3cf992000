"""What an enterprise may see of a person, and the record that it looked.

The rule: without consent, a masked name and nothing else about anybody; sums only over groups of
:data:`LEAST` people or more. With consent for a purpose, what that purpose covers. Consent counts only
while the person is employed there: whoever leaves is out of sight at once, and so is whoever withdraws.
"""

from collections.abc import Collection
from datetime import datetime, time

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from jigong.accounts.models import Account, Consent, Organisation, Person
from jigong.audit.actions import record
from jigong.audit.models import Entry
from jigong.services.invitations.enums import Purpose

LEAST = 5
"""A number about people who did not consent is shown only where it is about so many of them."""


def consents_in_force(
    organisation: Organisation, people: Collection[int] | QuerySet[Person]
) -> dict[int, frozenset[str]]:
    """The purposes each of these people consented to; only those employed by the organisation now."""
    rows = Consent.objects.filter(
        organisation=organisation, person__in=people, person__employer=organisation, withdrawn_at__isnull=True
    ).values_list("person", "purpose")
    found: dict[int, set[str]] = {}
    for person, purpose in rows:
        found.setdefault(person, set()).add(purpose)
    return {person: frozenset(purposes) for person, purposes in found.items()}


def consenting(employees: QuerySet[Person], organisation: Organisation, purpose: Purpose) -> QuerySet[Person]:
    """Those of the employees who consented to this purpose."""
    given = Consent.objects.filter(organisation=organisation, purpose=purpose, withdrawn_at__isnull=True)
    return employees.filter(pk__in=given.values("person"))


@transaction.atomic
def looked(
    people: Collection[int], *, purpose: Purpose, organisation: Organisation, by: Account, at: datetime
) -> None:
    """Record that somebody of the organisation saw what a purpose covers: one line a day for each person.

    The person reads it under “who looked at my data”.
    """
    action = f"enterprise.see_{purpose.value}"
    start = datetime.combine(timezone.localdate(at), time.min, timezone.get_current_timezone())
    known = set(
        Entry.objects.filter(person__in=people, actor=by.pk, action=action, at__gte=start).values_list(
            "person", flat=True
        )
    )
    for person in sorted(set(people) - known):
        record(
            action, by=by, at=at, object_kind="organisation", object_id=organisation.pk, person=person,
            detail={"purpose": purpose.value},
        )  # fmt: skip
