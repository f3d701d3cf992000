"""The ways in, from the environment: an SMS gateway, OpenID Connect, 浙里办, 浙政钉. Each is whole or absent."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jigong.accounts.external.http import is_safe
from jigong.accounts.external.settings import OpenIdConnect, SignIn, SmsGateway, Zheliban, Zhezhengding
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text

CODE_BODY = {"phone": "{mobile}", "text": "验证码 {code}"}
SMS_NOTICE = {"phone": "{mobile}", "text": "{text}"}
ZLB_NOTICE = {"idNo": "{number}", "content": "{text}"}
"""Bodies as examples; ``{key}`` is filled in too, by which a message that comes twice is known."""
_ZLB = "https://ibcdsg.zj.gov.cn:8443/restapi/prod"


def read_sign_in(given: Mapping[str, str]) -> SignIn:
    """Check the environment's ``JIGONG_SMS_*``, ``_OIDC_*``, ``_ZLB_*``, ``_ZZD_*`` and ``JIGONG_PROXIES``.

    Raises:
        JigongError: everything that is missing or wrong, each with what to set.
    """
    reader = _Reader(given)
    sms = reader.group("JIGONG_SMS_", ("URL", "BODY"), ("AUTHORIZATION", "NOTICE_BODY"))
    zlb = reader.group(
        "JIGONG_ZLB_", ("APP_ID", "ACCESS_KEY", "SECRET_KEY"), ("TOKEN_URL", "USER_URL", "SIGN_IN_URL", "NUMBER_FIELD", "NOTICE_URL", "NOTICE_BODY"),
   
    )  # fmt: skip
    zzd = reader.group("JIGONG_ZZD_", ("APP_KEY", "APP_SECRET", "GATEWAY"), ())
    oidc = reader.group("JIGONG_OIDC_", ("SERVER_URL", "CLIENT_ID", "CLIENT_SECRET"), ("NAME",))
    found = SignIn(
        sms=SmsGateway(
            sms["URL"], reader.body("JIGONG_SMS_BODY", sms["BODY"], CODE_BODY), sms["AUTHORIZATION"],
            reader.body("JIGONG_SMS_NOTICE_BODY", sms["NOTICE_BODY"], SMS_NOTICE) if sms["NOTICE_BODY"] else None,
        ) if sms else None,
        zlb=_zlb(zlb, reader) if zlb else None,
        zzd=Zhezhengding(zzd["APP_KEY"], zzd["APP_SECRET"], zzd["GATEWAY"]) if zzd else None,
        oidc=OpenIdConnect(oidc["SERVER_URL"], oidc["CLIENT_ID"], oidc["CLIENT_SECRET"], oidc["NAME"] or "OpenID Connect")
        if oidc
        else None,
        proxies=reader.count("JIGONG_PROXIES"),
    )  # fmt: skip
    for name, address in (
        ("JIGONG_SMS_URL", found.sms and found.sms.url),
        ("JIGONG_ZLB_TOKEN_URL", found.zlb and found.zlb.token_url),
        ("JIGONG_ZLB_USER_URL", found.zlb and found.zlb.user_url),
        ("JIGONG_ZLB_SIGN_IN_URL", found.zlb and found.zlb.sign_in_url),
        ("JIGONG_ZLB_NOTICE_URL", found.zlb and found.zlb.notice_url),
        ("JIGONG_ZZD_GATEWAY", found.zzd and found.zzd.gateway),
        ("JIGONG_OIDC_SERVER_URL", found.oidc and found.oidc.server_url),
    ):
        if address and not is_safe(address):
            reader.problem(
                name,
                "须以 https:// 开头",
                "must begin with https://",
                "改用 HTTPS 地址",
                "give its HTTPS address",
            )
    if reader.problems:
        raise JigongError(*reader.problems)
    return found


def openid_connect(sign_in: SignIn) -> dict[str, Any]:
    """What allauth is told about the provider."""
    apps = []
    if sign_in.oidc is not None:
        oidc = sign_in.oidc
        apps.append(
            {
                "provider_id": "oidc",
                "name": oidc.name,
                "client_id": oidc.client_id,
                "secret": oidc.client_secret,
                "settings": {"server_url": oidc.server_url},
            }
        )
    return {"OAUTH_PKCE_ENABLED": True, "APPS": apps}


def _zlb(given: Mapping[str, str], reader: "_Reader") -> Zheliban:
    return Zheliban(
        app_id=given["APP_ID"],
        access_key=given["ACCESS_KEY"],
        secret_key=given["SECRET_KEY"],
        token_url=given["TOKEN_URL"] or f"{_ZLB}/IC33000020220329000007/uc/sso/access_token",
        user_url=given["USER_URL"] or f"{_ZLB}/IC33000020220329000008/uc/sso/getUserInfo",
        sign_in_url=given["SIGN_IN_URL"] or "https://portal.zjzwfw.gov.cn/uc/sso/login",
        number_field=given["NUMBER_FIELD"] or "personInfo.idNo",
        notice_url=given["NOTICE_URL"],
        notice_body=reader.body("JIGONG_ZLB_NOTICE_BODY", given["NOTICE_BODY"], ZLB_NOTICE)
        if given["NOTICE_URL"]
        else None,
    )


class _Reader:
    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.problems: list[Problem] = []

    def problem(self, name: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        self.problems.append(Problem(Text(f"{name} {zh}", f"{name} {en}"), None, Text(remedy_zh, remedy_en)))

    def group(self, prefix: str, needed: tuple[str, ...], more: tuple[str, ...]) -> dict[str, str] | None:
        """The variables of one way in: None where none is set, a problem for each that is missing where one is."""
        values = {name: self._given.get(prefix + name, "") for name in (*needed, *more)}
        if not any(values.values()):
            return None
        for name in needed:
            if not values[name]:
                self.problem(
                    prefix + name,
                    "没有设置",
                    "is not set",
                    f"{prefix}* 须成套设置，或全部去掉",
                    f"set every {prefix}* that is needed, or none",
                )
        return values

    def body(self, name: str, text: str, example: Mapping[str, str]) -> dict[str, Any]:
        """A JSON object with the same ``{parts}`` as the example."""
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        shown = json.dumps(example, ensure_ascii=False)
        parts = re.findall(r"\{\w+\}", shown)
        if not isinstance(body, dict) or any(part not in text for part in parts):
            self.problem(
                name,
                f"须为 JSON，并含 {' 和 '.join(parts)}",
                f"must be JSON with {' and '.join(parts)} in it",
                f"例如 {shown}",
                f"such as {shown}",
            )
            return {}
        return body

    def count(self, name: str) -> int:
        value = self._given.get(name, "0")
        if not (value.isascii() and value.isdigit() and int(value) <= 9):
            self.problem(name, "须为 0 至 9", "must be 0 to 9", "写代理的层数", "give the number of proxies")
            return 0
        return int(value)
