"""What a token reaches: what its organisation does."""

from django.db.models import Q, QuerySet

from jigong.accounts.enums import OrganisationKind
from jigong.accounts.models import Organisation, Person
from jigong.delivery.models import Entitlement
from jigong.kernel.text import Text
from jigong.portals.api.problems import ApiError
from jigong.services.access_tokens.models import Token
from jigong.services.cases.models import Case
from jigong.services.cases.queries import answered_by


def enterprise_of(token: Token) -> Organisation:
    """The token's enterprise.

    Raises:
        ApiError: it belongs to an office.
    """
    if token.organisation.kind != OrganisationKind.ENTERPRISE:
        raise ApiError(
            403,
            Text("只供企业使用", "for enterprises only"),
            remedy=Text("用企业的令牌", "use a token of an enterprise"),
        )
    return token.organisation


def employees(token: Token) -> QuerySet[Person]:
    """Those the token's enterprise employs now."""
    return Person.objects.filter(employer=enterprise_of(token), listed=True)


def entitlements(token: Token) -> QuerySet[Entitlement]:
    """An enterprise's own; those a bureau decides; those of a town's people; a district's all."""
    organisation = token.organisation
    match organisation.kind:
        case OrganisationKind.ENTERPRISE:
            reach = Q(organisation=organisation)
        case OrganisationKind.BUREAU:
            reach = Q(office=organisation.code)
        case OrganisationKind.TOWN:
            reach = Q(person__town=organisation.town)
        case _:
            reach = Q()
    return Entitlement.objects.filter(reach)


def cases(token: Token) -> QuerySet[Case]:
    """The cases the token's office answers."""
    return answered_by(token.organisation)
