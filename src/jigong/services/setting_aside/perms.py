"""Who sets rows of a class aside: officers of its own department, and nobody for them."""

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.humans import is_second
from jigong.accounts.models import Account
from jigong.accounts.scope import organisations
from jigong.packs.contract import Contract
from jigong.services.setting_aside.models import Proposal


def of_office(account: Account, contract: Contract) -> bool:
    """Whether the account is an officer of the department that delivers the class."""
    offices = organisations(account, Permission.HANDLE_CASES)
    return any(o.kind == OrganisationKind.BUREAU and o.code == contract.office for o in offices)


def second_to(account: Account, proposal: Proposal) -> bool:
    """Whether the account is another human than who proposed."""
    return is_second(account, proposal.by)
