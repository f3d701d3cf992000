"""浙里办: against a stand-in that follows the exchange: signed requests, a ticket for one use, a token, a citizen."""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from access_made import AT
from jigong.accounts.external.http import OutsideError
from jigong.accounts.external.settings import Zheliban
from jigong.accounts.external.zlb import citizen_of_ticket, sign, sign_in_address

NUMBER = "11010519491231002X"
KEY, SECRET = "BCDSGA_key", "BCDSGS_secret"


class Gateway:
    """The province's gateway and the sign-in component behind it."""

    def __init__(self, serve) -> None:
        self.tickets: dict[str, datetime] = {}
        self.tokens: set[str] = set()
        self.clock = AT
        self.slow = 0.0
        self.user: object = {"personInfo": {"userName": "张三", "idNo": NUMBER.lower()}}
        self.service = serve(self.answer)

    def give(self, ticket: str, life: timedelta = timedelta(minutes=5)) -> str:
        self.tickets[ticket] = self.clock + life
        return ticket

    def answer(self, path, headers, body):
        time.sleep(self.slow)
        date = headers["x-bg-date-time"]
        if headers["x-bg-hmac-access-key"] != KEY:
            return 401, {"message": "Invalid access key"}
        if abs(parsedate_to_datetime(date) - self.clock) > timedelta(seconds=90):
            return 401, {"message": "Clock skew exceeded"}
        expected = sign(SECRET, "POST", self.service.url + path, KEY, date)
        if headers["x-bg-hmac-algorithm"] != "hmac-sha256" or headers["x-bg-hmac-signature"] != expected:
            return 401, {"message": "Invalid signature"}
        said = json.loads(body)
        if path == "/uc/sso/access_token":
            until = self.tickets.pop(said["ticketId"], None)
            if said["appId"] != "2001" or until is None or self.clock > until:
                return 200, {
                    "success": False,
                    "errorCode": "1001",
                    "errorMsg": "ticket is invalid",
                    "data": None,
                }
            self.tokens.add(f"at_{said['ticketId']}")
            return 200, {
                "success": True,
                "data": {"accessToken": f"at_{said['ticketId']}", "expiresIn": 7200},
            }
        if said["token"] not in self.tokens:
            return 200, {"success": False, "errorMsg": "token is invalid"}
        return 200, {"success": True, "data": self.user}


@pytest.fixture
def gateway(serve):
    return Gateway(serve)


@pytest.fixture
def zlb(gateway):
    url = gateway.service.url
    return Zheliban("2001", KEY, SECRET, f"{url}/uc/sso/access_token", f"{url}/uc/sso/getUserInfo", "https://sso.example/login", "personInfo.idNo")  # fmt: skip


def test_a_ticket_becomes_a_citizen(gateway, zlb):
    assert citizen_of_ticket(zlb, gateway.give("tk_1"), at=AT).number == NUMBER


def test_the_signature_is_the_published_one():
    # Worked out by hand from the published recipe with openssl dgst -sha256 -hmac.
    url = "https://bcdsg.example:8443/restapi/prod/IC33/uc/sso/access_token?b=2&a=1"
    found = sign("secret", "post", url, "key", "Tue, 09 Nov 2021 08:49:20 GMT")
    assert found == "fLj+AFl5cvj/17lykOWEongBuLxECM4YK7gnIts/Zc8="


def test_a_ticket_works_once(gateway, zlb):
    citizen_of_ticket(zlb, gateway.give("tk_1"), at=AT)
    with pytest.raises(OutsideError) as refused:
        citizen_of_ticket(zlb, "tk_1", at=AT)
    assert refused.value.kind == "refused"


def test_an_expired_ticket_is_refused(gateway, zlb):
    gateway.give("tk_1", timedelta(minutes=-1))
    with pytest.raises(OutsideError) as refused:
        citizen_of_ticket(zlb, "tk_1", at=AT)
    assert refused.value.kind == "refused"


@pytest.mark.parametrize(
    ("change", "said"), [("secret_key", "Invalid signature"), ("access_key", "Invalid access key")]
)
def test_with_a_wrong_key_the_gateway_refuses(gateway, zlb, change, said):
    with pytest.raises(OutsideError) as refused:
        citizen_of_ticket(replace(zlb, **{change: "other"}), gateway.give("tk_1"), at=AT)
    assert (refused.value.kind, refused.value.status) == ("refused", 401)
    assert said in refused.value.answer


def test_with_a_clock_two_minutes_off_the_gateway_refuses(gateway, zlb):
    with pytest.raises(OutsideError) as refused:
        citizen_of_ticket(zlb, gateway.give("tk_1"), at=AT + timedelta(minutes=2))
    assert "Clock skew" in refused.value.answer


def test_a_slow_service_is_left(gateway, zlb):
    gateway.slow = 1.0
    with pytest.raises(OutsideError) as left:
        citizen_of_ticket(zlb, gateway.give("tk_1"), at=AT, timeout=0.1)
    assert left.value.kind == "unreachable"


def test_nobody_there(gateway, zlb):
    gateway.service.stop()
    with pytest.raises(OutsideError) as left:
        citizen_of_ticket(zlb, "tk_1", at=AT)
    assert left.value.kind == "unreachable"


@pytest.mark.parametrize(
    "user", [{}, {"personInfo": None}, {"personInfo": {"idNo": 5}}, {"personInfo": {"idNo": ""}}, []]
)
def test_an_answer_without_a_number_is_no_citizen(gateway, zlb, user):
    gateway.user = user
    with pytest.raises(OutsideError):
        citizen_of_ticket(zlb, gateway.give("tk_1"), at=AT)


@pytest.mark.parametrize("said", [b"<html>", b"[1]", b"x" * 300_000, b""])
def test_nonsense_is_noticed(serve, zlb, said):
    service = serve(lambda path, headers, body: (200, said))
    with pytest.raises(OutsideError) as left:
        citizen_of_ticket(replace(zlb, token_url=service.url), "tk_1", at=AT)
    assert left.value.kind == "unreadable"


def test_a_redirect_is_not_followed(serve, zlb):
    service = serve(lambda path, headers, body: (302, b""))
    with pytest.raises(OutsideError) as left:
        citizen_of_ticket(replace(zlb, token_url=service.url), "tk_1", at=AT)
    assert left.value.kind == "refused"
    assert len(service.asked) == 1


def test_secrets_go_over_https_only(zlb):
    with pytest.raises(ValueError, match="HTTPS"):
        citizen_of_ticket(replace(zlb, token_url="http://ibcdsg.example/x"), "tk_1", at=AT)


def test_the_way_there_carries_application_and_way_back(zlb):
    address = sign_in_address(zlb, "https://site.example/sign-in/zlb/back?state=a&b")
    assert (
        address
        == "https://sso.example/login?appId=2001&sp=https%3A%2F%2Fsite.example%2Fsign-in%2Fzlb%2Fback%3Fstate%3Da%26b"
    )


def test_the_secret_key_is_not_shown(zlb):
    assert SECRET not in repr(zlb)
