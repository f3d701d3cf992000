"""Pages around the API: its description, for people and programs, and the tokens."""

import json
from dataclasses import replace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts.cipher import seal_text, unseal_text
from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Organisation
from jigong.accounts.scope import organisations
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.portals.api.description import ShownOperation, openapi, operations, shapes
from jigong.portals.kit.access import account_of, public, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.kit.look import language_of
from jigong.services.access_tokens.actions import create, revoke
from jigong.services.access_tokens.enums import SCOPE_LABELS, SCOPES_OF, Scope
from jigong.services.access_tokens.models import Token
from jigong.services.access_tokens.queries import tokens_of

DAYS = (30, 90, 180, 366)
_MADE = "api.made"
"""Where a session keeps a new token's secret until the next page has shown it, sealed."""
_MANAGERS = (Permission.SEE_EMPLOYEES, Permission.MANAGE_ACCOUNTS)


@require_safe
@public
def description(request: HttpRequest) -> HttpResponse:
    """``openapi.json``."""
    return JsonResponse(openapi(_law()), json_dumps_params={"ensure_ascii": False})


@require_safe
@public
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page of our own: no script from elsewhere."""
    found = openapi(_law())
    groups = [
        (
            _in_one_language(tag, request),
            [
                (_told(one, request), json.dumps(one.example, ensure_ascii=False) if one.example else "")
                for one in shown
            ],
        )
        for tag, shown in operations(found)
    ]
    given = {
        "groups": groups,
        "shapes": list(shapes(found)),
        "origin": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/docs.html", given)


def _told(operation: ShownOperation, request: HttpRequest) -> ShownOperation:
    return replace(operation, summary=_in_one_language(operation.summary, request))


def _in_one_language(text: str, request: HttpRequest) -> str:
    """What the description writes in both languages, in the reader's."""
    english, _, chinese = text.partition(" · ")
    return chinese if chinese and language_of(request) == "zh" else english


@require_http_methods(["GET", "HEAD", "POST"])
@staff_with(*_MANAGERS)
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of the account's enterprises, or, for an operator, of every office; a new one is shown once."""
    account = account_of(request)
    owners = _owners(account)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        owner = get_object_or_404(owners, pk=_number(request.POST.get("organisation", "")))
        known = {scope.value: scope for scope in Scope}
        scopes = [known[name] for name in request.POST.getlist("scope") if name in known]
        try:
            _, secret = create(
                organisation=owner, name=request.POST.get("name", "").replace("\x00", ""), scopes=scopes,
                days=_number(request.POST.get("days", "")), by=account, at=now(),
            )  # fmt: skip
        except JigongError as bad:
            problems = bad.problems
        else:
            # Reloading the page neither makes another nor shows this one again.
            request.session[_MADE] = seal_text(secret, _MADE).hex()
            return redirect("api:tokens")
    made = request.session.pop(_MADE, "")
    given = {
        "owners": [(owner, [(s.value, SCOPE_LABELS[s]) for s in SCOPES_OF.get(owner.kind, ())]) for owner in owners],
        "tokens": [(token, token.valid_at(now())) for token in tokens_of(list(owners))],
        "secret": unseal_text(bytes.fromhex(made), _MADE) if made else "", "problems": problems, "days": DAYS,
    }  # fmt: skip
    response = render(request, "api/tokens.html", given, status=422 if problems else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff_with(*_MANAGERS)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """A token of the account's own organisations opens nothing from now on."""
    account = account_of(request)
    found = get_object_or_404(Token, pk=pk, organisation__in=_owners(account))
    revoke(token=found.pk, by=account, at=now())
    said = Text("令牌已吊销", "The token is revoked")
    messages.success(request, said.in_("en" if getattr(request, "language", "zh") == "en" else "zh"))
    return redirect("api:tokens")


def _owners(account: Account) -> QuerySet[Organisation]:
    """Whose tokens the account makes: its enterprises'; an operator's, every office's."""
    ids = [
        found.pk
        for found in organisations(account, Permission.SEE_EMPLOYEES)
        if found.kind == OrganisationKind.ENTERPRISE
    ]
    mine = Organisation.objects.filter(pk__in=ids)
    if account.may(Permission.MANAGE_ACCOUNTS):
        mine = mine | Organisation.objects.exclude(kind=OrganisationKind.ENTERPRISE)
    return mine.order_by("kind", "id")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _law() -> Law | None:
    try:
        return law_of_run(current_run())
    except JigongError:
        return None
