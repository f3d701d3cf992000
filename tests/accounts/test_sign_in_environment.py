"""The ways in, from the environment: whole, absent, or refused with what to set."""

import pytest

from jigong.config.sign_in import openid_connect, read_sign_in
from jigong.kernel.problems import JigongError

SMS = {
    "JIGONG_SMS_URL": "https://sms.example/send",
    "JIGONG_SMS_BODY": '{"to": "{mobile}", "text": "{code}"}',
}
ZLB = {"JIGONG_ZLB_APP_ID": "1", "JIGONG_ZLB_ACCESS_KEY": "k", "JIGONG_ZLB_SECRET_KEY": "s"}
ZZD = {"JIGONG_ZZD_APP_KEY": "k", "JIGONG_ZZD_APP_SECRET": "s", "JIGONG_ZZD_GATEWAY": "https://zzd.example"}
OIDC = {
    "JIGONG_OIDC_SERVER_URL": "https://id.example",
    "JIGONG_OIDC_CLIENT_ID": "c",
    "JIGONG_OIDC_CLIENT_SECRET": "s",
}


def test_nothing_is_set_nothing_is_offered():
    found = read_sign_in({})
    assert (found.sms, found.zlb, found.zzd, found.oidc, found.proxies) == (None, None, None, None, 0)
    assert openid_connect(found)["APPS"] == []


def test_everything_is_read():
    found = read_sign_in({**SMS, **ZLB, **ZZD, **OIDC, "JIGONG_PROXIES": "2"})
    assert dict(found.sms.body) == {"to": "{mobile}", "text": "{code}"}
    assert found.zlb.token_url.endswith("/uc/sso/access_token")
    assert found.zzd.gateway == "https://zzd.example"
    assert found.proxies == 2
    (app,) = openid_connect(found)["APPS"]
    assert (app["provider_id"], app["client_id"]) == ("oidc", "c")


@pytest.mark.parametrize("group", [SMS, ZLB, ZZD, OIDC])
def test_what_is_half_set_is_refused_by_name(group):
    for name in group:
        with pytest.raises(JigongError) as refused:
            read_sign_in({key: value for key, value in group.items() if key != name})
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIGONG_SMS_BODY", "not json"),
        ("JIGONG_SMS_BODY", '{"to": "{mobile}"}'),
        ("JIGONG_SMS_BODY", '["{mobile}{code}"]'),
        ("JIGONG_SMS_URL", "http://sms.example/send"),
        ("JIGONG_ZZD_GATEWAY", "ftp://zzd.example"),
        ("JIGONG_OIDC_SERVER_URL", "http://id.example"),
        ("JIGONG_PROXIES", "many"),
        ("JIGONG_PROXIES", "-1"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_set(name, value):
    with pytest.raises(JigongError) as refused:
        read_sign_in({**SMS, **ZZD, **OIDC, name: value})
    assert name in str(refused.value)
    assert all(problem.remedy for problem in refused.value.problems)


def test_no_secret_is_shown():
    found = read_sign_in({**SMS, **ZLB, **ZZD, **OIDC, "JIGONG_SMS_AUTHORIZATION": "Bearer hidden"})
    assert "hidden" not in repr(found)
    assert "'s'" not in repr(found)
