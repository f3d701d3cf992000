"""My data: what is held, where it came from, who looked, who may, and a copy to take away."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jigong.accounts.actions import give_consent, withdraw_consent
from jigong.accounts.enums import CONSENT_PURPOSES
from jigong.accounts.models import Account
from jigong.accounts.queries import consents_of
from jigong.dossiers.evidence import evidence_of
from jigong.kernel.text import Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.worker.export import make_export
from jigong.portals.worker.holdings import by_department, shown_record
from jigong.portals.worker.looks import looks_of
from jigong.portals.worker.situation import situation_of
from jigong.services.invitations.actions import accept, decline
from jigong.services.invitations.enums import PURPOSE_SEES, Purpose
from jigong.services.invitations.queries import invitations_of

MOST_DIGITS = 18
"""Of an id in a form."""


@worker_only
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything held, by department and class."""
    situation = situation_of(account_of(request))
    departments = by_department(situation, language_of(request))
    context = {
        "departments": departments,
        "classes": sum(len(classes) for _, classes in departments),
        "facts": sum(len(held.known) for _, classes in departments for held in classes),
        "situation": situation,
    }
    return render(request, "worker/data.html", context)


@worker_only
@require_GET
def evidence(request: HttpRequest, fact: str) -> HttpResponse:
    """The records behind a fact: class, values, file, line, batch, day known."""
    situation, language = situation_of(account_of(request)), language_of(request)
    pack = situation.law.pack
    if fact not in pack.facts:
        raise Http404
    reference, subject = request.GET.get("of", ""), None
    if reference:
        subject = situation.subject(pack.fact_topics[fact].header.value.subject, reference)
        if subject is None:
            raise Http404
    only = request.GET.get("class")
    found = [
        shown_record(one, situation, language)
        for one in evidence_of(situation.held, pack, fact, subject)
        if only is None or one.data_class == only
    ]
    return render(request, "worker/evidence.html", {"records": found})


@worker_only
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Who looked at the worker's data, and why."""
    account = account_of(request)
    situation = situation_of(account)
    everything = request.GET.get("all") == "1"
    page, lines = looks_of(situation.person, account, request.GET.get("page"), others=not everything)
    return render(request, "worker/looks.html", {"page": page, "looks": lines, "everything": everything})


@worker_only
@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest) -> HttpResponse:
    """Which enterprise may see personal detail, and for what."""
    account = account_of(request)
    if request.method == "POST":
        return _changed_consent(request, account)
    person = account.person
    assert person is not None
    given = consents_of(person)
    active = {(c.organisation_id, c.purpose): c for c in given if c.withdrawn_at is None}
    employer = person.employer
    choices = [
        (purpose, label, PURPOSE_SEES[Purpose(purpose)], active.get((employer.pk, purpose)))
        for purpose, label in CONSENT_PURPOSES.items()
    ] if employer is not None else []  # fmt: skip
    context = {
        "employer": employer,
        "choices": choices,
        "asked": invitations_of(person),
        "elsewhere": [c for c in active.values() if employer is None or c.organisation_id != employer.pk],
        "past": [c for c in given if c.withdrawn_at is not None],
    }
    return render(request, "worker/consents.html", context)


def _changed_consent(request: HttpRequest, account: Account) -> HttpResponse:
    person, language = account.person, language_of(request)
    assert person is not None
    if request.POST.get("give") and person.employer is not None:
        give_consent(
            person=person, organisation=person.employer, purpose=request.POST["give"], by=account, at=clock.now()
        )  # fmt: skip
        messages.success(
            request, Text("已授权，随时可以收回", "given; take it back at any time").in_(language)
        )
    elif (answered := _invitation(request)) is not None:
        number, answer, said = answered
        answer(invitation=number, person=person, by=account, at=clock.now())
        messages.success(request, said.in_(language))
    elif request.POST.get("withdraw", "").isdecimal():
        own = person.consents.filter(pk=int(request.POST["withdraw"][:MOST_DIGITS])).first()
        if own is None:
            raise Http404
        withdraw_consent(consent_id=own.pk, by=account, at=clock.now())
        messages.success(request, Text("已收回授权", "withdrawn").in_(language))
    return redirect("worker:consents")


def _invitation(request: HttpRequest) -> tuple[int, Callable[..., None], Text] | None:
    """The invitation that is answered, how, and what to say then."""
    for name, answer, said in (
        ("accept", accept, Text("已同意，随时可以收回", "agreed; take it back at any time")),
        ("decline", decline, Text("已拒绝，近期不会再问您", "declined; you will not be asked again soon")),
    ):
        given = request.POST.get(name, "")
        if given.isdecimal() and len(given) < MOST_DIGITS:
            return int(given), answer, said
    return None


@worker_only
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """A copy of everything, as a ZIP."""
    account = account_of(request)
    situation, now = situation_of(account), clock.now()
    file = make_export(situation, account, language_of(request), at=now)
    name = f"my-data-{clock.today():%Y%m%d}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    return cast(HttpResponse, response)
