"""How a one-time code reaches its phone: on screen in a demonstration, else through an SMS gateway."""

import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache

from jigong.accounts.cipher import lookup, seal_text, unseal_text
from jigong.accounts.external.http import OutsideError, post_json
from jigong.accounts.external.settings import SmsGateway

_SHOWN_SECONDS = 300
_log = logging.getLogger(__name__)


class CodeSender(Protocol):
    """Sends a code, or a sentence, to a phone."""

    @property
    def tells(self) -> bool:
        """Whether it can send a sentence."""

    def tell(self, mobile: str, text: str) -> None:
        """Give a sentence on. Returns at once; a failure is logged without the number."""

    def send(self, mobile: str, code: str) -> None:
        """Give the code on. Returns at once; a failure is logged without the number or the code."""


class DemoSender:
    """Keeps the code, sealed and for five minutes, so that the page can show it. It sends nothing to any phone."""

    tells = False

    def tell(self, mobile: str, text: str) -> None:
        """Nothing: there is no phone."""

    def send(self, mobile: str, code: str) -> None:
        """Keep the code."""
        cache.set(self._key(mobile), seal_text(code, "demo.code"), _SHOWN_SECONDS)

    def shown(self, mobile: str) -> str | None:
        """The code last kept for this phone."""
        sealed = cache.get(self._key(mobile))
        return None if sealed is None else unseal_text(sealed, "demo.code")

    def _key(self, mobile: str) -> str:
        return f"demo-code-{lookup(mobile, 'demo.code')}"


class GatewaySender:
    """Posts JSON to an SMS gateway; the body is the configured one with ``{mobile}`` and ``{code}`` filled in.

    It happens on a thread of its own: how long a gateway takes must not tell whether a number is known,
    and the code in clear must not wait in a queue on disk.
    """

    def __init__(self, gateway: SmsGateway) -> None:
        self._gateway = gateway
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sms")

    @property
    def tells(self) -> bool:
        """Whether the body of a message is configured."""
        return self._gateway.notice_body is not None

    def send(self, mobile: str, code: str) -> None:
        """Start sending."""
        self._threads.submit(self._post, "a code", filled(self._gateway.body, mobile=mobile, code=code))

    def tell(self, mobile: str, text: str) -> None:
        """Start sending."""
        self._threads.submit(
            self._post,
            "a message",
            filled(self._gateway.notice_body, mobile=mobile, text=text, key=uuid4().hex),
        )

    def _post(self, what: str, body: Any) -> None:
        gateway = self._gateway
        headers = {"Authorization": gateway.authorization} if gateway.authorization else {}
        try:
            post_json(gateway.url, body, headers=headers)
        except OutsideError as failed:
            _log.error("the SMS gateway did not take %s: %s", what, failed.kind)

    def wait(self) -> None:
        """Until everything given so far was sent."""
        self._threads.shutdown(wait=True)


def filled(body: Any, **values: str) -> Any:
    """``body`` with ``{mobile}`` and ``{code}`` in its texts replaced."""
    match body:
        case str():
            return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), body)
        case Mapping():
            return {key: filled(value, **values) for key, value in body.items()}
        case list():
            return [filled(value, **values) for value in body]
        case _:
            return body


_gateways: dict[SmsGateway, GatewaySender] = {}


def sender() -> CodeSender | None:
    """The site's sender; None where no gateway is configured, and workers come by another way."""
    if settings.JIGONG.demo:
        return DemoSender()
    gateway: SmsGateway | None = settings.SIGN_IN.sms
    return None if gateway is None else _gateways.setdefault(gateway, GatewaySender(gateway))
