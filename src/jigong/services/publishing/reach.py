"""Whose law somebody may draft or approve: an office its own clauses, the district every one."""

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account
from jigong.accounts.scope import organisations
from jigong.decisions.parameters import clause_parameters, shared_parameters
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.rules.rulebook import Rulebook
from jigong.services.publishing.models import Draft

LAW = (Permission.DRAFT_LAW, Permission.APPROVE_LAW)


def offices(account: Account, *permissions: Permission) -> frozenset[str] | None:
    """The offices whose law the account may handle under any of ``permissions``; None for every one."""
    reached: set[str] = set()
    for permission in permissions:
        for organisation in organisations(account, permission):
            if organisation.kind == OrganisationKind.DISTRICT:
                return None
            if organisation.kind == OrganisationKind.BUREAU:
                reached.add(organisation.code)
    return frozenset(reached)


def reaches(account: Account, office: str, permission: Permission) -> bool:
    """Whether the account may do ``permission`` with the law of ``office``."""
    reached = offices(account, permission)
    return reached is None or office in reached


def drafts(account: Account) -> QuerySet[Draft]:
    """The drafts the account may see: those of its offices, newest first; the whole law's are everybody's."""
    reached = offices(account, *LAW)
    found = Draft.objects.order_by("-id")
    return found if reached is None else found.filter(Q(office__in=reached) | Q(office=""))


def clauses(account: Account, pack: Pack) -> list[Clause]:
    """The clauses the account may see drafts of."""
    reached = offices(account, *LAW)
    entries = (files.clause.value for files in pack.clauses.values())
    return [clause for clause in entries if reached is None or clause.delivery.office in reached]


def parameters_of_clause(pack: Pack, book: Rulebook, clause: str) -> list[str]:
    """The parameters a clause reads, in the pack's order; none of a clause the pack does not have."""
    if clause not in pack.clauses:
        return []
    read = clause_parameters(pack, book, clause)
    return [name for name in pack.parameters if name in read]


def readers(pack: Pack, book: Rulebook) -> Mapping[str, frozenset[str]]:
    """For each parameter the offices whose clauses read it; an empty id stands for what no office owns."""
    found: dict[str, set[str]] = {name: set() for name in pack.parameters}
    for id_, files in pack.clauses.items():
        for name in clause_parameters(pack, book, id_):
            found[name].add(files.clause.value.delivery.office or "")
    for name in shared_parameters(pack, book):
        found[name].add("")
    return {name: frozenset(offices_) for name, offices_ in found.items()}
