"""Coming in by way of others: a ticket or a code opens one account, once, in the browser that went for it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.utils import timezone

from access_made import Service, make_member, make_organisation
from jigong.accounts import staff
from jigong.accounts.external.settings import OpenIdConnect, SignIn, Zheliban, Zhezhengding
from jigong.accounts.models import Account, Person
from jigong.config.sign_in import openid_connect
from jigong.portals.entry.elsewhere import REDEEM
from jigong.portals.kit.address import address_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def services() -> Iterator[list[Service]]:
    started: list[Service] = []
    yield started
    for service in started:
        service.stop()


@pytest.fixture
def person():
    return Person.objects.filter(listed=True).order_by("pk")[0]


@pytest.fixture
def officer():
    operator = make_member("op", "operator", make_organisation("district", "d"))
    account = make_member("wang", "officer", make_organisation("bureau", "u"))
    for provider, subject in (("zzd", "57$93"), ("oidc", "subject-1")):
        staff.bind(account=account, provider=provider, subject=subject, by=operator, at=timezone.now())
    return account


def who(client):
    return client.session.get("_auth_user_id")


class Zlb:
    """浙里办's two addresses, for tickets of one use."""

    def __init__(self, services, number):
        self.number, self.tickets = number, {"tk_1", "tk_2"}
        self.service = Service(self.answer)
        services.append(self.service)
        url = self.service.url
        self.ways = SignIn(zlb=Zheliban("2001", "key", "secret", f"{url}/token", f"{url}/user", "https://sso.example/login", "personInfo.idNo"))  # fmt: skip

    def answer(self, path, headers, body):
        said = json.loads(body)
        if path == "/user":
            return 200, {"success": True, "data": {"personInfo": {"idNo": self.number}}}
        if said["ticketId"] not in self.tickets:
            return 200, {"success": False, "errorMsg": "ticket"}
        self.tickets.discard(said["ticketId"])
        return 200, {"success": True, "data": {"accessToken": "at"}}


@pytest.fixture
def zlb(services, person, monkeypatch):
    made = Zlb(services, person.open_number())
    monkeypatch.setattr(settings, "SIGN_IN", made.ways)
    return made


def state_of(client, next_="/worker/"):
    """Go to 浙里办; the state it will send back."""
    away = client.get("/sign-in/zlb", {"next": next_})
    asked = parse_qs(urlsplit(away.url).query)
    assert away.url.startswith("https://sso.example/login?appId=2001&")
    return parse_qs(urlsplit(asked["sp"][0]).query)["state"][0]


def test_a_ticket_opens_the_account_of_its_citizen(client, zlb, person):
    state = state_of(client)
    done = client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state})
    assert done.url == "/worker/"
    assert who(client) == str(Account.objects.get(person=person).pk)


@pytest.mark.parametrize("name", ["sp", "redirectUrl"])
def test_the_state_may_come_back_within_an_address(client, zlb, person, name):
    state = state_of(client)
    back = {"ticketId": "tk_1", name: f"http://testserver/sign-in/zlb/back?state={state}"}
    assert client.get("/sign-in/zlb/back", back).url == "/worker/"


def test_a_ticket_somebody_else_sends_is_not_redeemed(client, zlb):
    for back in ({"ticketId": "tk_1"}, {"ticketId": "tk_1", "state": "forged"}):
        assert client.get("/sign-in/zlb/back", back).status_code == 422
    state = state_of(client)
    other = type(client)()
    assert other.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state}).status_code == 422
    assert client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": "forged"}).status_code == 422
    assert zlb.service.asked == []
    assert who(client) is None


def test_a_ticket_works_once_even_if_the_other_side_forgets(client, zlb):
    client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state_of(client)})
    client.post("/sign-out")
    zlb.tickets.add("tk_1")
    again = client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state_of(client)})
    assert again.status_code == 422
    assert "登录票据已失效" in again.content.decode()
    assert who(client) is None


def test_two_windows_at_once_redeem_it_once(client, zlb, person):
    page = client.get("/sign-in").content.decode()
    assert "in_app.js" in page
    first = client.post("/sign-in/zlb/back", {"ticket": "tk_2", "next": "/worker/"})
    second = type(client)().post("/sign-in/zlb/back", {"ticket": "tk_2"})
    assert (first.status_code, second.status_code) == (302, 422)


def test_an_expired_ticket_says_what_to_do(client, zlb):
    page = client.get("/sign-in/zlb/back", {"ticketId": "old", "state": state_of(client)})
    assert page.status_code == 422
    assert "重新进入" in page.content.decode()


def test_a_citizen_not_on_file_is_told_so(client, zlb):
    zlb.number = "110105194912310036"
    page = client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state_of(client)})
    assert page.status_code == 404
    assert who(client) is None
    assert not Account.objects.filter(person__isnull=False).exists()


def test_a_service_that_is_away_says_so(client, zlb, services):
    state = state_of(client)
    zlb.service.stop()
    services.clear()
    page = client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state})
    assert page.status_code == 422
    assert "没有应答" in page.content.decode()


def test_a_gateway_in_trouble_is_not_the_citizens_ticket(client, zlb, services, monkeypatch):
    services.append(Service(lambda path, headers, body: (502, {})))
    url = services[-1].url
    broken = replace(zlb.ways.zlb, token_url=f"{url}/token", user_url=f"{url}/user")
    monkeypatch.setattr(settings, "SIGN_IN", SignIn(zlb=broken))
    page = client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state_of(client)})
    assert page.status_code == 422
    assert "没有应答" in page.content.decode()


def test_who_comes_back_after_long_is_not_let_in(client, zlb, monkeypatch):
    state = state_of(client)
    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr("jigong.portals.entry.elsewhere.now", lambda: later)
    assert client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state}).status_code == 422
    assert zlb.service.asked == []


@pytest.fixture
def zzd(services, monkeypatch):
    codes, user = {"code1", "code2"}, {"accountId": 93, "realmId": 57, "lastName": "洪"}

    def answer(path, headers, body):
        fields = parse_qs(body.decode())
        if path == "/gettoken.json":
            return 200, {"success": True, "content": {"success": True, "data": {"accessToken": "t"}}}
        if fields["auth_code"][0] not in codes:
            return 200, {"success": True, "content": {"success": False}}
        codes.discard(fields["auth_code"][0])
        return 200, {"success": True, "content": {"success": True, "data": user}}

    services.append(Service(answer))
    monkeypatch.setattr(settings, "SIGN_IN", SignIn(zzd=Zhezhengding("k", "s", services[-1].url)))
    return user


def test_an_auth_code_is_a_first_factor_only(client, zzd, officer):
    done = client.post("/sign-in/zzd", {"auth_code": "code1", "next": "/office/"})
    assert done.url == "/sign-in/second/new"
    assert who(client) is None
    assert client.post("/sign-in/zzd", {"auth_code": "code1"}).status_code == 422


def test_who_is_not_bound_stays_out_whatever_their_name(client, zzd, officer):
    zzd.update(accountId=94, lastName="王", account="wang")
    page = client.post("/sign-in/zzd", {"auth_code": "code1"})
    assert page.status_code == 403
    assert "57$94" in page.content.decode()
    assert "waiting for a second factor" not in client.session


def test_a_closed_account_stays_out(client, zzd, officer):
    Account.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.post("/sign-in/zzd", {"auth_code": "code2"}).status_code == 403


@pytest.mark.parametrize("code", ["", "spent", "x" * 600])
def test_what_is_no_code_is_refused(client, zzd, officer, code):
    assert client.post("/sign-in/zzd", {"auth_code": code}).status_code == 422


def test_ways_that_are_not_set_do_not_exist(client):
    assert client.get("/sign-in/zlb").status_code == 404
    assert client.get("/sign-in/zlb/back").status_code == 404
    assert client.post("/sign-in/zzd", {"auth_code": "x"}).status_code == 404
    assert client.get("/sign-in/oidc/login/").status_code == 404
    assert client.get("/sign-in/oidc/login/callback/").status_code == 404
    page = client.get("/sign-in/staff").content.decode()
    assert "/sign-in/oidc" not in page
    assert "in_app.js" not in page


class Provider:
    """A provider of OpenID Connect."""

    def __init__(self, services):
        self.subject, self.asked_verifier = "subject-1", ""
        self.user: object = {}
        self.token_claims: dict[str, object] | None = {}
        self.service = Service(self.answer)
        services.append(self.service)
        self.ways = SignIn(oidc=OpenIdConnect(self.service.url, "client", "its secret", "统一身份认证"))

    def answer(self, path, headers, body):
        url = self.service.url
        if path.startswith("/.well-known"):
            return 200, {
                "issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token",
                "userinfo_endpoint": f"{url}/user", "jwks_uri": f"{url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }  # fmt: skip
        if path == "/token":
            fields = parse_qs(body.decode())
            self.asked_verifier = fields.get("code_verifier", [""])[0]
            if fields["code"] != ["good"] or fields["client_secret"] != ["its secret"]:
                return 400, {"error": "invalid_grant"}
            answer = {"access_token": "at", "token_type": "Bearer"}
            if self.token_claims is None:
                return 200, answer
            claims = {
                "iss": url,
                "aud": "client",
                "sub": self.subject,
                "exp": 4_000_000_000,
                "iat": 1_600_000_000,
            }
            key = "a key of enough bytes for this algorithm"
            return 200, {
                **answer,
                "id_token": jwt.encode({**claims, **self.token_claims}, key, algorithm="HS256"),
            }
        if not isinstance(self.user, dict):
            return 200, self.user
        said = {
            "sub": self.subject,
            "preferred_username": "wang",
            "email": "wang@example.org",
            "email_verified": True,
        }
        return 200, {**said, **self.user}


@pytest.fixture
def provider(services, monkeypatch):
    made = Provider(services)
    monkeypatch.setattr(settings, "SIGN_IN", made.ways)
    monkeypatch.setattr(settings, "SOCIALACCOUNT_PROVIDERS", {"openid_connect": openid_connect(made.ways)})
    return made


def back_from(client, provider, code="good"):
    away = client.get("/sign-in/oidc/login/?next=/office/")
    asked = parse_qs(urlsplit(away.url).query)
    assert away.url.startswith(f"{provider.service.url}/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/sign-in/oidc/login/callback/"]
    return client.get("/sign-in/oidc/login/callback/", {"code": code, "state": asked["state"][0]})


def test_oidc_is_a_first_factor_bound_by_subject(client, provider, officer):
    assert "统一身份认证" in client.get("/sign-in/staff").content.decode()
    back = back_from(client, provider)
    assert back.url == "/sign-in/elsewhere"
    assert provider.asked_verifier
    assert client.get(back.url).url == "/sign-in/second/new"
    assert who(client) is None


def test_an_unbound_subject_stays_out_whatever_name_and_mail(client, provider, officer):
    officer.email = "wang@example.org"
    officer.save()
    provider.subject = "subject-2"
    page = client.get(back_from(client, provider).url)
    assert page.status_code == 403
    assert "subject-2" in page.content.decode()
    assert "waiting for a second factor" not in client.session
    assert Account.objects.filter(username="wang").count() == 1


@pytest.mark.parametrize(
    ("claims", "user"),
    [
        ({"sub": "subject-2"}, {}),  # an access token of somebody else
        ({}, {"sub": "subject-2"}),
        ({}, {"sub": None}),
        ({"sub": None}, {"sub": None}),
        ({"aud": "another client"}, {}),
        ({"iss": "https://elsewhere.example"}, {}),
        ({"exp": 1_600_000_001}, {}),
        (None, {}),  # no identity token at all
        ({}, ["nonsense"]),
        ({}, {"sub": "x" * 300}),
    ],
)
def test_who_the_provider_means_must_be_certain(client, provider, officer, claims, user):
    provider.token_claims, provider.user = claims, user
    back = back_from(client, provider)
    assert (back.status_code, back.get("Location")) in {(302, "/sign-in/elsewhere/failed"), (422, None)}
    assert client.get("/sign-in/elsewhere").url == "/sign-in/staff"
    assert "waiting for a second factor" not in client.session


def test_nothing_the_provider_says_of_somebody_is_kept(client, provider, officer):
    client.get(back_from(client, provider).url)
    assert SocialAccount.objects.get(uid="subject-1").extra_data == {}


def test_a_provider_that_sends_us_elsewhere_is_not_followed(client, provider, services, monkeypatch):
    def moved(path, headers, body):
        return 302, {}, {"Location": f"{provider.service.url}{path}"}

    services.append(Service(moved))
    ways = SignIn(oidc=replace(provider.ways.oidc, server_url=services[-1].url))
    monkeypatch.setattr(settings, "SOCIALACCOUNT_PROVIDERS", {"openid_connect": openid_connect(ways)})
    assert client.get("/sign-in/oidc/login/").status_code == 422
    assert [path for path, *_ in services[-1].asked] == ["/.well-known/openid-configuration"]


def test_an_account_is_not_bound_by_signing_in_while_signed_in(client, provider, officer):
    """allauth's way of adding a provider to one's own account is closed."""
    other = make_member("li", "officer", make_organisation("bureau", "v"))
    provider.subject = "subject-9"
    client.force_login(other)
    away = client.get("/sign-in/oidc/login/?process=connect")
    state = parse_qs(urlsplit(away.url).query)["state"][0]
    client.get("/sign-in/oidc/login/callback/", {"code": "good", "state": state})
    assert not SocialAccount.objects.filter(uid="subject-9").exists()


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_stays_on_this_site(client, provider, zlb, officer, monkeypatch, where):
    state = state_of(client, where)
    assert client.get("/sign-in/zlb/back", {"ticketId": "tk_1", "state": state}).url == "/"
    client.post("/sign-out")
    monkeypatch.setattr(settings, "SIGN_IN", provider.ways)
    away = client.get("/sign-in/oidc/login/", {"next": where})
    state = parse_qs(urlsplit(away.url).query)["state"][0]
    client.get(client.get("/sign-in/oidc/login/callback/", {"code": "good", "state": state}).url)
    assert client.session["waiting for a second factor"]["next"] == "/"


def test_a_provider_is_not_asked_without_limit(client, provider):
    codes = [client.get("/sign-in/oidc/login/").status_code for _ in range(REDEEM.count + 1)]
    assert codes == [302] * REDEEM.count + [429]


def test_a_forged_state_or_code_ends_in_a_page(client, provider, officer):
    assert (
        client.get("/sign-in/oidc/login/callback/", {"code": "good", "state": "x"}).url
        == "/sign-in/elsewhere/failed"
    )
    assert back_from(client, provider, code="stolen").url == "/sign-in/elsewhere/failed"
    assert client.get("/sign-in/elsewhere").url == "/sign-in/staff"
    assert client.get("/sign-in/elsewhere/failed").status_code == 422


def test_what_the_provider_said_works_once(client, provider, officer):
    where = back_from(client, provider).url
    client.get(where)
    assert client.get(where).url == "/sign-in/staff"


def test_a_provider_that_is_away_says_so(client, provider, services):
    provider.service.stop()
    services.clear()
    page = client.get("/sign-in/oidc/login/")
    assert page.status_code == 422
    assert re.search("没有应答", page.content.decode())


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, "9.9.9.9", "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 9.9.9.9", "127.0.0.1", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 8.8.8.8", "127.0.0.1", "9.9.9.9"),
        (2, "9.9.9.9", "127.0.0.1", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        (0, "", "::ffff:1.2.3.4", "1.2.3.4"),
    ],
)
def test_only_trusted_proxies_tell_whence_a_request_comes(
    rf, monkeypatch, proxies, forwarded, remote, expected
):
    monkeypatch.setattr(settings, "SIGN_IN", SignIn(proxies=proxies))
    request = rf.get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=remote)
    assert address_of(request) == expected
