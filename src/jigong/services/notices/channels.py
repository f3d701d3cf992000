"""Ways to a phone: an SMS gateway and 浙里办, each through one function; in a demonstration a stand-in.

What is sent is one sentence for everything: it names nobody, no policy and no sum, for a phone lies on a table.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.conf import settings

from jigong.accounts.codes import filled
from jigong.accounts.external.http import post_json
from jigong.accounts.external.settings import SmsGateway, Zheliban
from jigong.accounts.external.zlb import signed_headers
from jigong.accounts.models import Person
from jigong.kernel.text import Text
from jigong.services.notices.enums import Channel

SENTENCE = Text(
    "您在“技工”有一条新消息，请登录“技工”查看。",
    "There is a new message for you on Jigong. Sign in to read it.",
)
_log = logging.getLogger(__name__)


class Pusher(Protocol):
    """Brings the sentence to a phone."""

    def reaches(self, person: Person) -> bool:
        """Whether the person has what it takes, such as a mobile number."""

    def send(self, person: Person, text: str, key: str, *, at: datetime) -> None:
        """Send it. With the same ``key`` again it is the same message.

        Raises:
            OutsideError: it did not arrive, or nobody can tell whether it did.
        """


class Sms:
    """Posts to the gateway that also sends one-time codes, with a body of its own."""

    def __init__(self, gateway: SmsGateway) -> None:
        self._gateway = gateway

    def reaches(self, person: Person) -> bool:
        """Whether a mobile number is known."""
        return bool(person.mobile)

    def send(self, person: Person, text: str, key: str, *, at: datetime) -> None:
        """Post it."""
        gateway = self._gateway
        headers = {"Authorization": gateway.authorization} if gateway.authorization else {}
        body = filled(gateway.notice_body, mobile=person.open_mobile(), text=text, key=key)
        post_json(gateway.url, body, headers=headers)


class ZheliBan:
    """A message in 浙里办, to the citizen of a number; the province's gateway wants it signed."""

    def __init__(self, zlb: Zheliban) -> None:
        self._zlb = zlb

    def reaches(self, person: Person) -> bool:
        """Everybody: it knows citizens by number."""
        return True

    def send(self, person: Person, text: str, key: str, *, at: datetime) -> None:
        """Post it."""
        zlb = self._zlb
        body = filled(zlb.notice_body, number=person.open_number(), text=text, key=key)
        post_json(zlb.notice_url, body, headers=signed_headers(zlb, "POST", zlb.notice_url, at))


class StandIn:
    """Of a demonstration: nobody's phone rings."""

    def reaches(self, person: Person) -> bool:
        """As an SMS gateway."""
        return bool(person.mobile)

    def send(self, person: Person, text: str, key: str, *, at: datetime) -> None:
        """Note that it would have been sent."""
        _log.debug("push %s", key)


def channels() -> Mapping[Channel, Pusher]:
    """The ways the site is configured for; none where nothing is."""
    if settings.JIGONG.demo:
        return {Channel.SMS: StandIn()}
    found: dict[Channel, Pusher] = {}
    sms: SmsGateway | None = settings.SIGN_IN.sms
    zlb: Zheliban | None = settings.SIGN_IN.zlb
    if sms is not None and sms.notice_body:
        found[Channel.SMS] = Sms(sms)
    if zlb is not None and zlb.notice_url:
        found[Channel.ZLB] = ZheliBan(zlb)
    return found
