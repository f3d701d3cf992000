"""Showing in full what a page shows masked: a reason first, a line in the record always."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jigong.accounts.enums import Permission
from jigong.accounts.scope import people
from jigong.accounts.unmask import MIN_REASON, WHATS
from jigong.accounts.unmask import unmask as unmask_person
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now


@staff_with(Permission.UNMASK)
@never_cache
@require_POST
def unmask(request: HttpRequest, person: int, what: str) -> HttpResponse:
    """A part of a page: asked without a reason it is the form for one, with a reason the value."""
    account = account_of(request)
    found = get_object_or_404(people(account, Permission.UNMASK), pk=person)
    if what not in WHATS:
        raise Http404
    reason = request.POST.get("reason", "").strip()
    shown = {"url": request.path, "reason": reason, "least": MIN_REASON, "short": "reason" in request.POST}
    if len(reason) < MIN_REASON:
        return render(request, "entry/unmask.html", shown)
    value = unmask_person(person=found, what=what, reason=reason, by=account, at=now())
    return render(request, "entry/unmask.html", {"value": value})
