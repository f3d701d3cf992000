"""What the API's and the enterprise portal's tests share: firms with people, HR, an operator, tokens."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.services.access_tokens.actions import create
from jigong.services.access_tokens.enums import SCOPES_OF, Scope
from jigong.services.access_tokens.models import Token


@dataclass(frozen=True)
class Firm:
    """An enterprise of the made-up district with its HR."""

    organisation: Organisation
    hr: Account

    @property
    def people(self) -> list[Person]:
        return list(Person.objects.filter(employer=self.organisation, listed=True).order_by("name", "pk"))


def firm(place: int = 0) -> Firm:
    """The enterprise with the most people, or the one after it, and so on."""
    found = (
        Organisation.objects.filter(kind=OrganisationKind.ENTERPRISE, employees__listed=True)
        .annotate(n=Count("employees"))
        .order_by("-n", "pk")[place]
    )
    return Firm(found, staff(found, Role.HR))


def staff(organisation: Organisation, role: Role) -> Account:
    account, _ = Account.objects.get_or_create(username=f"{role}-{organisation.pk}", label_zh="测试人员")
    set_number(account, account.username)
    Membership.objects.get_or_create(account=account, organisation=organisation, role=role)
    return Account.objects.get(pk=account.pk)


def bureau(code: str) -> Organisation:
    return Organisation.objects.get(kind=OrganisationKind.BUREAU, code=code)


def token_of(
    organisation: Organisation, by: Account, *scopes: Scope, per_minute: int = 10**6
) -> tuple[Token, str]:
    """A token and its secret; without ``scopes`` with all its kind may have."""
    return create(
        organisation=organisation, name="test", scopes=scopes or SCOPES_OF[organisation.kind], days=30, by=by,
        at=timezone.now(), per_minute=per_minute,
    )  # fmt: skip
