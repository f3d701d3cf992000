"""Whose data an account may see: every query of a portal begins here.

A bureau reaches the clauses it decides, for everybody; a town the people who live there, for every
clause; an enterprise those it employs now; the district everything. Leaders see sums, not people.
"""

from django.db.models import Q, QuerySet

from jigong.accounts.enums import PERMISSIONS, OrganisationKind, Permission, Role
from jigong.accounts.models import Account, Organisation, Person
from jigong.kernel.text import ways_to_write

NOBODY = Q(pk__in=[])


def organisations(account: Account, permission: Permission) -> list[Organisation]:
    """The organisations in which the account may do ``permission``."""
    return [m.organisation for m in account.active_memberships if permission in PERMISSIONS[Role(m.role)]]


def people(account: Account, permission: Permission) -> QuerySet[Person]:
    """The people whose data the account may see under ``permission``; a worker sees themself."""
    if account.person_id is not None:
        return Person.objects.filter(pk=account.person_id)
    reach = NOBODY
    for organisation in organisations(account, permission):
        match organisation.kind:
            case OrganisationKind.DISTRICT | OrganisationKind.BUREAU:
                return Person.objects.all()
            case OrganisationKind.TOWN:
                reach |= Q(town=organisation.town)
            case OrganisationKind.ENTERPRISE:
                reach |= Q(employer=organisation)
    return Person.objects.filter(reach)


def name_begins(text: str) -> Q:
    """A condition on people: the name begins with what was typed, whichever sign it has for its dot."""
    found = NOBODY
    for way in ways_to_write(text):
        found |= Q(name__startswith=way)
    return found


def entitlement_reach(account: Account, permission: Permission) -> Q:
    """A condition on entitlements (``office``, ``person``, ``organisation``) that keeps what the account may see."""
    if account.person_id is not None:
        return Q(person_id=account.person_id)
    reach = NOBODY
    for organisation in organisations(account, permission):
        match organisation.kind:
            case OrganisationKind.DISTRICT:
                return Q()
            case OrganisationKind.BUREAU:
                reach |= Q(office=organisation.code)
            case OrganisationKind.TOWN:
                reach |= Q(person__town=organisation.town)
            case OrganisationKind.ENTERPRISE:
                reach |= Q(person__employer=organisation) | Q(organisation=organisation)
    return reach
