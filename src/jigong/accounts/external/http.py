"""Posting to somebody else's service: short, bounded, never following a redirect."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from time import monotonic
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT = 5.0
"""Seconds for connecting, for each wait, and for the whole answer."""
REST = 10.0
"""Seconds for which whoever could not be reached is not asked again by those who wait."""
_resting: dict[str, float] = {}
"""Until when, by host."""
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


def is_safe(url: str) -> bool:
    """Whether secrets may be sent there: over HTTPS, or to this very machine."""
    try:
        place = urlsplit(url)
        return bool(place.hostname) and (place.scheme == "https" or place.hostname in _LOCAL)
    except ValueError:
        return False


def post_json(
    url: str, body: Any, *, headers: Mapping[str, str], timeout: float = TIMEOUT, rest: float = 0
) -> Mapping[str, Any]:
    """Post JSON; the answer, which has to be a JSON object.

    Who could not be reached is left alone for ``rest`` seconds: asked within them, they count as not reached
    at once, so that those who wait do not take up every thread of the site.

    Raises:
        OutsideError: see there.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return _post(url, data, {**kind, **headers}, timeout, rest)


def post_form(
    url: str,
    fields: Mapping[str, str],
    *,
    headers: Mapping[str, str],
    timeout: float = TIMEOUT,
    rest: float = 0,
) -> Mapping[str, Any]:
    """Post a form; otherwise as :func:`post_json`.

    Raises:
        OutsideError: see there.
    """
    data = urlencode(fields).encode()
    return _post(url, data, {"Content-Type": "application/x-www-form-urlencoded", **headers}, timeout, rest)


def _post(
    url: str, data: bytes, headers: Mapping[str, str], timeout: float, rest: float
) -> Mapping[str, Any]:
    if not is_safe(url):
        raise ValueError("only HTTPS may carry secrets")
    host, began = urlsplit(url).netloc, monotonic()
    if began < _resting.get(host, 0):
        raise OutsideError("unreachable")
    request = Request(url, data=data, headers=dict(headers), method="POST")
    try:
        status, text = _answer(request, timeout, began + timeout)
    except (HTTPException, OSError):
        _resting[host] = monotonic() + rest
        raise OutsideError("unreachable") from None
    if status is not None:
        raise OutsideError("refused", status, text[:2000].decode(errors="replace"))
    try:
        found = json.loads(text) if len(text) <= _MOST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OutsideError("unreadable")
    return found


def _answer(request: Request, timeout: float, deadline: float) -> tuple[int | None, bytes]:
    """The status where they refuse (None where not), and what they say."""
    try:
        with _opener.open(request, timeout=timeout) as response:
            return None, _read(response, deadline)
    except HTTPError as refused:
        with refused:
            return refused.code, _read(refused, deadline)


def _read(response: Any, deadline: float) -> bytes:
    """The answer, or as much as shows that it is too long. Who dribbles it is left at the deadline."""
    text = b""
    while len(text) <= _MOST and (part := response.read1(_MOST)):
        text += part
        if monotonic() > deadline:
            raise TimeoutError
    return text
