"""Workers come in by phone and code: no enumeration, limits, no planted session, nowhere else than here."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from access_made import make_person
from jigong.accounts.demo import make_demo_accounts
from jigong.accounts.external.settings import SignIn
from jigong.accounts.models import Account, Person, SignInCode
from jigong.accounts.sessions.models import Session
from jigong.audit.models import Entry
from jigong.portals.kit.address import own_path

pytestmark = pytest.mark.django_db
UNKNOWN = "19912345678"


@pytest.fixture
def worker():
    return Person.objects.exclude(mobile_hash="").order_by("pk")[0]


@pytest.fixture
def come(client, django_capture_on_commit_callbacks):
    """Ask for a code for a phone; the page with the code, and the code of the demonstration."""

    def ask(mobile, next_="/"):
        with django_capture_on_commit_callbacks(execute=True):
            sent = client.post("/sign-in", {"mobile": mobile, "next": next_})
        assert (sent.status_code, sent.url) == (302, "/sign-in/code")
        page = client.get("/sign-in/code")
        return page, re.search(r'id="shown-code">(\d{6})<', page.content.decode())[1]

    return ask


def who(client):
    return client.session.get("_auth_user_id")


def test_a_worker_comes_in_and_goes_where_they_wanted(client, come, worker):
    _, code = come(worker.open_mobile(), "/worker/?a=b")
    done = client.post("/sign-in/code", {"code": code})
    assert (done.status_code, done.url) == (302, "/worker/?a=b")
    account = Account.objects.get(person=worker)
    assert who(client) == str(account.pk)
    assert not account.has_usable_password()
    entry = Entry.objects.get(action="accounts.sign_in", actor=account.pk)
    assert (entry.person, entry.detail) == (worker.pk, '{"how":"code"}')


def test_coming_again_makes_no_second_account(client, come, worker):
    for _ in range(2):
        _, code = come(worker.open_mobile())
        client.post("/sign-in/code", {"code": code})
        client.post("/sign-out")
    assert Account.objects.filter(person=worker).count() == 1


def test_known_and_unknown_phones_are_answered_alike(client, come, worker):
    pages = []
    for mobile in (worker.open_mobile(), UNKNOWN):
        page, code = come(mobile)
        shown = mobile[:3] + "****" + mobile[-4:]
        text = page.content.decode().replace(code, "CODE").replace(shown, "SHOWN")
        pages.append(re.sub(r'"[A-Za-z0-9]{64}"', '"TOKEN"', text).replace("TOKEN", ""))
        wrong = client.post("/sign-in/code", {"code": "x"})
        assert wrong.status_code == 422
    assert pages[0] == pages[1]
    assert SignInCode.objects.count() == 2


def test_an_unknown_phone_comes_in_nowhere_even_with_its_code(client, come):
    _, code = come(UNKNOWN)
    assert client.post("/sign-in/code", {"code": code}).status_code == 404
    assert who(client) is None
    assert not Account.objects.filter(person__isnull=False, last_login__isnull=False).exists()


def test_a_used_code_and_a_code_of_another_browser_open_nothing(client, come, worker):
    _, code = come(worker.open_mobile())
    other = type(client)()
    assert other.post("/sign-in/code", {"code": code}).url == "/sign-in"
    client.post("/sign-in/code", {"code": code})
    client.post("/sign-out")
    assert client.post("/sign-in/code", {"code": code}).url == "/sign-in"
    assert who(client) is None


def test_after_five_wrong_codes_a_new_one_is_needed(client, come, worker):
    _, code = come(worker.open_mobile())
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        assert client.post("/sign-in/code", {"code": wrong}).status_code == 422
    last = client.post("/sign-in/code", {"code": code})
    assert last.status_code == 422
    assert "验证码已失效" in last.content.decode()
    assert who(client) is None


def test_an_old_code_is_spent(client, come, worker):
    _, code = come(worker.open_mobile())
    SignInCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "验证码已失效" in client.post("/sign-in/code", {"code": code}).content.decode()


def test_a_phone_gets_five_codes_then_waits_with_retry_after(client, worker):
    mobile = worker.open_mobile()
    answers = [client.post("/sign-in", {"mobile": mobile}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    refused = client.post("/sign-in", {"mobile": mobile})
    assert 0 < int(refused.headers["Retry-After"]) <= 360
    assert SignInCode.objects.count() == 5


def test_an_address_cannot_ask_for_codes_for_everybody(client):
    answers = [client.post("/sign-in", {"mobile": f"139{n:08}"}).status_code for n in range(31)]
    assert answers == [302] * 30 + [429]


def test_what_is_no_number_is_said_on_the_form(client):
    page = client.post("/sign-in", {"mobile": '"><script>alert(1)</script>'})
    assert page.status_code == 422
    assert "手机号应为 11 位数字" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def test_a_family_that_shares_a_phone_is_told_apart(client, come):
    people = [make_person(f"33011419900307{n}", mobile="13011112222", name="张三") for n in (1236, 1244)]
    _, code = come("13011112222", "/worker/")
    asked = client.post("/sign-in/code", {"code": code})
    assert asked.url == "/sign-in/which"
    assert who(client) is None
    assert "张*、张*" in client.get("/sign-in/which").content.decode()
    assert client.post("/sign-in/which", {"digits": "9999"}).status_code == 422
    assert client.post("/sign-in/which", {"digits": "1244"}).url == "/worker/"
    assert who(client) == str(Account.objects.get(person=people[1]).pk)


def test_the_last_digits_cannot_be_guessed_through(client, come):
    for n in (1236, 1244):
        make_person(f"33011419900307{n}", mobile="13011112222")
    _, code = come("13011112222")
    client.post("/sign-in/code", {"code": code})
    tried = [client.post("/sign-in/which", {"digits": f"{n:04}"}).status_code for n in range(6)]
    assert tried == [422] * 5 + [429]


def test_the_last_digits_need_a_code_first(client):
    assert client.get("/sign-in/which").url == "/sign-in"
    assert client.post("/sign-in/which", {"digits": "1236"}).url == "/sign-in"


def test_a_closed_account_stays_out(client, come, worker):
    _, code = come(worker.open_mobile())
    client.post("/sign-in/code", {"code": code})
    client.post("/sign-out")
    Account.objects.filter(person=worker).update(is_active=False)
    _, code = come(worker.open_mobile())
    assert client.post("/sign-in/code", {"code": code}).status_code == 404
    assert who(client) is None


def test_a_planted_session_is_worth_nothing(client, come, worker):
    _, code = come(worker.open_mobile())
    planted = client.session.session_key
    client.post("/sign-in/code", {"code": code})
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_who_was_signed_in_before_leaves_nothing_behind(client, come, worker):
    leader = {a.username: a.account for a in make_demo_accounts(at=timezone.now())}["demo-leader"]
    client.force_login(leader)
    session = client.session
    session["left behind"] = "x"
    session.save()
    _, code = come(worker.open_mobile())
    client.post("/sign-in/code", {"code": code})
    assert who(client) == str(Account.objects.get(person=worker).pk)
    assert "left behind" not in client.session


def test_signing_out_ends_the_session_on_the_server(client, come, worker):
    _, code = come(worker.open_mobile())
    client.post("/sign-in/code", {"code": code})
    key = client.session.session_key
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").url == "/"
    assert not Session.objects.filter(session_key=key).exists()
    assert Entry.objects.filter(action="accounts.sign_out").count() == 1
    other = type(client)()
    other.cookies[settings.SESSION_COOKIE_NAME] = key
    assert other.get("/worker/").status_code in (302, 404)
    assert who(other) is None


def test_a_session_ends_after_a_working_day_in_a_cookie_scripts_cannot_read(client, come, worker):
    _, code = come(worker.open_mobile())
    done = client.post("/sign-in/code", {"code": code})
    cookie = done.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    left = Session.objects.get(session_key=client.session.session_key).expire_date - timezone.now()
    assert timedelta(hours=7) < left <= timedelta(hours=8)


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "worker/",
        "/ok\r\nSet-Cookie: a=b", "/" + "x" * 600, "", None, "http:/evil", "/a\\b",
    ],
)  # fmt: skip
def test_next_leads_only_to_paths_of_this_site(bad):
    assert own_path(bad) == "/"


def test_the_form_carries_no_foreign_next(client, come, worker):
    page = client.get("/sign-in?next=https://evil.example/").content.decode()
    assert '<input type="hidden" name="next" value="/">' in page
    _, code = come(worker.open_mobile(), "//evil.example/")
    assert client.post("/sign-in/code", {"code": code}).url == "/"


def test_without_a_gateway_codes_are_not_offered(client, monkeypatch):
    class Site(type(settings.JIGONG)):
        demo = False

    site = {**vars(settings.JIGONG), "demo": False}
    monkeypatch.setattr(settings, "JIGONG", type(settings.JIGONG)(**site))
    monkeypatch.setattr(settings, "SIGN_IN", SignIn())
    page = client.get("/sign-in").content.decode()
    assert "没有开通短信验证码" in page
    assert client.post("/sign-in", {"mobile": UNKNOWN}).status_code == 200
    assert not SignInCode.objects.exists()
    assert client.get("/demo").status_code == 404
    assert client.post("/demo/be", {"username": "demo-leader"}).status_code == 404


def test_forms_need_the_token_of_this_browser(worker):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    for path in ("/sign-in", "/sign-in/code", "/sign-in/staff", "/demo/be", "/sign-out"):
        assert strict.post(path, {"mobile": UNKNOWN}).status_code == 403
