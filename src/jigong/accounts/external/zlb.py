"""浙里办: a ticket becomes a token, the token the citizen's particulars (ticketId → accessToken → user).

Every request is signed for the province's gateway: HMAC-SHA256 of method, path, sorted query, access key
and date, each ended by a line feed; the gateway takes a date up to 90 seconds off.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from jigong.accounts.external.http import REST, TIMEOUT, OutsideError, post_json
from jigong.accounts.external.settings import Zheliban

ALGORITHM = "hmac-sha256"


@dataclass(frozen=True, slots=True)
class Citizen:
    """Who 浙里办 says it is: a citizen number verified by real name."""

    number: str


def sign_in_address(zlb: Zheliban, back: str) -> str:
    """Where a browser goes to sign in; it comes back with ``ticketId`` and ``sp``, which is ``back``."""
    return f"{zlb.sign_in_url}?{urlencode({'appId': zlb.app_id, 'sp': back})}"


def citizen_of_ticket(zlb: Zheliban, ticket: str, *, at: datetime, timeout: float = TIMEOUT) -> Citizen:
    """Redeem a ticket, which works once.

    Raises:
        OutsideError: the ticket is spent or expired, the signature is wrong, or nobody answers.
    """
    body = {"ticketId": ticket, "appId": zlb.app_id}
    token = _data(_call(zlb, zlb.token_url, body, at, timeout)).get("accessToken")
    if not isinstance(token, str) or not token:
        raise OutsideError("unreadable")
    number: Any = _data(_call(zlb, zlb.user_url, {"token": token}, at, timeout))
    for part in zlb.number_field.split("."):
        number = number.get(part) if isinstance(number, Mapping) else None
    if not isinstance(number, str) or not number:
        raise OutsideError("unreadable")
    return Citizen(number.strip().upper())


def signed_headers(zlb: Zheliban, method: str, url: str, at: datetime) -> dict[str, str]:
    """The four headers the gateway asks for."""
    date = format_datetime(at.astimezone(UTC), usegmt=True)
    signature = sign(zlb.secret_key, method, url, zlb.access_key, date)
    return {
        "X-BG-HMAC-SIGNATURE": signature,
        "X-BG-HMAC-ALGORITHM": ALGORITHM,
        "X-BG-HMAC-ACCESS-KEY": zlb.access_key,
        "X-BG-DATE-TIME": date,
    }


def sign(secret_key: str, method: str, url: str, access_key: str, date: str) -> str:
    """The signature of one request, in Base64."""
    place = urlsplit(url)
    pairs = sorted(
        (quote(key), quote(value)) for key, value in parse_qsl(place.query, keep_blank_values=True)
    )
    query = "&".join(f"{key}={value}" for key, value in pairs)
    message = "".join(f"{part}\n" for part in (method.upper(), place.path or "/", query, access_key, date))
    return base64.b64encode(hmac.digest(secret_key.encode(), message.encode(), "sha256")).decode()


def _call(
    zlb: Zheliban, url: str, body: Mapping[str, str], at: datetime, timeout: float
) -> Mapping[str, Any]:
    return post_json(url, body, headers=signed_headers(zlb, "POST", url, at), timeout=timeout, rest=REST)


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    data = answer.get("data")
    if answer.get("success") is False or not isinstance(data, Mapping):
        raise OutsideError("refused", answer=str(answer.get("errorMsg", ""))[:200])
    return data
