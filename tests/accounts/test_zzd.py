"""浙政钉: against a stand-in that follows the exchange: signed requests, an authCode for one use, an account id."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from access_made import AT
from jigong.accounts.external.http import OutsideError
from jigong.accounts.external.settings import Zhezhengding
from jigong.accounts.external.zzd import account_id_of_code, sign

KEY, SECRET = "jigong-app", "its secret"


class Gateway:
    """A tenant of the private DingTalk."""

    def __init__(self, serve) -> None:
        self.codes: dict[str, datetime] = {}
        self.nonces: set[str] = set()
        self.clock = AT
        self.slow = 0.0
        self.user: dict[str, object] = {"accountId": 93, "realmId": 57, "lastName": "洪", "account": "hong"}
        self.service = serve(self.answer)

    def give(self, code: str, life: timedelta = timedelta(minutes=5)) -> str:
        self.codes[code] = self.clock + life
        return code

    def answer(self, path, headers, body):
        time.sleep(self.slow)
        moment, nonce = headers["x-hmac-auth-timestamp"], headers["x-hmac-auth-nonce"]
        expected = sign(SECRET, "POST", moment, nonce, path, body.decode())
        stale = abs(datetime.fromisoformat(moment) - self.clock) > timedelta(minutes=5)
        if (
            headers["apikey"] != KEY
            or headers["x-hmac-auth-signature"] != expected
            or stale
            or nonce in self.nonces
        ):
            return 401, {"success": False, "errorMsg": "signature"}
        self.nonces.add(nonce)
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if path == "/gettoken.json":
            if (fields["appkey"], fields["appsecret"]) != (KEY, SECRET):
                return 200, {"success": True, "content": {"success": False, "responseMessage": "app"}}
            return 200, self.said({"accessToken": "app_token", "expiresIn": 7200})
        until = self.codes.pop(fields["auth_code"], None)
        if fields["access_token"] != "app_token" or until is None or self.clock > until:
            return 200, {"success": True, "content": {"success": False, "responseCode": "240132", "responseMessage": "code"}}  # fmt: skip
        return 200, self.said(self.user)

    def said(self, data):
        return {"success": True, "content": {"success": True, "responseCode": "0", "data": data}}


@pytest.fixture
def gateway(serve):
    return Gateway(serve)


@pytest.fixture
def zzd(gateway):
    return Zhezhengding(KEY, SECRET, gateway.service.url + "/")


def test_a_code_becomes_the_accounts_id_in_its_tenant(gateway, zzd):
    assert account_id_of_code(zzd, gateway.give("code1"), at=AT) == "57$93"


def test_a_code_works_once(gateway, zzd):
    account_id_of_code(zzd, gateway.give("code1"), at=AT)
    with pytest.raises(OutsideError) as refused:
        account_id_of_code(zzd, "code1", at=AT)
    assert refused.value.kind == "refused"


def test_a_code_of_five_minutes_ago_is_refused(gateway, zzd):
    gateway.give("code1", timedelta(seconds=-1))
    with pytest.raises(OutsideError):
        account_id_of_code(zzd, "code1", at=AT)


def test_with_a_wrong_secret_the_gateway_refuses(gateway, zzd):
    with pytest.raises(OutsideError) as refused:
        account_id_of_code(replace(zzd, app_secret="other"), gateway.give("code1"), at=AT)
    assert refused.value.status == 401


def test_a_slow_gateway_is_left(gateway, zzd):
    gateway.slow = 1.0
    with pytest.raises(OutsideError) as left:
        account_id_of_code(zzd, gateway.give("code1"), at=AT, timeout=0.1)
    assert left.value.kind == "unreachable"


@pytest.mark.parametrize("account", [None, True, "", {}])
def test_without_an_account_id_it_is_nobody_whatever_the_name(gateway, zzd, account):
    gateway.user = {"accountId": account, "lastName": "洪", "account": "hong", "realmId": 57}
    with pytest.raises(OutsideError):
        account_id_of_code(zzd, gateway.give("code1"), at=AT)


def test_the_name_is_not_part_of_what_binds(gateway, zzd):
    gateway.user["lastName"] = "王"
    gateway.user["account"] = "operator"
    assert account_id_of_code(zzd, gateway.give("code1"), at=AT) == "57$93"


def test_no_two_requests_are_signed_alike(gateway, zzd):
    account_id_of_code(zzd, gateway.give("code1"), at=AT)
    account_id_of_code(zzd, gateway.give("code2"), at=AT)
    assert len(gateway.nonces) == 4


@pytest.mark.parametrize("tenant", [None, "", True])
def test_without_a_tenant_it_is_nobody(gateway, zzd, tenant):
    gateway.user["realmId"] = tenant
    with pytest.raises(OutsideError) as refused:
        account_id_of_code(zzd, gateway.give("code1"), at=AT)
    assert refused.value.kind == "unreadable"
