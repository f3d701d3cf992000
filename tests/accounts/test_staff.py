"""Keeping staff: roles, invitations, bindings; nobody does any of it to themself."""

from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator

from access_made import AT, make_member, make_organisation, make_person
from jigong.accounts import staff
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.accounts.workers import worker_account
from jigong.audit.models import Entry
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
GOOD = "correct horse battery staple"


@pytest.fixture
def operator():
    return make_member("operator", "operator", make_organisation("district", "d"))


@pytest.fixture
def union():
    return make_organisation("bureau", "union", zh="总工会")


@pytest.fixture
def officer(operator):
    return staff.make_staff(username="wang", label="王", by=operator, at=AT)


def fresh(account):
    return Account.objects.get(pk=account.pk)


def recorded(account):
    entries = Entry.objects.filter(object_kind="account", object_id=str(account.pk)).order_by("id")
    return list(entries.values_list("action", flat=True))


def test_a_granted_role_works_from_the_next_page_on_and_ended_no_more(operator, union, officer):
    membership = staff.grant(account=officer, organisation=union, role="officer", by=operator, at=AT)
    assert fresh(officer).may(Permission.REVIEW)
    staff.end(membership=membership, by=operator, at=AT)
    staff.end(membership=membership, by=operator, at=AT)
    assert not fresh(officer).may(Permission.REVIEW)
    again = staff.grant(account=officer, organisation=union, role="officer", by=operator, at=AT)
    assert again.pk == membership.pk
    assert recorded(officer) == ["accounts.make_staff", "accounts.grant", "accounts.end", "accounts.grant"]


def test_granting_twice_changes_nothing(operator, union, officer):
    for _ in range(2):
        staff.grant(account=officer, organisation=union, role="officer", by=operator, at=AT)
    assert recorded(officer).count("accounts.grant") == 1


def test_nobody_does_any_of_it_to_themself(operator, union):
    own = operator.memberships.get()
    given = {"by": operator, "at": AT}
    for attempt in (
        lambda: staff.grant(account=operator, organisation=union, role="approver", **given),
        lambda: staff.end(membership=own, **given),
        lambda: staff.close(account=operator, **given),
        lambda: staff.reopen(account=operator, **given),
        lambda: staff.invite(account=operator, **given),
        lambda: staff.bind(account=operator, provider="oidc", subject="x", **given),
        lambda: staff.unbind(account=operator, provider="oidc", **given),
    ):
        with pytest.raises(JigongError):
            attempt()
    assert fresh(operator).memberships.filter(active=True).count() == 1
    assert recorded(operator) == []


def test_a_role_fits_its_organisation(operator, union, officer):
    firm = make_organisation("enterprise", "E")
    for organisation, role in ((firm, "officer"), (union, "hr"), (union, "king")):
        with pytest.raises(JigongError):
            staff.grant(account=officer, organisation=organisation, role=role, by=operator, at=AT)
    staff.grant(account=officer, organisation=firm, role="hr", by=operator, at=AT)


def test_a_worker_takes_no_role_and_no_invitation(operator, union):
    worker = worker_account(make_person("P1"))
    with pytest.raises(JigongError):
        staff.grant(account=worker, organisation=union, role="officer", by=operator, at=AT)
    with pytest.raises(JigongError):
        staff.invite(account=worker, by=operator, at=AT)


@pytest.mark.parametrize("name", ["wang", "WANG", "", "a b", "<b>", "x" * 151])
def test_names_are_names_and_taken_once(operator, officer, name):
    with pytest.raises(JigongError):
        staff.make_staff(username=name, label="", by=operator, at=AT)


def test_an_invitation_sets_a_password_once(operator, officer):
    token = staff.invite(account=officer, by=operator, at=AT)
    staff.set_password(account=officer, token=token, password=GOOD, at=AT)
    assert fresh(officer).check_password(GOOD)
    with pytest.raises(JigongError):
        staff.set_password(account=officer, token=token, password=GOOD + "!", at=AT)
    assert recorded(officer)[-1] == "accounts.set_password"


def test_a_new_invitation_ends_the_old_one_and_the_password(operator, officer):
    first = staff.invite(account=officer, by=operator, at=AT)
    staff.set_password(account=officer, token=first, password=GOOD, at=AT)
    second = staff.invite(account=officer, by=operator, at=AT)
    assert not fresh(officer).has_usable_password()
    with pytest.raises(JigongError):
        staff.set_password(account=officer, token=first, password=GOOD, at=AT)
    staff.set_password(account=officer, token=second, password=GOOD, at=AT)


def test_an_old_invitation_is_spent(operator, officer, monkeypatch):
    token = staff.invite(account=officer, by=operator, at=AT)
    later = default_token_generator._now() + timedelta(days=3, seconds=5)
    monkeypatch.setattr(type(default_token_generator), "_now", lambda self: later)
    with pytest.raises(JigongError):
        staff.set_password(account=officer, token=token, password=GOOD, at=AT)


@pytest.mark.parametrize("password", ["short", "123456789012345", "password123"])
def test_a_weak_password_is_refused(operator, officer, password):
    token = staff.invite(account=officer, by=operator, at=AT)
    with pytest.raises(JigongError):
        staff.set_password(account=officer, token=token, password=password, at=AT)
    assert not fresh(officer).has_usable_password()


def test_a_closed_account_is_out_until_it_is_opened(operator, officer):
    staff.close(account=officer, by=operator, at=AT)
    staff.close(account=officer, by=operator, at=AT)
    assert not fresh(officer).is_active
    staff.reopen(account=fresh(officer), by=operator, at=AT)
    assert fresh(officer).is_active
    assert recorded(officer).count("accounts.close") == 1


def test_a_subject_is_bound_to_one_account(operator, officer):
    other = staff.make_staff(username="li", label="李", by=operator, at=AT)
    staff.bind(account=officer, provider="zzd", subject="57$93", by=operator, at=AT)
    assert staff.bound_account("zzd", "57$93") == officer
    assert staff.bound_account("oidc", "57$93") is None
    with pytest.raises(JigongError):
        staff.bind(account=other, provider="zzd", subject="57$93", by=operator, at=AT)
    staff.bind(account=officer, provider="zzd", subject="57$94", by=operator, at=AT)
    assert staff.bound_account("zzd", "57$93") is None
    staff.unbind(account=officer, provider="zzd", by=operator, at=AT)
    assert staff.bound_account("zzd", "57$94") is None


def test_a_closed_account_is_not_found_by_its_subject(operator, officer):
    staff.bind(account=officer, provider="oidc", subject="s", by=operator, at=AT)
    staff.close(account=officer, by=operator, at=AT)
    assert staff.bound_account("oidc", "s") is None
