"""A real proposal of the made-up district, from the worker's yes to money in the bank, and everything once more."""

from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from jigong.accounts.actions import add_bank_account
from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.delivery.actions import confirm
from jigong.delivery.approval import approve, approve_many
from jigong.delivery.ledger.queries import fund_year, fund_years
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.payments.actions import make_batch, mark_sent, release, take_return
from jigong.delivery.payments.files import bank_csv
from jigong.delivery.payments.reconcile import reconcile
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.services.bring import bring

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = date(2023, 1, 1)


def _staff(name: str, role: Role) -> Account:
    account = Account.objects.create(username=f"journey-{name}")
    set_number(account, account.username)
    district, _ = Organisation.objects.get_or_create(kind="district", code="journey", defaults={"zh": "区"})
    Membership.objects.create(account=account, organisation=district, role=role)
    return account


@pytest.fixture
def confirmed() -> list[Entitlement]:
    """Proposals of money from funds which their workers have confirmed."""
    proposals = Entitlement.objects.filter(state=State.PROPOSED, amount__gt=0, organisation=None).exclude(
        fund=""
    )
    found = []
    for n, due in enumerate(proposals.order_by("pk")[:6]):
        worker, _ = Account.objects.get_or_create(
            username=f"journey-worker-{due.person_id}", person=due.person
        )
        bank = add_bank_account(
            person=due.person, number=f"33001234{n:08d}", holder=due.person.name, bank="演示银行", by=worker, at=NOW
        )  # fmt: skip
        found.append(confirm(entitlement=due.pk, by=worker, at=NOW, version=due.version, bank_account=bank))
    return found


def test_a_yes_becomes_money_once(town: Path, run: object, confirmed: list[Entitlement]) -> None:
    approver = _staff("approver", Role.APPROVER)
    finance, other = _staff("finance", Role.FINANCE), _staff("other", Role.FINANCE)
    first, *rest = (due.pk for due in confirmed)
    approve(entitlement=first, by=approver, at=NOW)
    assert all(one.ok for one in approve_many(entitlements=rest, by=approver, at=NOW))
    for fund in sorted({due.fund for due in confirmed}):
        batch = make_batch(fund=fund, by=finance, at=NOW)
        released = release(batch=batch.pk, by=other, at=NOW)
        assert bank_csv(released)
        mark_sent(batch=batch.pk, by=finance, at=NOW)
        lines = [f"{p.end_to_end_id},{p.amount},paid" for p in released.payments.all()]
        content = "\n".join(["end_to_end_id,amount,result", *lines]).encode()
        for _ in range(2):
            take_return(content=content, filename="r.csv", by=finance, at=NOW)
    ids = [due.pk for due in confirmed]
    assert set(Entitlement.objects.filter(pk__in=ids).values_list("state", flat=True)) == {State.PAID}
    assert sum(one.paid for one in fund_years(DAY.year)) == sum(due.amount for due in confirmed)
    assert reconcile().ok, [fault.en for fault in reconcile().faults]
    before = (list(Entitlement.objects.order_by("pk").values()), Step.objects.count())
    bring(Path(law_of_run(current_run()).pack.layers[-1]), town, None, at=timezone.now())
    assert (list(Entitlement.objects.order_by("pk").values()), Step.objects.count()) == before


def test_every_fund_has_its_budget_before_anything_is_approved(run: object) -> None:
    years = fund_years(DAY.year)
    assert [one.fund for one in years] == list(law_of_run(current_run()).pack.funds)
    assert all(one.free == one.budget > 0 and not one.opened for one in years)
    assert fund_year("education", 1999).budget == 0
