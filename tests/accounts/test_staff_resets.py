"""Second factors are forgotten only when two operators agree; one alone can come in as nobody."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from access_made import AT, make_member, make_organisation
from jigong.accounts import resets, staff
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account, FactorReset, Membership
from jigong.accounts.second_factor import has_factor, new_secret
from jigong.audit.models import Entry
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(hours=1)


@pytest.fixture
def district():
    return make_organisation("district", "d")


@pytest.fixture
def first(district):
    return make_member("first", "operator", district)


@pytest.fixture
def second(district):
    return make_member("second", "operator", district)


@pytest.fixture
def officer():
    account = make_member("wang", "officer", make_organisation("bureau", "u"))
    with_factor(account)
    return account


def with_factor(account):
    TOTP.activate(account, new_secret())
    RecoveryCodes.activate(account)


def recorded(account):
    entries = Entry.objects.filter(object_kind="account", object_id=str(account.pk)).order_by("id")
    return list(entries.values_list("action", "actor"))


def test_one_asks_another_confirms(first, second, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    assert has_factor(officer)
    resets.confirm_reset(account=officer, by=second, at=SOON)
    assert not Authenticator.objects.filter(user=officer).exists()
    assert not FactorReset.objects.exists()
    assert recorded(officer) == [
        ("accounts.ask_reset", first.pk),
        ("accounts.reset_second_factor", second.pk),
    ]


def test_who_asked_does_not_confirm(first, second, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=first, at=SOON)
    assert has_factor(officer)


def test_the_owner_neither_asks_nor_confirms(first, second):
    with_factor(second)
    with pytest.raises(JigongError):
        resets.ask_reset(account=second, by=second, at=AT)
    resets.ask_reset(account=second, by=first, at=AT)
    with pytest.raises(JigongError):
        resets.confirm_reset(account=second, by=second, at=SOON)
    assert has_factor(second)


def test_the_owner_refuses(first, second, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    resets.withdraw_reset(account=officer, by=officer, at=SOON)
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=second, at=SOON)
    assert has_factor(officer)


def test_nothing_is_confirmed_that_nobody_asked(second, officer):
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=second, at=AT)
    assert has_factor(officer)


def test_a_request_expires(first, second, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    late = AT + resets.LIFE
    assert not resets.pending(at=late).exists()
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=second, at=late)
    assert has_factor(officer)
    # Asked anew by the second, it waits for the first.
    resets.ask_reset(account=officer, by=second, at=late)
    resets.confirm_reset(account=officer, by=first, at=late + timedelta(hours=1))
    assert not has_factor(officer)


def test_asking_again_neither_prolongs_nor_swaps_who_asked(first, second, officer):
    asked = resets.ask_reset(account=officer, by=first, at=AT)
    again = resets.ask_reset(account=officer, by=second, at=SOON)
    assert (again.pk, again.asked_by, again.expires_at) == (asked.pk, first, asked.expires_at)
    assert len(recorded(officer)) == 1


@pytest.mark.parametrize("how", ["closed", "role ended"])
def test_a_request_of_who_is_no_operator_any_more_is_void(first, second, officer, how):
    resets.ask_reset(account=officer, by=first, at=AT)
    if how == "closed":
        Account.objects.filter(pk=first.pk).update(is_active=False)
    else:
        Membership.objects.filter(account=first).update(active=False)
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=second, at=SOON)
    assert has_factor(officer)


def test_a_dropped_request_is_gone(first, second, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    for _ in range(2):
        resets.withdraw_reset(account=officer, by=second, at=SOON)
    with pytest.raises(JigongError):
        resets.confirm_reset(account=officer, by=second, at=SOON)
    assert recorded(officer) == [("accounts.ask_reset", first.pk), ("accounts.withdraw_reset", second.pk)]


def test_there_is_nothing_to_ask_where_there_is_no_factor(first):
    account = staff.make_staff(username="li", label="", by=first, at=AT)
    with pytest.raises(JigongError):
        resets.ask_reset(account=account, by=first, at=AT)


def test_an_operator_makes_no_second_one_to_agree_with(first, district, officer):
    """Nor becomes one that was made and has no second factor yet."""
    puppet = staff.make_staff(username="puppet", label="", by=first, at=AT)
    with pytest.raises(JigongError, match="on the server"):
        staff.grant(account=puppet, organisation=district, role="operator", by=first, at=AT)
    made = staff.make_staff(username="new", label="", by=None, at=AT)
    staff.grant(account=made, organisation=district, role="operator", by=None, at=AT)
    made = Account.objects.get(pk=made.pk)
    assert made.may(Permission.MANAGE_ACCOUNTS)
    with pytest.raises(JigongError, match="on the server"):
        staff.invite(account=made, by=first, at=AT)
    with_factor(made)
    assert staff.invite(account=made, by=first, at=AT)


def test_the_command_line_resets_at_once(first, officer):
    resets.ask_reset(account=officer, by=first, at=AT)
    resets.reset_on_server(account=officer, at=SOON)
    assert not has_factor(officer)
    assert not FactorReset.objects.exists()
    assert recorded(officer)[-1] == ("accounts.reset_second_factor", None)
