"""Me: messages, bank account, certificates, and how pages look."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jigong.accounts.actions import add_bank_account
from jigong.accounts.masking import mask_mobile, mask_number
from jigong.accounts.models import Person
from jigong.accounts.queries import bank_account_of
from jigong.credentials.export import EXPORTS
from jigong.credentials.queries import credential_of, credentials_of
from jigong.credentials.site import site
from jigong.delivery.payments.waiting import paid_from
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import TEXT_SIZES, language_of
from jigong.portals.kit.notices import page_of, read
from jigong.portals.worker.situation import situation_of
from jigong.services.notices.enums import Place

PLACES = {
    Place.CLAUSE: "worker:clause",
    Place.BANK_ACCOUNT: "worker:bank_account",
    Place.CASES: "worker:cases",
    Place.LOOKS: "worker:looks",
    Place.CONSENTS: "worker:consents",
}
"""Where a message leads."""


@worker_only
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Who I am to the platform, and where to change things."""
    situation = situation_of(account_of(request))
    person = situation.person
    context = {
        "person": person,
        "number": mask_number(person.open_number()),
        "mobile": mask_mobile(person.open_mobile()),
        "bank_account": situation.reader.bank_account,
        "unread": situation.reader.unread,
        "sizes": TEXT_SIZES,
    }
    return render(request, "worker/me.html", context)


@worker_only
@require_POST
def own_number(request: HttpRequest) -> HttpResponse:
    """One's own number in full, put in the place of the masked one."""
    return render(request, "worker/own_number.html", {"number": _person(request).open_number()})


@worker_only
@require_GET
def messages_(request: HttpRequest) -> HttpResponse:
    """What I am told: unread first, then the newest."""
    return render(request, "worker/messages.html", page_of(_person(request), PLACES, "worker:messages_read"))


@worker_only
@require_POST
def messages_read(request: HttpRequest) -> HttpResponse:
    """I have read what the page showed."""
    return read(request, _person(request), "worker:messages")


@worker_only
@require_http_methods(["GET", "POST"])
def bank_account(request: HttpRequest) -> HttpResponse:
    """Where my money goes."""
    person, language = _person(request), language_of(request)
    asked = request.POST.get("next") or request.GET.get("next", "")
    after = asked if asked and url_has_allowed_host_and_scheme(asked, None) else ""
    current = bank_account_of(person)
    context = {
        "person": person,
        "bank_account": current,
        "until": paid_from(current, clock.now()),
        "next": after,
    }
    if request.method != "POST":
        return render(request, "worker/bank_account.html", context)
    try:
        add_bank_account(
            person=person, number=request.POST.get("number", ""), holder=person.name,
            bank=request.POST.get("bank", ""), by=account_of(request), at=clock.now(),
        )  # fmt: skip
    except JigongError as bad:
        bank = request.POST.get("bank", "")
        return render(
            request, "worker/bank_account.html", {**context, "problem": bad, "bank": bank}, status=422
        )
    messages.success(request, Text("收款账户已更新", "the account is stored").in_(language))
    return redirect(after or "worker:bank_account")


@worker_only
@require_GET
def credentials(request: HttpRequest) -> HttpResponse:
    """My certificates and honours, each to take away."""
    found = credentials_of(_person(request))
    return render(request, "worker/credentials.html", {"found": found, "endings": list(EXPORTS)})


@worker_only
@require_GET
def credential_file(request: HttpRequest, pk: uuid.UUID, ending: str) -> HttpResponse:
    """One of them as a file; one that was revoked is not handed out."""
    found = credential_of(_person(request), pk)
    if found is None or found.revoked_at is not None or ending not in EXPORTS:
        raise Http404
    made = EXPORTS[ending](found, site(f"{request.scheme}://{request.get_host()}"))
    response = HttpResponse(made.content, content_type=made.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    return response


def _person(request: HttpRequest) -> Person:
    person = account_of(request).person
    assert person is not None
    return person
