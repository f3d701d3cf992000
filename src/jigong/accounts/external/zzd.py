"""浙政钉: an authCode (one use, five minutes) becomes the account's id in the tenant.

Every request is signed: HMAC-SHA256, by the application's secret, of method, time, nonce, path and sorted
parameters, joined by line feeds. What binds is ``accountId``; a name never does.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from jigong.accounts.external.http import REST, TIMEOUT, OutsideError, post_form
from jigong.accounts.external.settings import Zhezhengding

TOKEN = "/gettoken.json"
USER = "/rpc/oauth2/dingtalk_app_user.json"


def account_id_of_code(zzd: Zhezhengding, code: str, *, at: datetime, timeout: float = TIMEOUT) -> str:
    """Redeem an authCode: ``<tenant>$<account>``, by which the account here is bound.

    Raises:
        OutsideError: the code is spent or expired, the signature is wrong, or nobody answers.
    """
    keys = {"appkey": zzd.app_key, "appsecret": zzd.app_secret}
    token = _data(_call(zzd, TOKEN, keys, at, timeout)).get("accessToken")
    if not isinstance(token, str) or not token:
        raise OutsideError("unreadable")
    user = _data(_call(zzd, USER, {"access_token": token, "auth_code": code}, at, timeout))
    tenant, account = user.get("realmId"), user.get("accountId")
    if not (_is_id(tenant) and _is_id(account)):
        raise OutsideError("unreadable")
    return f"{tenant}${account}"


def _is_id(given: object) -> bool:
    return isinstance(given, int | str) and not isinstance(given, bool) and bool(str(given).strip())


def signed_headers(zzd: Zhezhengding, path: str, parameters: str, at: datetime) -> dict[str, str]:
    """The headers a request with these (sorted, encoded) parameters carries."""
    time = at.astimezone().isoformat(timespec="milliseconds")
    nonce = f"{int(at.timestamp() * 1000)}{secrets.randbelow(10_000):04}"
    return {
        "apiKey": zzd.app_key,
        "X-Hmac-Auth-Timestamp": time,
        "X-Hmac-Auth-Nonce": nonce,
        "X-Hmac-Auth-Version": "1.0",
        "X-Hmac-Auth-Signature": sign(zzd.app_secret, "POST", time, nonce, path, parameters),
    }


def sign(secret: str, method: str, time: str, nonce: str, path: str, parameters: str) -> str:
    """The signature of one request, in Base64."""
    message = "\n".join((method, time, nonce, path, parameters))
    return base64.b64encode(hmac.digest(secret.encode(), message.encode(), "sha256")).decode()


def _call(
    zzd: Zhezhengding, path: str, fields: Mapping[str, str], at: datetime, timeout: float
) -> Mapping[str, Any]:
    ordered = dict(sorted(fields.items()))
    headers = signed_headers(zzd, path, urlencode(ordered), at)
    return post_form(zzd.gateway.rstrip("/") + path, ordered, headers=headers, timeout=timeout, rest=REST)


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    content = answer.get("content")
    if not answer.get("success") or not isinstance(content, Mapping) or not content.get("success"):
        said = content.get("responseMessage", "") if isinstance(content, Mapping) else ""
        raise OutsideError("refused", answer=str(said)[:200])
    data = content.get("data")
    if not isinstance(data, Mapping):
        raise OutsideError("unreadable")
    return data
