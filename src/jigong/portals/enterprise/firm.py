"""Who sits at the desk: an account, the enterprise it works for now, and the people employed there."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Organisation, Person
from jigong.accounts.scope import entitlement_reach, organisations, people
from jigong.delivery.models import Entitlement
from jigong.portals.kit.access import account_of

CHOSEN = "enterprise"


@dataclass(frozen=True, slots=True)
class Desk:
    """An account at work for ``firm``, one of its ``firms``."""

    account: Account
    firm: Organisation
    firms: tuple[Organisation, ...]

    def employees(self) -> QuerySet[Person]:
        """Everybody the firm employs now."""
        return people(self.account, Permission.SEE_EMPLOYEES).filter(employer=self.firm, listed=True)

    def own(self) -> QuerySet[Entitlement]:
        """What is due to the firm itself."""
        reach = entitlement_reach(self.account, Permission.SEE_EMPLOYEES)
        return Entitlement.objects.filter(reach & Q(organisation=self.firm))


def desk(request: HttpRequest) -> Desk:
    """The desk of the signed-in account; of several enterprises the one it chose last.

    Raises:
        PermissionDenied: it works for no enterprise.
    """
    account = account_of(request)
    found = organisations(account, Permission.SEE_EMPLOYEES)
    firms = tuple(sorted((o for o in found if o.kind == OrganisationKind.ENTERPRISE), key=lambda o: o.pk))
    if not firms:
        raise PermissionDenied
    chosen = request.session.get(CHOSEN)
    return Desk(account, next((firm for firm in firms if firm.pk == chosen), firms[0]), firms)
