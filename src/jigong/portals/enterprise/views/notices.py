"""What the firm is told, and that it was read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.portals.enterprise.firm import desk
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.notices import page_of, read
from jigong.services.notices.enums import Place

PLACES = {Place.DUE: "enterprise:due", Place.MONEY: "enterprise:money", Place.BANK_ACCOUNT: "enterprise:bank"}
"""Where a message leads."""


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def messages(request: HttpRequest) -> HttpResponse:
    """What the firm is told: unread first, then the newest. Whoever of it reads has read for all."""
    at = desk(request)
    return render(
        request,
        "enterprise/messages.html",
        {"desk": at, **page_of(at.firm, PLACES, "enterprise:messages_read")},
    )


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def messages_read(request: HttpRequest) -> HttpResponse:
    """The firm has read what the page showed."""
    return read(request, desk(request).firm, "enterprise:messages")
