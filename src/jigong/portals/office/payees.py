"""Where money would go, as an officer sees it: until when it waits, and who else has given the same account."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from jigong.accounts.masking import mask_name
from jigong.accounts.models import BankAccount
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.payables import payables
from jigong.delivery.payments.waiting import also_given_by
from jigong.delivery.states import State
from jigong.portals.kit.clock import now


@dataclass(frozen=True, slots=True)
class Payee:
    """An account, the first day on which money goes there where it was changed lately, and others who gave it."""

    account: BankAccount
    until: date | None
    others: list[str]
    """Masked names, or enterprises."""
    replaces: bool
    """Whether it is another than was named when it was confirmed."""


def payee_of(entitlement: Entitlement) -> Payee | None:
    """Where the money of an entitlement goes; None where it is not about money, or there is nowhere to pay to."""
    named = entitlement.bank_account
    if entitlement.in_kind or entitlement.state not in (State.CONFIRMED, State.PASSED, State.APPROVED):
        return None if named is None else Payee(named, None, shared_of([named]).get(named.pk, []), False)
    (payable,) = payables([entitlement], at=now())
    account = payable.account
    if account is None:
        return None
    replaces = named is not None and named.pk != account.pk
    return Payee(account, payable.until, shared_of([account]).get(account.pk, []), replaces)


def shared_among(lines: Collection[Entitlement]) -> dict[int, list[str]]:
    """By entitlement (id) who else has given the account it is to be paid to; two queries."""
    accounts = BankAccount.objects.in_bulk([one.bank_account_id for one in lines if one.bank_account_id])
    others = shared_of(accounts.values())
    return {one.pk: others[one.bank_account_id] for one in lines if one.bank_account_id in others}


def shared_of(accounts: Collection[BankAccount]) -> dict[int, list[str]]:
    """By account (id) who else has given it."""
    return {pk: [_called(row) for row in rows] for pk, rows in also_given_by(accounts).items()}


def _called(account: BankAccount) -> str:
    if account.person is not None:
        return mask_name(account.person.name)
    return account.organisation.zh if account.organisation is not None else "—"
