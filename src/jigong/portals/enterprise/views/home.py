"""The first page, and the choice of an enterprise."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.portals.enterprise.firm import CHOSEN, desk
from jigong.portals.enterprise.numbers import numbers
from jigong.portals.kit.access import staff_with
from jigong.services.invitations.looks import LEAST
from jigong.services.notices.queries import has_unread
from jigong.services.reporting.queries import forms


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def home(request: HttpRequest) -> HttpResponse:
    """Numbers, and what waits for the firm."""
    at = desk(request)
    return render(
        request,
        "enterprise/home.html",
        {
            "desk": at,
            "numbers": numbers(at),
            "least": LEAST,
            "forms": forms().values(),
            "unread": has_unread(at.firm),
        },
    )


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def choose(request: HttpRequest) -> HttpResponse:
    """Work for another of the account's enterprises."""
    at = desk(request)
    wanted = request.POST.get("firm", "")
    if any(str(firm.pk) == wanted for firm in at.firms):
        request.session[CHOSEN] = int(wanted)
    return redirect("enterprise:home")
