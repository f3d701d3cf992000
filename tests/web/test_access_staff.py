"""Staff come in by password and a second factor, without which nobody of them opens anything."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from soft_key import SoftKey

from access_made import make_member, make_organisation, make_person
from jigong.accounts import staff
from jigong.accounts.models import Account
from jigong.audit.models import Entry
from jigong.config import settings as site
from jigong.portals.entry import coming_in

pytestmark = pytest.mark.django_db
START = 1_700_000_000
PASSWORD = "correct horse battery staple"


@pytest.fixture
def officer():
    account = make_member("wang", "officer", make_organisation("bureau", "u"))
    account.set_password(PASSWORD)
    account.save()
    return account


@pytest.fixture
def steps(monkeypatch):
    """Moves the clock of time-based codes by half-minutes."""
    moved = [0]
    clock = SimpleNamespace(time=lambda: START + 30 * moved[0])
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", clock)

    def code(secret, ahead=0):
        moved[0] += ahead
        return format_hotp_value(hotp_value(secret, clock.time() // 30))

    return code


def who(client):
    return client.session.get("_auth_user_id")


def give_password(client, **more):
    return client.post("/sign-in/staff", {"username": "wang", "password": PASSWORD, **more})


def set_up_app(client, steps, **more):
    """Password, then an authenticator app; its secret and the recovery codes."""
    assert give_password(client, **more).url == "/sign-in/second/new"
    secret = re.search(r'id="secret">([A-Z2-7]+)<', client.get("/sign-in/second/new").content.decode())[1]
    page = client.post("/sign-in/second/new", {"code": steps(secret)})
    assert page.status_code == 200
    return secret, re.findall(r"<li>(\d{8})</li>", page.content.decode())


def test_without_a_second_factor_one_is_set_up_before_anything_else(client, officer, steps):
    assert give_password(client).url == "/sign-in/second/new"
    assert who(client) is None
    assert client.get("/sign-in/security").status_code == 302
    client.post("/sign-out")
    _, codes = set_up_app(client, steps)
    assert who(client) == str(officer.pk)
    assert len(set(codes)) == 10
    how = Entry.objects.filter(action="accounts.sign_in", actor=officer.pk).values_list("detail", flat=True)
    assert list(how) == ['{"how":"password+new"}']


def test_a_wrong_first_code_keeps_nothing(client, officer, steps):
    give_password(client)
    client.get("/sign-in/second/new")
    assert client.post("/sign-in/second/new", {"code": "000000"}).status_code == 422
    assert who(client) is None
    assert not Authenticator.objects.exists()


def test_the_secret_is_sealed(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    assert secret not in repr(list(Authenticator.objects.values()))


def test_then_the_code_is_asked_every_time(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    assert give_password(client, next="/office/queue/").url == "/sign-in/second"
    assert who(client) is None
    assert client.post("/sign-in/second", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/second", {"code": steps(secret, 1)}).url == "/office/queue/"
    assert who(client) == str(officer.pk)


def test_a_code_works_once_even_while_it_is_shown(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client)
    code = steps(secret, 1)
    assert client.post("/sign-in/second", {"code": code}).status_code == 302
    client.post("/sign-out")
    give_password(client)
    steps(secret, 1)
    assert client.post("/sign-in/second", {"code": code}).status_code == 422
    assert who(client) is None


def test_with_a_factor_nobody_sets_up_another_by_password_alone(client, officer, steps):
    set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client)
    assert client.get("/sign-in/second/new").url == "/sign-in/second"
    assert client.post("/sign-in/second/new", {"code": "000000"}).url == "/sign-in/second"
    assert client.post("/sign-in/second/options", {"new": "1"}).status_code == 403


def test_a_recovery_code_works_once(client, officer, steps):
    _, codes = set_up_app(client, steps)
    for expected in (302, 422):
        client.post("/sign-out")
        give_password(client)
        assert client.post("/sign-in/second", {"code": codes[0]}).status_code == expected


def test_the_second_factor_rests_after_six_wrong_codes(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client)
    tried = [client.post("/sign-in/second", {"code": "000000"}).status_code for _ in range(7)]
    assert tried == [422] * 6 + [429]
    refused = client.post("/sign-in/second", {"code": steps(secret, 1)})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_first_factor_does_not_wait_for_ever(client, officer, steps, monkeypatch):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client)
    later = timezone.now() + coming_in.LIFE
    monkeypatch.setattr("jigong.portals.entry.second.now", lambda: later)
    assert client.post("/sign-in/second", {"code": steps(secret, 1)}).url == "/sign-in/staff"
    assert who(client) is None


def test_an_account_closed_in_between_stays_out(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client)
    Account.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.post("/sign-in/second", {"code": steps(secret, 1)}).url == "/sign-in/staff"
    Account.objects.filter(pk=officer.pk).update(is_active=True)


def test_who_is_in_and_closed_is_out_with_the_next_page(client, officer, steps):
    set_up_app(client, steps)
    assert client.get("/sign-in/security").status_code == 200
    Account.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.get("/sign-in/security").status_code == 302


def test_a_passkey_is_set_up_and_used(client, officer):
    give_password(client)
    key = SoftKey()
    options = client.post("/sign-in/second/options", {"new": "1"}).json()
    made = client.post("/sign-in/second/new", {"credential": key.create(options), "name": "办公电脑"})
    assert made.status_code == 200
    assert who(client) == str(officer.pk)
    client.post("/sign-out")
    assert give_password(client).url == "/sign-in/second"
    assert "passkey.js" in client.get("/sign-in/second").content.decode()
    options = client.post("/sign-in/second/options").json()
    said = key.get(options)
    assert client.post("/sign-in/second", {"credential": said}).status_code == 302
    assert who(client) == str(officer.pk)
    client.post("/sign-out")
    give_password(client)
    client.post("/sign-in/second/options")
    assert client.post("/sign-in/second", {"credential": said}).status_code == 422
    assert who(client) is None


@pytest.mark.parametrize(
    "forged", ["other key", "other site", "other challenge", "nonsense", "list", "nothing"]
)
def test_a_forged_passkey_is_refused(client, officer, forged):
    give_password(client)
    key = SoftKey()
    options = client.post("/sign-in/second/options", {"new": "1"}).json()
    client.post("/sign-in/second/new", {"credential": key.create(options)})
    client.post("/sign-out")
    give_password(client)
    options = client.post("/sign-in/second/options").json()
    other, elsewhere = SoftKey(), SoftKey(host="evil.example", origin="https://evil.example")
    other.id = elsewhere.id = key.id
    answers = {
        "other key": lambda: other.get(options),
        "other site": lambda: elsewhere.get(options),
        "other challenge": lambda: key.get({"publicKey": {"challenge": "AAAA"}}),
        "nonsense": lambda: "{}",
        "list": lambda: "[1, 2]",
        "nothing": lambda: "",
    }
    assert client.post("/sign-in/second", {"credential": answers[forged]()}).status_code == 422
    assert who(client) is None


def test_options_are_for_who_waits_or_is_in(client, officer):
    assert client.post("/sign-in/second/options").status_code == 403
    assert client.get("/sign-in/second/options").status_code == 405


def test_a_wrong_name_and_a_wrong_password_look_alike(client, officer):
    pages = []
    for name, password in (("wang", "wrong"), ("nobody", PASSWORD)):
        page = client.post("/sign-in/staff", {"username": name, "password": password})
        assert page.status_code == 422
        text = page.content.decode().replace(f'value="{name}"', "")
        pages.append(re.sub(r'"[A-Za-z0-9]{64}"', "", text))
    assert pages[0] == pages[1]


def test_a_name_rests_after_six_wrong_passwords_also_for_the_right_one(client, officer):
    tried = [
        client.post("/sign-in/staff", {"username": "Wang ", "password": "x"}).status_code for _ in range(6)
    ]
    assert tried == [422] * 6
    refused = give_password(client)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 180


def test_an_address_rests_after_forty_names(client):
    tried = [
        client.post("/sign-in/staff", {"username": f"n{n}", "password": "x"}).status_code for n in range(41)
    ]
    assert tried == [422] * 40 + [429]


def test_the_right_password_clears_the_count(client, officer):
    for _ in range(3):
        for _ in range(4):
            client.post("/sign-in/staff", {"username": "wang", "password": "x"})
        assert give_password(client).status_code == 302


def test_a_worker_does_not_come_in_by_password(client, officer):
    worker = Account.objects.create(
        username="gong", person=make_person("P9"), password=make_password(PASSWORD)
    )
    answer = client.post("/sign-in/staff", {"username": "gong", "password": PASSWORD})
    assert answer.status_code == 422
    assert who(client) is None
    assert worker.is_worker


def test_a_planted_session_is_worth_nothing(client, officer, steps):
    client.get("/sign-in/staff")
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted"
    give_password(client)
    waiting = client.session.session_key
    assert waiting != "planted"
    client.post("/sign-out")
    set_up_app(client, steps)
    assert client.session.session_key not in ("planted", waiting)


def test_next_leads_nowhere_else(client, officer, steps):
    secret, _ = set_up_app(client, steps)
    client.post("/sign-out")
    give_password(client, next="https://evil.example/")
    assert client.post("/sign-in/second", {"code": steps(secret, 1)}).url == "/"


def test_passwords_are_kept_with_argon2():
    assert site.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_an_invitation_leads_through_password_and_second_factor(client, officer, steps):
    operator = make_member("op", "operator", make_organisation("district", "d"))
    token = staff.invite(account=officer, by=operator, at=timezone.now())
    where = f"/sign-in/invitation/{officer.pk}/{token}"
    assert client.get(where).status_code == 200
    assert client.post(where, {"password": PASSWORD, "again": "other"}).status_code == 422
    assert client.post(where, {"password": "short", "again": "short"}).status_code == 422
    done = client.post(where, {"password": PASSWORD + "!", "again": PASSWORD + "!"})
    assert done.url == "/sign-in/second/new"
    assert who(client) is None
    spent = client.get(where)
    assert spent.status_code == 422
    assert "邀请链接已失效" in spent.content.decode()
    for path in (f"/sign-in/invitation/{officer.pk}/x", "/sign-in/invitation/999999/x-y"):
        assert client.get(path).status_code == 422


def test_factors_are_changed_only_with_a_factor_just_shown(client, officer, steps, monkeypatch):
    secret, codes = set_up_app(client, steps)
    assert client.get("/sign-in/security/add").status_code == 200
    later = timezone.now() + coming_in.FRESH + timedelta(seconds=1)
    monkeypatch.setattr("jigong.portals.entry.security.now", lambda: later)
    for path in ("add", "remove", "recovery"):
        assert client.post(f"/sign-in/security/{path}").url == "/sign-in/security/again"
    assert client.post("/sign-in/security/again", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/security/again", {"code": steps(secret, 1)}).url == "/sign-in/security"
    fresh = client.post("/sign-in/security/recovery").content.decode()
    new = re.findall(r"<li>(\d{8})</li>", fresh)
    assert len(new) == 10
    assert set(new).isdisjoint(codes)


def test_the_last_factor_stays_and_one_of_two_goes(client, officer, steps):
    set_up_app(client, steps)
    only = Authenticator.objects.get(type="totp")
    assert client.post("/sign-in/security/remove", {"factor": only.pk}).status_code == 422
    key = SoftKey()
    options = client.post("/sign-in/second/options", {"new": "1"}).json()
    assert (
        client.post("/sign-in/security/add", {"credential": key.create(options)}).url == "/sign-in/security"
    )
    assert client.post("/sign-in/security/remove", {"factor": only.pk}).url == "/sign-in/security"
    assert [a.type for a in Authenticator.objects.exclude(type="recovery_codes")] == ["webauthn"]


def test_nobody_removes_anothers_factor(client, officer, steps):
    other = make_member("li", "officer", make_organisation("bureau", "v"))
    theirs = [Authenticator.objects.create(user=other, type="webauthn", data={"name": "x"}) for _ in range(2)]
    set_up_app(client, steps)
    assert client.post("/sign-in/security/remove", {"factor": theirs[0].pk}).status_code == 422
    assert client.post("/sign-in/security/remove", {"factor": "x"}).status_code == 422
    assert Authenticator.objects.filter(user=other).count() == 2
