"""The numbers of the home page."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from jigong.accounts.models import BankAccount, Consent
from jigong.accounts.queries import bank_account_of
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.portals.enterprise.firm import Desk
from jigong.services.invitations.enums import Purpose
from jigong.services.invitations.looks import LEAST
from jigong.services.invitations.queries import open_count

_UNDER_WAY = (State.CONFIRMED, State.PASSED, State.APPROVED)
_ROUND = 1000
"""Sums over people who did not consent are rounded down to this many yuan."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many, and yuan."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the firm's home shows. ``others`` is None where it would be about too few people to say."""

    employees: int
    consents: dict[str, int]
    consented: int
    invited: int
    open_with_consent: Totals
    others: Totals | None
    own_waiting: Totals
    own_under_way: Totals
    own_paid: Totals
    bank_account: BankAccount | None

    @property
    def total(self) -> Decimal:
        """Yuan the firm's people could get now, as far as it may be said."""
        return self.open_with_consent.amount + (self.others.amount if self.others else Decimal(0))

    @property
    def without(self) -> int:
        """How many people have consented to nothing."""
        return self.employees - self.consented


def numbers(desk: Desk) -> Numbers:
    """Count; each number is one query."""
    employees = desk.employees()
    consents = Consent.objects.filter(
        organisation=desk.firm, withdrawn_at__isnull=True, person__in=employees.values("pk")
    )
    counted = dict(consents.values_list("purpose").annotate(n=Count("id")).order_by())
    own = {
        name: _sum(desk.own().filter(state__in=states).aggregate(n=Count("id"), yuan=Sum("amount")))
        for name, states in (
            ("waiting", (State.PROPOSED, State.CORRECTED)), ("under_way", _UNDER_WAY), ("paid", (State.PAID,)),
        )
    }  # fmt: skip
    given = consents.filter(purpose=Purpose.BENEFITS).values("person")
    due = Entitlement.objects.filter(
        person__in=employees.values("pk"), organisation__isnull=True, state=State.PROPOSED
    ).exclude(fund="")
    return Numbers(
        employees=employees.count(),
        consents={purpose.value: counted.get(purpose.value, 0) for purpose in Purpose},
        consented=consents.values("person").distinct().count(),
        invited=open_count(desk.firm),
        open_with_consent=_people(due.filter(person__in=given)),
        others=_others(_people(due.filter(~Q(person__in=given)))),
        own_waiting=own["waiting"],
        own_under_way=own["under_way"],
        own_paid=own["paid"],
        bank_account=bank_account_of(desk.firm),
    )


def _people(due: object) -> Totals:
    return _sum(due.aggregate(n=Count("person", distinct=True), yuan=Sum("amount")))  # type: ignore[attr-defined]


def _sum(found: dict[str, object]) -> Totals:
    amount = found["yuan"]
    return Totals(int(str(found["n"])), amount if isinstance(amount, Decimal) else Decimal(0))


def _others(found: Totals) -> Totals | None:
    if found.count < LEAST:
        return None
    return Totals(found.count, Decimal(int(found.amount) // _ROUND * _ROUND))
