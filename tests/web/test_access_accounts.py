"""The operator's pages, and showing in full what is masked."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.utils import timezone

from access_made import make_member, make_organisation
from jigong.accounts.demo import make_demo_accounts
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.accounts.scope import people
from jigong.accounts.second_factor import has_factor, new_secret
from jigong.audit.models import Entry

pytestmark = pytest.mark.django_db
NUMBER = "11010519491231002X"
"""The example of the standard (GB 11643); nobody's."""


@pytest.fixture
def cast():
    return {one.username: one.account for one in make_demo_accounts(at=timezone.now())}


@pytest.fixture
def operator(client, cast):
    client.force_login(cast["demo-operator"])
    return cast["demo-operator"]


@pytest.fixture
def kept():
    return make_member("wang", "officer", make_organisation("bureau", "u", zh="某部门"))


def test_a_new_account_is_made_given_a_role_and_invited(client, operator):
    made = client.post("/access/new", {"username": "li", "label": "李", "number": NUMBER})
    account = Account.objects.get(username="li")
    assert made.url == f"/access/{account.pk}"
    office = Organisation.objects.filter(kind="bureau")[0]
    found = client.get("/access/organisations", {"organisation": office.zh}).content.decode()
    assert f'value="{office.pk}"' in found
    client.post(f"/access/{account.pk}/grant", {"organisation_id": office.pk, "role": "officer"})
    assert Membership.objects.get(account=account).role == "officer"
    page = client.post(f"/access/{account.pk}/invite").content.decode()
    link = re.search(r"http://testserver(/sign-in/invitation/\d+/[^<]+)<", page)[1]
    assert type(client)().get(link).status_code == 200
    assert "/sign-in/invitation/" not in client.get(f"/access/{account.pk}").content.decode()


def test_an_account_is_linked_to_its_owner_once(client, operator, kept):
    other = Account.objects.create(username="li")
    assert "未关联" in client.get(f"/access/{other.pk}").content.decode()
    assert client.post("/access/new", {"username": "lu", "label": "陆"}).status_code == 422
    assert client.post(f"/access/{other.pk}/link", {"number": NUMBER[:-1] + "1"}).status_code == 422
    assert client.post(f"/access/{other.pk}/link", {"number": NUMBER}).status_code == 302
    page = client.get(f"/access/{other.pk}").content.decode()
    assert NUMBER not in page
    assert "*002X" in page
    assert f"/access/{other.pk}/link" not in page
    twin = Account.objects.create(username="li-2")
    client.post(f"/access/{twin.pk}/link", {"number": NUMBER})
    assert "同一人：li<" in client.get(f"/access/{twin.pk}").content.decode()
    assert set(Entry.objects.filter(action="accounts.link").values_list("detail", flat=True)) == {"{}"}


def test_a_taken_name_is_said_on_the_form(client, operator, kept):
    page = client.post("/access/new", {"username": "WANG", "label": "王", "number": NUMBER})
    assert page.status_code == 422
    assert "已被使用" in page.content.decode()


def test_accounts_are_found_by_name_role_and_organisation(client, operator, kept):
    for asked in ({"q": "wang"}, {"q": "某部门"}, {"q": "wang", "role": "officer"}):
        assert f'href="/access/{kept.pk}"' in client.get("/access/", asked).content.decode()
    for asked in ({"q": "wang", "role": "leader"}, {"q": "zzz"}, {"q": "%"}):
        assert f'href="/access/{kept.pk}"' not in client.get("/access/", asked).content.decode()


def test_workers_are_not_among_them(client, operator, cast):
    worker = cast["demo-worker"]
    assert f"/access/{worker.pk}" not in client.get("/access/").content.decode()
    assert client.get(f"/access/{worker.pk}").status_code == 404
    assert client.post(f"/access/{worker.pk}/invite").status_code == 404


def test_a_role_is_ended(client, operator, kept):
    own = kept.memberships.get()
    assert client.post(f"/access/{kept.pk}/end/{own.pk}").url == f"/access/{kept.pk}"
    assert not Membership.objects.get(pk=own.pk).active
    client.force_login(Account.objects.get(pk=kept.pk))
    assert client.get("/access/").status_code == 403


def test_a_role_of_another_account_is_not_ended_by_this_ones_page(client, operator, kept, cast):
    other = cast["demo-auditor"].memberships.get()
    assert client.post(f"/access/{kept.pk}/end/{other.pk}").status_code == 404
    assert Membership.objects.get(pk=other.pk).active


def test_the_operator_grants_nothing_to_themself(client, operator):
    office = Organisation.objects.filter(kind="bureau")[0]
    own = operator.memberships.get()
    given = {"organisation_id": office.pk, "role": "approver"}
    for path, data in (("grant", given), (f"end/{own.pk}", {}), ("invite", {}), ("close", {}), ("reset", {}), ("bind", {"provider": "oidc", "subject": "x"})):  # fmt: skip
        page = client.post(f"/access/{operator.pk}/{path}", data)
        assert page.status_code == 422, path
        assert "不能给自己授权" in page.content.decode()
    assert operator.memberships.filter(active=True).count() == 1
    page = client.get(f"/access/{operator.pk}").content.decode()
    assert "另一位系统管理员" in page
    assert f"/access/{operator.pk}/grant" not in page


@pytest.mark.parametrize(
    "given", [{}, {"organisation_id": "x"}, {"organisation_id": "999999999"}, {"organisation_id": "9" * 30}]
)
def test_a_role_needs_an_organisation(client, operator, kept, given):
    page = client.post(f"/access/{kept.pk}/grant", {**given, "role": "officer"})
    assert page.status_code == 200
    assert "请先查找并选中一个单位" in page.content.decode()


def test_an_account_is_closed_and_opened_again(client, operator, kept):
    client.post(f"/access/{kept.pk}/close")
    assert not Account.objects.get(pk=kept.pk).is_active
    assert "已停用" in client.get(f"/access/{kept.pk}").content.decode()
    client.post(f"/access/{kept.pk}/close", {"reopen": "1"})
    assert Account.objects.get(pk=kept.pk).is_active


def test_everything_is_on_the_record(client, operator, kept):
    client.post(f"/access/{kept.pk}/bind", {"provider": "oidc", "subject": "s-1"})
    client.post(f"/access/{kept.pk}/close")
    actions = list(
        Entry.objects.filter(object_kind="account", object_id=str(kept.pk))
        .order_by("id")
        .values_list("action", "actor")
    )
    assert actions == [("accounts.bind", operator.pk), ("accounts.close", operator.pk)]
    page = client.get(f"/access/{kept.pk}").content.decode()
    assert "绑定统一身份" in page
    assert "s-1" in page


@pytest.fixture
def other(client, cast):
    """A second operator, signed in elsewhere."""
    account = make_member("op-2", "operator", cast["demo-operator"].memberships.get().organisation)
    browser = type(client)()
    browser.force_login(account)
    return browser


def test_two_operators_reset_second_factors(client, operator, other, kept):
    TOTP.activate(kept, new_secret())
    page = f"/access/{kept.pk}"
    assert "申请清除二次验证" in client.get(page).content.decode()
    assert client.post(f"{page}/reset").url == page
    assert "等另一位系统管理员确认" in client.get(page).content.decode()
    assert 'name="confirm"' not in client.get(page).content.decode()
    assert client.post(f"{page}/reset", {"confirm": "1"}).status_code == 422
    assert has_factor(kept)
    assert f'href="{page}"' in other.get("/access/", {"q": "nobody"}).content.decode()
    assert 'name="confirm"' in other.get(page).content.decode()
    assert other.post(f"{page}/reset", {"confirm": "1"}).url == page
    assert not has_factor(kept)
    assert "清除二次验证" in client.get(page).content.decode()


def test_any_operator_lets_a_request_drop(client, operator, other, kept):
    TOTP.activate(kept, new_secret())
    page = f"/access/{kept.pk}"
    client.post(f"{page}/reset")
    other.post(f"{page}/reset", {"withdraw": "1"})
    assert other.post(f"{page}/reset", {"confirm": "1"}).status_code == 422
    assert has_factor(kept)


def test_the_owner_sees_and_refuses_a_request(client, operator, other, kept):
    TOTP.activate(kept, secret := new_secret())
    client.post(f"/access/{kept.pk}/reset")
    owner = type(client)()
    owner.force_login(kept)
    assert "申请清除您的二次验证" in owner.get("/sign-in/security").content.decode()
    # It takes the factor itself to refuse, not only an open session.
    assert owner.post("/sign-in/security/keep").url == "/sign-in/security/again"
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert owner.post("/sign-in/security/again", {"code": code}).url == "/sign-in/security"
    assert owner.post("/sign-in/security/keep").url == "/sign-in/security"
    assert other.post(f"/access/{kept.pk}/reset", {"confirm": "1"}).status_code == 422
    assert has_factor(kept)


def test_where_there_is_one_operator_the_page_says_what_to_do(client, operator, kept):
    TOTP.activate(kept, new_secret())
    page = client.get(f"/access/{kept.pk}").content.decode()
    assert "jigong operator" in page
    assert f"/access/{kept.pk}/reset" not in page


def test_the_page_offers_no_operators_role(client, operator, kept, cast):
    assert 'value="operator"' not in client.get(f"/access/{kept.pk}").content.decode()
    district = cast["demo-operator"].memberships.get().organisation
    given = {"organisation_id": district.pk, "role": "operator"}
    page = client.post(f"/access/{kept.pk}/grant", given)
    assert page.status_code == 422
    assert "只能在服务器上设立" in page.content.decode()


def test_html_in_a_name_stays_text(client, operator):
    client.post("/access/new", {"username": "li", "label": "<script>alert(1)</script>", "number": NUMBER})
    page = client.get("/access/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_unmasking_asks_for_a_reason_and_shows_after_it(client, cast):
    officer = cast["demo-officer-town"]
    person = people(officer, Permission.UNMASK).exclude(mobile_hash="").order_by("pk")[0]
    client.force_login(officer)
    where = f"/access/unmask/{person.pk}/number"
    form = client.post(where).content.decode()
    assert 'name="reason"' in form
    assert person.open_number() not in form
    short = client.post(where, {"reason": "x"}).content.decode()
    assert "请写明用途" in short
    assert not Entry.objects.filter(action="accounts.unmask").exists()
    shown = client.post(where, {"reason": "电话核实申请"})
    assert person.open_number() in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    entry = Entry.objects.get(action="accounts.unmask")
    assert (entry.actor, entry.person, entry.reason) == (officer.pk, person.pk, "电话核实申请")


def test_nobody_unmasks_beyond_their_reach(client, cast):
    officer = cast["demo-officer-town"]
    town = officer.memberships.get().organisation.town
    outsider = Person.objects.exclude(town=town).order_by("pk")[0]
    client.force_login(officer)
    assert client.post(f"/access/unmask/{outsider.pk}/number", {"reason": "电话核实申请"}).status_code == 404
    assert not Entry.objects.filter(action="accounts.unmask").exists()
    assert client.get(f"/access/unmask/{outsider.pk}/number").status_code == 405
