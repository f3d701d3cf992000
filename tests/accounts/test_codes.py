"""One-time codes: who gets one, how often it may be tried, and how it reaches a phone."""

import json
from datetime import timedelta

import pytest
from django.conf import settings

from access_made import AT, make_person
from jigong.accounts import codes, sign_in
from jigong.accounts.codes import DemoSender, GatewaySender, filled
from jigong.accounts.external.settings import SignIn, SmsGateway
from jigong.accounts.models import SignInCode
from jigong.accounts.sign_in import Tried
from jigong.kernel.problems import JigongError

MOBILE = "13800001234"


class Kept:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, mobile: str, code: str) -> None:
        self.sent.append((mobile, code))


@pytest.fixture
def asked(db, django_capture_on_commit_callbacks):
    def ask(mobile=MOBILE, at=AT):
        by = Kept()
        with django_capture_on_commit_callbacks(execute=True):
            made = sign_in.ask_code(mobile=mobile, by=by, at=at)
        return made, by.sent

    return ask


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_works_once(asked):
    make_person("A1", mobile=MOBILE)
    made, ((mobile, code),) = asked()
    assert (mobile, len(code)) == (MOBILE, 6)
    assert sign_in.try_code(code_id=made.pk, typed=f" {code[:3]} {code[3:]}", at=AT) is Tried.RIGHT
    assert sign_in.try_code(code_id=made.pk, typed=code, at=AT) is Tried.SPENT


def test_the_code_is_nowhere_in_the_table(asked):
    make_person("A1", mobile=MOBILE)
    made, ((_, code),) = asked()
    row = repr(SignInCode.objects.filter(pk=made.pk).values().get())
    assert code not in row
    assert MOBILE not in row


def test_an_unknown_phone_gets_a_row_like_any_other_and_no_message(asked):
    made, sent = asked()
    assert sent == []
    assert made.code_hash
    assert sign_in.people_of(made.pk) == []


def test_a_person_the_data_no_longer_know_gets_none(asked):
    make_person("A1", mobile=MOBILE, listed=False)
    assert asked()[1] == []


def test_after_five_minutes_it_is_spent(asked):
    make_person("A1", mobile=MOBILE)
    made, ((_, code),) = asked()
    at = AT + timedelta(minutes=5)
    assert sign_in.try_code(code_id=made.pk, typed=code, at=at) is Tried.SPENT


def test_after_five_wrong_tries_the_right_one_is_refused(asked):
    make_person("A1", mobile=MOBILE)
    made, ((_, code),) = asked()
    tried = [sign_in.try_code(code_id=made.pk, typed=wrong(code), at=AT) for _ in range(5)]
    assert tried == [Tried.WRONG] * 4 + [Tried.SPENT]
    assert sign_in.try_code(code_id=made.pk, typed=code, at=AT) is Tried.SPENT


def test_a_code_of_another_phone_is_wrong(asked):
    make_person("A1", mobile=MOBILE)
    make_person("A2", mobile="13900001234")
    ((_, code),) = asked()[1]
    other, ((_, others_code),) = asked("13900001234")
    if code != others_code:
        assert sign_in.try_code(code_id=other.pk, typed=code, at=AT) is Tried.WRONG


def test_nobody_is_known_before_the_code_was_right(asked):
    person = make_person("A1", mobile=MOBILE)
    made, ((_, code),) = asked()
    assert sign_in.people_of(made.pk) == []
    sign_in.try_code(code_id=made.pk, typed=code, at=AT)
    assert sign_in.people_of(made.pk) == [person]


def test_who_shares_a_phone_is_told_apart_by_the_last_four(db):
    people = [make_person("11010519491231002X"), make_person("330114199003071236")]
    assert sign_in.with_last_digits(people, "002x") == people[0]
    assert sign_in.with_last_digits(people, "1236") == people[1]
    assert sign_in.with_last_digits(people, "9999") is None
    assert sign_in.with_last_digits(people, "") is None
    alike = [make_person("110105194912310036"), make_person("330114199003070036")]
    assert sign_in.with_last_digits(alike, "0036") is None


def test_codes_of_yesterday_are_forgotten(asked):
    made, _ = asked()
    asked(at=AT + timedelta(days=2))
    assert not SignInCode.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize("typed", ["13800001234", "+86 138 0000 1234", "138-0000-1234", "8613800001234"])
def test_numbers_are_read_as_people_type_them(typed):
    assert sign_in.clean_mobile(typed) == MOBILE


@pytest.mark.parametrize(
    "typed", ["", "1380000123", "23800001234", "138000012345", "<b>", "１３８００００１２３４a"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(JigongError):
        sign_in.clean_mobile(typed)


def test_the_demonstration_keeps_the_code_for_the_screen(db):
    DemoSender().send(MOBILE, "123456")
    assert DemoSender().shown(MOBILE) == "123456"
    assert DemoSender().shown("13900001234") is None


def test_a_gateway_gets_the_configured_json(serve):
    gateway = serve(lambda path, headers, body: (200, {"ok": True}))
    body = {"phone": "{mobile}", "params": ["{code}", 5], "text": "验证码 {code}，五分钟内有效"}
    sms = SmsGateway(f"{gateway.url}/send", body, "Bearer secret")
    sender = GatewaySender(sms)
    sender.send(MOBILE, "123456")
    sender.wait()
    ((path, headers, said),) = gateway.asked
    assert path == "/send"
    assert headers["authorization"] == "Bearer secret"
    assert json.loads(said) == {
        "phone": MOBILE,
        "params": ["123456", 5],
        "text": "验证码 123456，五分钟内有效",
    }


def test_a_gateway_that_refuses_is_logged_without_number_or_code(serve, caplog):
    gateway = serve(lambda path, headers, body: (500, {"error": "no"}))
    sender = GatewaySender(SmsGateway(gateway.url, {"to": "{mobile}", "code": "{code}"}))
    sender.send(MOBILE, "123456")
    sender.wait()
    assert "SMS gateway" in caplog.text
    assert MOBILE not in caplog.text
    assert "123456" not in caplog.text


def test_a_value_cannot_smuggle_a_placeholder_of_its_own():
    assert filled({"a": "{mobile}"}, mobile="{code}", code="1") == {"a": "{code}"}


def test_without_gateway_and_demonstration_there_is_no_sender(monkeypatch):
    class Site:
        demo = False

    monkeypatch.setattr(settings, "JIGONG", Site)
    monkeypatch.setattr(settings, "SIGN_IN", SignIn())
    assert codes.sender() is None
    gateway = SmsGateway("https://sms.example/send", {"a": "{mobile}{code}"})
    monkeypatch.setattr(settings, "SIGN_IN", SignIn(sms=gateway))
    assert codes.sender() is codes.sender()
    assert isinstance(codes.sender(), GatewaySender)
