"""The firm's people as a list may show them: masked unless they consented."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jigong.accounts.masking import mask_name
from jigong.accounts.models import Consent, Person
from jigong.accounts.scope import name_begins
from jigong.portals.enterprise.firm import Desk
from jigong.services.invitations.enums import PURPOSE_LABELS, Purpose, State
from jigong.services.invitations.looks import consents_in_force
from jigong.services.invitations.models import Invitation
from jigong.services.invitations.queries import waiting_for

PAGE = 50


@dataclass(frozen=True, slots=True)
class PurposeSign:
    """How one person stands to one purpose: consented, asked, refused, or nothing yet."""

    purpose: Purpose
    label: object
    stands: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list."""

    id: int
    name: str
    consents: frozenset[str]
    signs: tuple[PurposeSign, ...]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of people and the key of the next one; None on the last."""

    rows: tuple[PersonRow, ...]
    after: int | None


def shown_name(person: Person, consents: frozenset[str]) -> str:
    """The name with any consent, else masked."""
    return person.name if consents else mask_name(person.name)


def filtered(desk: Desk, search: str, show: str) -> QuerySet[Person]:
    """The firm's people whose name begins with ``search`` and who stand as ``show`` says."""
    found = desk.employees()
    if search:
        found = found.filter(name_begins(search))
    given = Consent.objects.filter(organisation=desk.firm, withdrawn_at__isnull=True)
    if show == "consented":
        found = found.filter(pk__in=given.values("person"))
    elif show == "none":
        found = found.exclude(pk__in=given.values("person"))
    elif show == "waiting":
        asked = Invitation.objects.filter(organisation=desk.firm, state=State.OPEN)
        found = found.filter(pk__in=asked.values("person"))
    return found


def page_of(desk: Desk, found: QuerySet[Person], after: int | None, size: int = PAGE) -> PeoplePage:
    """The people after the one with id ``after``, by name; it costs the same on every page."""
    if after is not None:
        last = desk.employees().filter(pk=after).values_list("name", "pk").first()
        if last is not None:
            found = found.filter(Q(name__gt=last[0]) | Q(name=last[0], pk__gt=last[1]))
    people = list(found.order_by("name", "pk")[: size + 1])
    rows = rows_of(desk, people[:size])
    return PeoplePage(rows, people[size - 1].pk if len(people) > size else None)


def rows_of(desk: Desk, people: Sequence[Person]) -> tuple[PersonRow, ...]:
    """These people as the list shows them."""
    ids = [person.pk for person in people]
    consents = consents_in_force(desk.firm, ids)
    asked = waiting_for(desk.firm, ids)
    rows = []
    for person in people:
        given = consents.get(person.pk, frozenset())
        signs = tuple(
            PurposeSign(purpose, PURPOSE_LABELS[purpose], _stands(purpose, given, asked.get(person.pk, {})))
            for purpose in Purpose
        )
        rows.append(PersonRow(person.pk, shown_name(person, given), given, signs))
    return tuple(rows)


def _stands(purpose: Purpose, given: frozenset[str], asked: dict[str, Invitation]) -> str:
    if purpose.value in given:
        return "given"
    newest = asked.get(purpose.value)
    if newest is None or newest.state == State.ACCEPTED:
        return "none"
    return "asked" if newest.state == State.OPEN else "declined"
