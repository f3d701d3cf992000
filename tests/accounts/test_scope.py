"""Whose data each kind of account reaches: outsiders, who have data of their own, never in it."""

import pytest

from access_made import make_member, make_organisation, make_person
from jigong.accounts.enums import PERMISSIONS, Permission, Role
from jigong.accounts.models import Account
from jigong.accounts.scope import entitlement_reach, organisations, people
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.dossiers.models import LoadedRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(django_user_model):
    """Two firms in two towns, two bureaus; each person has an entitlement from each bureau."""
    run = LoadedRun.objects.create(
        run="r", pack_hash="p", pack_folder="f", snapshot="s", known_on="2023-01-01", as_of="2023-01-01",
        kinds=[], totals=[], workers=3, loaded_at="2023-01-01T00:00:00Z",
    )  # fmt: skip
    own, other = (
        make_organisation("enterprise", code, town=place) for code, place in (("E1", "x-T1"), ("E2", "x-T2"))
    )
    persons = {
        "own": make_person("P1", name="试P1", employer=own, town="x-T1"),
        "colleague": make_person("P2", name="试P2", employer=own, town="x-T2"),
        "other": make_person("P3", name="试P3", employer=other, town="x-T2"),
    }
    for name, person in persons.items():
        for office in ("x-union", "x-housing"):
            Entitlement.objects.create(
                clause="c", subject_hash=f"{name}{office}", subject=b"", person=person, mode="proactive",
                office=office, run=run, created_at="2023-01-01T00:00:00Z", updated_at="2023-01-01T00:00:00Z",
            )  # fmt: skip
    for firm, code in ((own, "E1"), (other, "E2")):
        Entitlement.objects.create(
            clause="f", subject_hash=code, subject=b"", organisation=firm, mode="application", office="x-union", run=run,
            created_at="2023-01-01T00:00:00Z", updated_at="2023-01-01T00:00:00Z",
        )  # fmt: skip
    return persons


def seen(account, permission):
    """Names of people, and hashes of entitlements, an account reaches."""
    found = Entitlement.objects.filter(entitlement_reach(account, permission), run__run="r")
    return (
        set(people(account, permission).filter(name__startswith="试").values_list("name", flat=True)),
        set(found.values_list("subject_hash", flat=True)),
    )


ALL = {f"{who}{office}" for who in ("own", "colleague", "other") for office in ("x-union", "x-housing")} | {
    "E1",
    "E2",
}


def test_a_worker_reaches_themself(town):
    account = worker_account(town["own"])
    assert seen(account, Permission.SEE_QUEUE) == ({town["own"].name}, {"ownx-union", "ownx-housing"})


def test_hr_reaches_those_employed_now_and_the_firm(town):
    hr = make_member("hr", "hr", town["own"].employer)
    names, entitlements = seen(hr, Permission.SEE_EMPLOYEES)
    assert names == {town["own"].name, town["colleague"].name}
    assert entitlements == {h for h in ALL if not h.startswith("other")} - {"E2"}
    town["colleague"].employer = town["other"].employer
    town["colleague"].save()
    assert seen(hr, Permission.SEE_EMPLOYEES)[0] == {town["own"].name}


def test_a_bureau_reaches_its_own_clauses_for_everybody(town):
    officer = make_member("o", "officer", make_organisation("bureau", "union"))
    names, entitlements = seen(officer, Permission.SEE_QUEUE)
    assert len(names) == 3
    assert entitlements == {h for h in ALL if "x-housing" not in h}


def test_a_town_reaches_those_who_live_there_for_every_clause(town):
    officer = make_member("o", "officer", make_organisation("town", "t1", town="x-T1"))
    assert seen(officer, Permission.SEE_QUEUE) == ({town["own"].name}, {"ownx-union", "ownx-housing"})


def test_the_district_reaches_everything(town):
    officer = make_member("o", "officer", make_organisation("district", "d"))
    assert seen(officer, Permission.SEE_QUEUE) == ({p.name for p in town.values()}, ALL)


def test_a_permission_the_role_lacks_reaches_nothing(town):
    hr = make_member("hr", "hr", town["own"].employer)
    leader = make_member("l", "leader", make_organisation("district", "d"))
    for account in (hr, leader):
        assert seen(account, Permission.REVIEW) == (set(), set())
        assert organisations(account, Permission.REVIEW) == []


def test_two_roles_reach_both_and_each_only_where_it_may(town):
    account = make_member("both", "officer", make_organisation("bureau", "housing"))
    account.memberships.create(organisation=town["other"].employer, role="hr")
    assert seen(account, Permission.SEE_QUEUE)[1] == {h for h in ALL if h.endswith("x-housing")}
    assert seen(account, Permission.SEE_EMPLOYEES)[0] == {town["other"].name}


def test_an_ended_role_reaches_nothing(town):
    account = make_member("o", "officer", make_organisation("district", "d"))
    account.memberships.update(active=False)
    account = Account.objects.get(pk=account.pk)
    assert not account.may(Permission.SEE_QUEUE)
    assert seen(account, Permission.SEE_QUEUE) == (set(), set())


def test_staff_without_a_role_reach_nothing(town):
    assert seen(Account.objects.create(username="new"), Permission.SEE_QUEUE) == (set(), set())


def test_who_keeps_accounts_sees_no_person_and_who_leads_decides_nothing():
    deciding = {Permission.REVIEW, Permission.APPROVE, Permission.PAY, Permission.UNMASK}
    assert not PERMISSIONS[Role.OPERATOR] & (deciding | {Permission.SEARCH_PEOPLE, Permission.SEE_QUEUE})
    assert Permission.AUDIT not in PERMISSIONS[Role.OPERATOR]
    assert not PERMISSIONS[Role.LEADER] & (deciding | {Permission.SEARCH_PEOPLE, Permission.SEE_QUEUE})
    assert not PERMISSIONS[Role.AUDITOR] & deciding
    assert Permission.APPROVE not in PERMISSIONS[Role.OFFICER]
    assert Permission.PAY not in PERMISSIONS[Role.APPROVER]
    assert [role for role in Role if Permission.MANAGE_ACCOUNTS in PERMISSIONS[role]] == [Role.OPERATOR]
