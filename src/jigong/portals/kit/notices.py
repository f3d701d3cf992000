"""The page of messages, as every portal shows it: what there is, where each leads, and that it was read."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jigong.accounts.models import Organisation, Person
from jigong.portals.kit import clock
from jigong.services.notices.actions import mark_read
from jigong.services.notices.enums import Kind, Place
from jigong.services.notices.models import Notice
from jigong.services.notices.queries import inbox_of

_SIGNS = {
    Kind.ASK: "gift",
    Kind.STEP: "progress",
    Kind.APPROVED: "circle-check",
    Kind.DECLINED: "circle-x",
    Kind.PAID: "cash",
    Kind.UNPAID: "alert-triangle",
    Kind.HOLD: "hourglass",
    Kind.DRAW: "ticket",
    Kind.ADJUSTMENT: "arrows-exchange",
    Kind.CASE: "message-report",
    Kind.LOOK: "eye",
    Kind.CONSENT: "lock-open",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A notice as a page shows it."""

    notice: Notice
    sign: str
    url: str

    @property
    def unread(self) -> bool:
        """Whether it was never shown before."""
        return self.notice.read_at is None


def messages_of(addressee: Person | Organisation, places: Mapping[Place, str]) -> list[Message]:
    """The messages of a portal's reader. ``places`` are the portal's pages by place; with an argument where it takes one."""
    return [Message(one, _SIGNS[Kind(one.kind)], _url(one, places)) for one in inbox_of(addressee)]


def _url(notice: Notice, places: Mapping[Place, str]) -> str:
    return reverse(places[Place(notice.place)], args=[notice.argument] if notice.argument else [])


def read_from(request: HttpRequest, addressee: Person | Organisation) -> None:
    """Note as read what the posted form says was shown. Opening the page alone does not: a browser may fetch it ahead."""
    shown = [
        int(part) for part in request.POST.get("shown", "").split(",") if part.isascii() and part.isdigit()
    ]
    whose = {"person" if isinstance(addressee, Person) else "organisation": addressee.pk}
    mark_read([one for one in shown if one < 2**63], **whose, at=clock.now())


def page_of(
    addressee: Person | Organisation, places: Mapping[Place, str], read_url: str
) -> dict[str, object]:
    """What the templates ``kit/messages.html`` and ``kit/messages_read.html`` show."""
    found = messages_of(addressee, places)
    shown = ",".join(str(one.notice.pk) for one in found if one.unread)
    return {"found": found, "unread": shown, "read_url": reverse(read_url)}


def read(request: HttpRequest, addressee: Person | Organisation, page: str) -> HttpResponse:
    """The answer to the form: to a page that posted it by itself nothing, else the page again."""
    read_from(request, addressee)
    return HttpResponse() if request.headers.get("HX-Request") else redirect(page)
