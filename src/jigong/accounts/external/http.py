"""Posting to somebody else's service: short, bounded, never following a redirect."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT = 5.0
"""Seconds for connecting, and for each wait for an answer."""
_MOST = 256 * 1024
_LOCAL = ("localhost", "127.0.0.1", "::1")

Kind = Literal["refused", "unreachable", "unreadable"]


class OutsideError(Exception):
    """They refused (``status``, ``answer``), could not be reached in time, or answered nonsense."""

    def __init__(self, kind: Kind, status: int | None = None, answer: str = "") -> None:
        super().__init__(f"{kind} {status or ''}".strip())
        self.kind: Kind = kind
        self.status = status
        self.answer = answer


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_opener = build_opener(_NoRedirect)


def post_json(
    url: str, body: Any, *, headers: Mapping[str, str], timeout: float = TIMEOUT
) -> Mapping[str, Any]:
    """Post JSON; the answer, which has to be a JSON object.

    Raises:
        OutsideError: see there.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    return _post(url, data, {"Content-Type": "application/json; charset=utf-8", **headers}, timeout)


def post_form(
    url: str, fields: Mapping[str, str], *, headers: Mapping[str, str], timeout: float = TIMEOUT
) -> Mapping[str, Any]:
    """Post a form; the answer, which has to be a JSON object.

    Raises:
        OutsideError: see there.
    """
    data = urlencode(fields).encode()
    return _post(url, data, {"Content-Type": "application/x-www-form-urlencoded", **headers}, timeout)


def _post(url: str, data: bytes, headers: Mapping[str, str], timeout: float) -> Mapping[str, Any]:
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in _LOCAL:
        raise ValueError(f"only HTTPS may carry secrets, not {place.scheme}://{place.hostname}")
    request = Request(url, data=data, headers=dict(headers), method="POST")
    try:
        with _opener.open(request, timeout=timeout) as response:
            text = response.read(_MOST + 1)
    except HTTPError as refused:
        with refused:
            answer = refused.read(2000).decode(errors="replace")
        raise OutsideError("refused", refused.code, answer) from None
    except (URLError, HTTPException, OSError):
        raise OutsideError("unreachable") from None
    try:
        found = json.loads(text) if len(text) <= _MOST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OutsideError("unreadable")
    return found
