"""One's own matter: nobody decides about themself, about their household, or about what their employer gets.

As far as the platform knows them: whose account it is (:mod:`jigong.accounts.humans`), the household from the lake by the
pack's ``members``, the employer from the data about the person, and the enterprises in which they have an account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.db.models import Q

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import PERMISSIONS, OrganisationKind, Permission
from jigong.accounts.humans import accounts_of, human_of, is_second, named, open_number, person_of
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import Text
from jigong.lake.lake import Lake
from jigong.lake.members import together_with


class Own(Enum):
    """Why a matter is somebody's own."""

    THEMSELF = Text("这是您本人的事项", "this is a matter of your own")
    HOUSEHOLD = Text("这是您家庭成员的事项", "this is a matter of your own household")
    EMPLOYER = Text("这是您所在企业的事项", "this is a matter of the enterprise you belong to")


@dataclass(frozen=True, slots=True)
class Ties:
    """Whose matters are somebody's own: hashes of the numbers of themself and their household, ids of enterprises."""

    human: str
    household: frozenset[str]
    enterprises: frozenset[int]

    def of(self, person: Person | None, organisation_id: int | None) -> Own | None:
        """Why what is due to a person, or to an enterprise, is their own; None where nothing is known to tie them."""
        if person is not None and self.human and person.number_hash == self.human:
            return Own.THEMSELF
        if person is not None and person.number_hash in self.household:
            return Own.HOUSEHOLD
        return Own.EMPLOYER if organisation_id in self.enterprises else None

    @property
    def people(self) -> Q:
        """A condition on what has a ``person`` and an ``organisation``: that it is their own."""
        hashes = [one for one in (self.human, *self.household) if one]
        return Q(person__number_hash__in=hashes) | Q(organisation__in=self.enterprises)


def ties_of(account: Account) -> Ties:
    """Whose matters are an account's own; read once for each request."""
    human = human_of(account)
    known: Ties | None = getattr(account, "_ties", None)
    if known is not None and known.human == human:
        return known
    person = person_of(account)
    enterprises = Membership.objects.filter(
        account__in=accounts_of(account), active=True, organisation__kind=OrganisationKind.ENTERPRISE
    )
    firms = set(enterprises.values_list("organisation", flat=True))
    if person is not None and person.employer_id is not None:
        firms.add(person.employer_id)
    number = person.open_number() if person is not None else open_number(account)
    found = Ties(human, _household(number) if number else frozenset(), frozenset(firms))
    account._ties = found  # type: ignore[attr-defined]
    return found


def _household(number: str) -> frozenset[str]:
    """The hashes of the household's numbers, by the newest data; nobody where nothing was loaded or delivered."""
    run = LoadedRun.objects.filter(current=True).first()
    if run is None:
        return frozenset()
    law = law_of_run(run)
    lake = Lake(settings.JIGONG.data / "lake", law.pack.contracts)
    if not lake.batches():
        return frozenset()
    snapshot = lake.snapshot()
    key = (str(lake.root), snapshot.id, law.pack.hash, lookup(number, "person.number"))
    if key not in _households:
        members = together_with(number, snapshot, law.pack, law.values, law.day)
        while len(_households) >= _KEPT:
            _households.pop(next(iter(_households)), None)
        _households[key] = frozenset(lookup(one, "person.number") for one in members)
    return _households[key]


_households: dict[tuple[str, str, str, str], frozenset[str]] = {}
"""What was last looked up, for it takes some tenths of a second: by lake, its state, the pack, and a hash of the number."""
_KEPT = 256


def own(by: Account, entitlement: Entitlement) -> Own | None:
    """Why an entitlement is a matter of the account's own; None where nothing is known to tie them."""
    return ties_of(by).of(entitlement.person, entitlement.organisation_id)


def refuse_own(by: Account, entitlement: Entitlement, permission: Permission) -> None:
    """Refuse to decide about what is one's own, and say who else may.

    Raises:
        JigongError: it is theirs, their household's, or that of an enterprise they belong to.
    """
    why = own(by, entitlement)
    if why is not None:
        raise own_matter(why, others(by, permission, entitlement.office, [entitlement]))


def own_matter(why: Own, instead: Iterable[str]) -> JigongError:
    """The refusal of one's own matter."""
    names = list(instead)
    zh = f"请{'、'.join(names)}办理" if names else "本部门和区里没有其他人能办，请系统管理员增设"
    en = (
        f"let {', '.join(names)} do it"
        if names
        else "nobody else of the office or the district can: have the operator add somebody"
    )
    return error(
        f"{why.value.zh}，不能由您办理，没有执行",
        f"{why.value.en}, so you do not decide about it; nothing was done",
        remedy=(zh, en),
    )


def others(
    by: Account,
    permission: Permission,
    office: str,
    about: Iterable[Entitlement] = (),
    besides: Iterable[Account] = (),
) -> list[str]:
    """What a few are called who may do it in the office or the district, and are not tied to it.

    They are other humans than ``by`` and those ``besides``.
    """
    roles = [role for role, given in PERMISSIONS.items() if permission in given]
    places = Organisation.objects.filter(
        Q(kind=OrganisationKind.DISTRICT) | Q(kind=OrganisationKind.BUREAU, code=office)
    )
    found = Account.objects.filter(
        is_active=True,
        memberships__active=True,
        memberships__role__in=roles,
        memberships__organisation__in=places,
    )
    matters, not_these = list(about), [by, *besides]
    able = (
        one
        for one in found.distinct().select_related("person").order_by("pk")
        if is_second(one, *not_these) and all(own(one, matter) is None for matter in matters)
    )
    return list(named(able))
