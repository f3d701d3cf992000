"""Who answers for an office: itself; while nobody of it is on the platform its stand-in by the pack, else the district."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from jigong.accounts.enums import PERMISSIONS, OrganisationKind, Permission
from jigong.accounts.models import Membership, Organisation
from jigong.accounts.scope import NOBODY
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import error
from jigong.packs.pack import Pack

_MAY_ANSWER = [role for role, given in PERMISSIONS.items() if Permission.HANDLE_CASES in given]
_OFFICES = (OrganisationKind.BUREAU, OrganisationKind.TOWN)


@dataclass(frozen=True, slots=True)
class Desks:
    """Which offices somebody answers for now."""

    manned: frozenset[str]
    """The offices that have an open account with the permission."""
    stand_ins: Mapping[str, str]
    district: bool
    """Whether the district has such an account itself."""

    def of(self, office: str) -> str | None:
        """The office that answers what goes to ``office``; None where that is the district."""
        if office in self.manned:
            return office
        other = self.stand_ins.get(office)
        return other if other in self.manned else None

    def reach(self, organisation: Organisation) -> Q:
        """A condition on what carries an ``office``: what the organisation answers for."""
        known = {*self.manned, *self.stand_ins}
        match organisation.kind:
            case OrganisationKind.DISTRICT:
                return ~Q(office__in=[office for office in known if self.of(office) is not None])
            case OrganisationKind.BUREAU | OrganisationKind.TOWN:
                own = organisation.code
                return Q(office__in=[own, *(office for office in known if self.of(office) == own)])
        return NOBODY


def desks() -> Desks:
    """As things stand now: an office whose last officer leaves is answered for at once, and by itself again later."""
    places = set(
        Membership.objects.filter(active=True, account__is_active=True, role__in=_MAY_ANSWER).values_list(
            "organisation__kind", "organisation__code"
        )
    )
    offices = law_of_run(current_run()).pack.offices.values()
    return Desks(
        frozenset(code for kind, code in places if kind in _OFFICES),
        {o.value.id: o.value.stand_in for o in offices if o.value.stand_in is not None},
        any(kind == OrganisationKind.DISTRICT for kind, _ in places),
    )


def office_of(pack: Pack, data_class: str) -> str:
    """The office that is the department of a class.

    Raises:
        JigongError: the pack lists no such office.
    """
    contract = pack.contracts[data_class]
    if contract.office is not None:
        return contract.office
    raise error(
        f"技工包没有列出部门“{contract.department.zh}”", f"the pack lists no office called “{contract.department.en}”",
        remedy=("在 offices.yaml 里加上它", "add it to offices.yaml"),
    )  # fmt: skip
