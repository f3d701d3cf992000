"""What is approved and in no payment, and where its money may go."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from jigong.accounts.models import BankAccount
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.enums import OVER, PaymentState
from jigong.delivery.payments.models import Payment
from jigong.delivery.payments.waiting import waits_until
from jigong.delivery.states import State


@dataclass(frozen=True, slots=True)
class Payable:
    """An approved entitlement whose money is not in a payment; ``account`` is None where there is nowhere to pay to."""

    entitlement: Entitlement
    account: BankAccount | None
    attempt: int
    failed: str
    """Why the last attempt failed; empty where there was none."""
    until: date | None = None
    """The account was changed lately: the first day on which money goes there."""


def unpaid(fund: str | None = None, *, held: bool = False) -> QuerySet[Entitlement]:
    """Approved entitlements of the fund (or of all) whose money is in no payment that could still go through: those that
    nothing holds, or those on hold.
    """
    alive = Payment.objects.filter(entitlement=OuterRef("pk")).exclude(state__in=OVER)
    found = Entitlement.objects.filter(~Exists(alive), held=held, state=State.APPROVED, amount__gt=0)
    found = found.exclude(fund="") if fund is None else found.filter(fund=fund)
    return found.order_by("pk")


def payables(entitlements: Collection[Entitlement], *, at: datetime) -> list[Payable]:
    """For each, where its money may go, and from when: the account named for it, or the payee's newest.

    An account to which a payment failed is not tried again, unless somebody said it is right.
    """
    tried: dict[int, list[Payment]] = {}
    for payment in (
        Payment.objects.filter(entitlement__in=[e.pk for e in entitlements], state=PaymentState.FAILED)
        .select_related("bank_account")
        .order_by("pk")
    ):
        tried.setdefault(payment.entitlement_id, []).append(payment)
    named, newest = _accounts(entitlements)
    found = []
    for entitlement in entitlements:
        failed = tried.get(entitlement.pk, [])
        barred = {p.bank_account.number_hash for p in failed if p.same_account_by_id is None}
        wanted = [named.get(entitlement.bank_account_id or 0), newest.get(_payee(entitlement))]
        account = next((one for one in wanted if one is not None and one.number_hash not in barred), None)
        found.append(Payable(entitlement, account, len(failed) + 1, failed[-1].reason if failed else ""))
    waits = waits_until([one.account for one in found if one.account is not None], at=at)
    return [
        replace(one, until=waits[one.account.pk])
        if one.account is not None and one.account.pk in waits
        else one
        for one in found
    ]


def _payee(entitlement: Entitlement) -> tuple[str, int | None]:
    """The organisation where the money is an organisation's, else the person."""
    if entitlement.organisation_id is not None:
        return "organisation", entitlement.organisation_id
    return "person", entitlement.person_id


def _accounts(
    entitlements: Collection[Entitlement],
) -> tuple[dict[int, BankAccount], dict[tuple[str, int | None], BankAccount]]:
    active = BankAccount.objects.filter(active=True)
    named = active.in_bulk([e.bank_account_id for e in entitlements if e.bank_account_id is not None])
    newest: dict[tuple[str, int | None], BankAccount] = {}
    for kind in ("person", "organisation"):
        owners = [id_ for kind_, id_ in map(_payee, entitlements) if kind_ == kind and id_ is not None]
        for account in active.filter(**{f"{kind}_id__in": owners}).order_by("pk"):
            newest[kind, getattr(account, f"{kind}_id")] = account
    return named, newest
