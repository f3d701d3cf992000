"""The list of a demonstration: who is on it, and that it exists only there."""

import pytest
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.utils import timezone

from jigong.accounts.demo import demo_accounts, make_demo_accounts
from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Organisation, Person
from jigong.delivery.models import Entitlement

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed():
    return make_demo_accounts(at=timezone.now())


@pytest.fixture
def named(listed):
    return {one.username: one.account for one in listed}


def test_making_them_again_changes_nothing(listed):
    accounts = Account.objects.count()
    again = make_demo_accounts(at=timezone.now())
    assert [(one.username, one.account.pk) for one in again] == [
        (one.username, one.account.pk) for one in listed
    ]
    assert Account.objects.count() == accounts
    assert [one.username for one in demo_accounts()] == [one.username for one in listed]


def test_looking_at_the_list_makes_nobody(client):
    assert client.get("/demo").status_code == 200
    assert not Account.objects.exists()


def test_the_first_worker_is_due_what_most_get_on_application(named):
    person = named["demo-worker"].person
    due = person.entitlements.filter(mode="application", state="proposed", amount__gt=0, organisation=None)
    assert due.exists()
    best = due.order_by("-amount")[0]
    assert best.amount <= max(Entitlement.objects.filter(clause=best.clause).values_list("amount", flat=True))


def test_hr_is_of_that_workers_employer_and_another_is_not(named):
    person = named["demo-worker"].person
    assert named["demo-hr"].memberships.get().organisation == person.employer
    assert named["demo-hr-elsewhere"].memberships.get().organisation != person.employer
    assert named["demo-worker-elsewhere"].person.employer != person.employer


def test_one_hr_has_money_of_the_firms_own(named):
    firms = [named[name].memberships.get().organisation for name in ("demo-hr", "demo-hr-elsewhere")]
    assert any(firm.entitlements.filter(state="proposed", amount__gt=0).exists() for firm in firms)


def test_of_workers_due_the_same_it_is_one_whose_firm_has_money_of_its_own(named):
    """The first worker moves to a firm without any, a second one is due the same in a firm that has some."""
    person = named["demo-worker"].person
    firms = Organisation.objects.filter(kind=OrganisationKind.ENTERPRISE)
    rich = firms.filter(entitlements__amount__gt=0)[0]
    poor = firms.exclude(entitlements__amount__gt=0)[0]
    due = person.entitlements.filter(mode="application", organisation=None).order_by("-amount")[0]
    Entitlement.objects.filter(mode="application").exclude(pk=due.pk).update(organisation=rich)
    Person.objects.filter(pk=person.pk).update(employer=poor)
    second = Person.objects.filter(listed=True, dossier__isnull=False).exclude(pk=person.pk)[0]
    Person.objects.filter(pk=second.pk).update(employer=rich)
    due.pk, due.person, due.subject_hash = None, second, "of the second"
    due.save()
    Account.objects.update(username=Concat(Value("former-"), "pk", output_field=CharField()))
    made = {one.username: one.account for one in make_demo_accounts(at=timezone.now())}
    assert made["demo-worker"].person == second
    assert made["demo-hr"].memberships.get().organisation == rich


def test_every_permission_is_somebodys(named):
    for permission in Permission:
        assert any(account.may(permission) for account in named.values()), permission


def test_the_office_that_decides_for_the_first_worker_is_on_it(named):
    office = (
        named["demo-worker"]
        .person.entitlements.filter(mode="application", organisation=None)
        .order_by("-amount")[0]
        .office
    )
    assert named[f"demo-officer-{office}"].may(Permission.REVIEW)
    assert named[f"demo-approver-{office}"].may(Permission.APPROVE)
    assert len([name for name in named if name.startswith("demo-approver-")]) == 3
    assert named["demo-finance"] != named["demo-finance-second"]


def test_nobody_on_it_has_a_password(named):
    assert not any(account.has_usable_password() for account in named.values())


def test_one_tap_signs_in(client, named):
    done = client.post("/demo/be", {"username": "demo-operator"})
    assert done.url == "/"
    assert client.get("/").url == "/access/"
    assert client.get("/access/").status_code == 200


def test_the_list_signs_in_nobody_else(client, named):
    real = Account.objects.create(username="wang")
    for name in (real.username, "", "demo-nobody"):
        assert client.post("/demo/be", {"username": name}).status_code == 404
    assert "_auth_user_id" not in client.session
