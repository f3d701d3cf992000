"""Two accounts of one human are one person, and nobody knows who is behind an account that is linked to nobody."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from moneybox import AT, FUND, Town

from jigong.accounts import resets, staff
from jigong.accounts.enums import Role
from jigong.accounts.humans import human_of, is_second, same_human, set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import review
from jigong.delivery.approval import approve, approve_many, revoke
from jigong.delivery.models import AmountException, Entitlement
from jigong.delivery.payments import actions as payments
from jigong.delivery.payments.enums import BatchState
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError

NUMBER = "11010519491231002X"
"""The example of the standard (GB 11643); nobody's."""


def other_account(of: Account | None, role: Role, name: str = "money-again") -> Account:
    """Another account with a role, of the same human; of nobody the platform knows without ``of``."""
    account = Account.objects.create(username=name)
    Membership.objects.create(account=account, organisation=Organisation.objects.get(code="union"), role=role)
    if of is not None:
        account.number_hash, account.number = human_of(of), of.number
        account.save()
    return account


def test_two_accounts_of_one_human_do_not_make_and_release_a_batch(town: Town) -> None:
    approve(entitlement=town.entitlement().pk, by=town.approver, at=AT)
    batch = payments.make_batch(fund=FUND, by=town.finance, at=AT)
    for account in (town.finance, other_account(town.finance, Role.FINANCE)):
        with pytest.raises(JigongError, match="whoever made a batch cannot release it"):
            payments.release(batch=batch.pk, by=account, at=AT)
    assert payments.release(batch=batch.pk, by=town.other_finance, at=AT).state == BatchState.RELEASED


def test_two_accounts_of_one_human_do_not_review_and_approve(town: Town) -> None:
    due = town.entitlement(state=State.CONFIRMED)
    review(entitlement=due.pk, by=town.officer, at=AT)
    again = other_account(town.officer, Role.APPROVER)
    with pytest.raises(JigongError, match="whoever reviewed it") as refused:
        approve(entitlement=due.pk, by=again, at=AT)
    remedy = refused.value.problems[0].remedy
    assert remedy is not None
    assert town.approver.username in remedy.zh, "the refusal says who else can do it"
    assert [one.ok for one in approve_many(entitlements=[due.pk], by=again, at=AT)] == [False]
    assert approve(entitlement=due.pk, by=town.approver, at=AT).state == State.APPROVED


def test_taking_an_approval_back_is_no_way_round(town: Town) -> None:
    due = town.entitlement(state=State.CONFIRMED)
    review(entitlement=due.pk, by=town.approver, at=AT)
    approve(entitlement=due.pk, by=town.other_approver, at=AT)
    revoke(entitlement=due.pk, by=town.approver, at=AT, reason="核对")
    with pytest.raises(JigongError, match="whoever reviewed it"):
        approve(entitlement=due.pk, by=town.approver, at=AT)


def test_an_account_linked_to_nobody_is_no_second_person(town: Town) -> None:
    due, other = town.entitlement(), town.entitlement(state=State.CONFIRMED)
    nobody = other_account(None, Role.APPROVER)
    with pytest.raises(JigongError, match="linked to nobody"):
        approve(entitlement=due.pk, by=nobody, at=AT)
    review(entitlement=other.pk, by=nobody, at=AT)
    with pytest.raises(JigongError, match="linked to nobody"):
        approve(entitlement=other.pk, by=town.approver, at=AT)
    set_number(nobody, "somebody else")
    assert approve(entitlement=other.pk, by=town.approver, at=AT).state == State.APPROVED
    assert approve(entitlement=due.pk, by=nobody, at=AT).state == State.APPROVED


def test_the_same_human_is_yes_no_or_not_known(town: Town) -> None:
    nobody, again = other_account(None, Role.FINANCE), other_account(town.finance, Role.FINANCE, "again")
    assert same_human(town.finance, again) is True
    assert same_human(town.finance, town.other_finance) is False
    assert same_human(town.finance, nobody) is None
    assert same_human(nobody, nobody) is True
    assert [is_second(town.finance, one) for one in (again, nobody, town.other_finance, None)] == [
        False, False, True, True,
    ]  # fmt: skip
    person = town.worker()
    nobody.number_hash = person.number_hash
    assert same_human(worker_account(person), nobody) is True, "a worker's account and a staff account"


def test_an_account_is_linked_once_and_by_another(town: Town) -> None:
    account = staff.make_staff(username="wang", label="王", by=town.officer, at=AT)
    with pytest.raises(JigongError, match="no citizen number"):
        staff.link(account=account, number="110105194912310021", by=town.officer, at=AT)
    staff.link(account=account, number=NUMBER.lower(), by=town.officer, at=AT)
    staff.link(account=account, number=NUMBER, by=town.officer, at=AT)
    with pytest.raises(JigongError, match="linked to somebody else"):
        staff.link(account=account, number="110101199003070011", by=town.officer, at=AT)
    twin = staff.make_staff(username="wang-2", label="王", by=town.officer, at=AT, number=NUMBER)
    with pytest.raises(JigongError, match="nobody grants"):
        staff.link(account=twin, number=NUMBER, by=Account.objects.get(pk=account.pk), at=AT)


def test_two_accounts_of_one_operator_do_not_reset_a_second_factor(town: Town) -> None:
    one, other = (other_account(town.officer, Role.OPERATOR, name) for name in ("op-1", "op-2"))
    resets.FactorReset.objects.create(
        account=town.finance, asked_by=one, asked_at=AT, expires_at=AT + resets.LIFE
    )
    with pytest.raises(JigongError, match="asked for themself"):
        resets.confirm_reset(account=town.finance, by=other, at=AT)


def test_nobody_approves_or_releases_what_is_their_own(town: Town) -> None:
    mine = town.entitlement()
    assert mine.person is not None
    for account in (town.approver, town.finance):
        account.number_hash = mine.person.number_hash
        account.save()
    with pytest.raises(JigongError, match="a matter of your own"):
        approve(entitlement=mine.pk, by=town.approver, at=AT)
    assert [one.ok for one in approve_many(entitlements=[mine.pk], by=town.approver, at=AT)] == [False]
    approve(entitlement=mine.pk, by=town.other_approver, at=AT)
    batch = payments.make_batch(fund=FUND, by=town.other_finance, at=AT)
    with pytest.raises(JigongError, match="a matter of your own"):
        payments.release(batch=batch.pk, by=town.finance, at=AT)


def test_nobody_approves_what_their_employer_gets(town: Town) -> None:
    firm = Organisation.objects.create(kind="enterprise", code="firm", zh="企业")
    theirs = town.entitlement()
    Entitlement.objects.filter(pk=theirs.pk).update(organisation=firm, person=None)
    person = town.worker()
    person.employer = firm
    person.save()
    employee = other_account(None, Role.APPROVER, "employee")
    employee.number_hash = person.number_hash
    employee.save()
    hr = other_account(town.approver, Role.OFFICER, "hr")
    Membership.objects.create(account=hr, organisation=firm, role=Role.HR)
    for account in (employee, town.approver):
        with pytest.raises(JigongError, match="the enterprise you belong to"):
            approve(entitlement=theirs.pk, by=account, at=AT)
    assert approve(entitlement=theirs.pk, by=town.other_approver, at=AT).state == State.APPROVED


def test_the_database_refuses_an_exception_above_the_limit_or_without_a_reason(town: Town) -> None:
    due = town.entitlement()
    for amount, why in (("9999999.00", "x"), ("1.00", "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            AmountException.objects.create(
                entitlement=due, amount=Decimal(amount), most=Decimal(100_000), reason=why, by=town.officer, at=AT
            )  # fmt: skip
