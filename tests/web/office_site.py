"""What the office's tests share: people of the demonstration, and entitlements on their way."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from jigong.accounts.actions import add_bank_account
from jigong.accounts.demo import make_demo_accounts
from jigong.accounts.models import Account, BankAccount, Person
from jigong.accounts.queries import bank_account_of
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State


@dataclass
class Site:
    """Accounts by name, and a browser for each."""

    who: dict[str, Account]

    def browser(self, name: str, **given: Any) -> Client:
        """A browser in which ``name`` has signed in."""
        client = Client(**given)
        client.force_login(self.who[name])
        return client


def site() -> Site:
    """The accounts of the demonstration."""
    return Site({one.username: one.account for one in make_demo_accounts(at=timezone.now())})


def account_for(person: Person, number: str = "") -> BankAccount:
    """Where the person's money goes."""
    found = bank_account_of(person)
    if found is not None and not number:
        return found
    return add_bank_account(
        person=person, number=number or f"80{person.pk:012d}", holder=person.name, bank="示例银行",
        by=worker_account(person), at=timezone.now(),
    )  # fmt: skip


def proposals(**where: Any) -> list[Entitlement]:
    """Entitlements that wait for their worker, money first."""
    rows = Entitlement.objects.filter(state=State.PROPOSED, person__isnull=False, **where)
    return list(rows.select_related("person").order_by("id"))


def confirmed(entitlement: Entitlement, **claimed: Any) -> Entitlement:
    """The entitlement after its worker said yes."""
    assert entitlement.person is not None
    return confirm(
        entitlement=entitlement.pk, by=worker_account(entitlement.person), at=timezone.now(),
        bank_account=account_for(entitlement.person), claimed=claimed,
    )  # fmt: skip


def waiting_for(state: State, office: str = "union", count: int = 1) -> list[Entitlement]:
    """So many entitlements of an office that stand in ``state`` (confirmed or passed), money ones."""
    mode = {"mode": "application"} if state == State.CONFIRMED else {}
    rows = proposals(office=office, amount__gt=0, **mode)
    found = []
    for row in rows:
        done = confirmed(row)
        if done.state == state:
            found.append(done)
        if len(found) == count:
            return found
    raise AssertionError(f"the district has only {len(found)} of {count} for {office} in {state}")
