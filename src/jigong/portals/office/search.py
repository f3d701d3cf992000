"""Finding people and entitlements: masked, within one's reach, and every search recorded."""

import re
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.cipher import lookup, seal_text, unseal_text
from jigong.accounts.enums import Permission
from jigong.accounts.models import Person
from jigong.accounts.scope import name_begins, people
from jigong.audit.actions import record
from jigong.delivery.models import Entitlement
from jigong.kernel.text import typed
from jigong.lake.identifiers import FORMS
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.entitlement import masked
from jigong.portals.office.shared import reach_of, tell

MOST = 50
_LONG = 15
"""Shorter numbers of digits alone are those of entitlements and telephones."""
_ASKED = "office.search"
"""Where a session keeps what was last searched: names and numbers stay out of addresses and their logs, and sealed at rest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search: what kind of thing it names, and the text."""

    kind: str
    text: str


def read(text: str) -> Asked | None:
    """What a search means: the number of a person's paper, a mobile number, an entitlement's number, or the start of a
    name."""
    text = typed(text)
    if re.fullmatch(FORMS["person"], text.upper()) and (len(text) >= _LONG or not text.isdecimal()):
        return Asked("number", text.upper())
    if len(text) == 11 and text.isdecimal() and text[0] == "1":
        return Asked("mobile", text)
    if text.lstrip("#").isdecimal() and len(text) <= 12:
        return Asked("entitlement", text.lstrip("#"))
    return Asked("name", text) if 1 < len(text) <= 50 else None


@require_safe
@staff_with(Permission.SEARCH_PEOPLE)
def search(request: HttpRequest) -> HttpResponse:
    """The form, and what the last search of this session found."""
    kept = request.session.get(_ASKED)
    asked = Asked(kept["kind"], unseal_text(bytes.fromhex(kept["text"]), _ASKED)) if kept else None
    found = list(_people(request, asked)) if asked else []
    entitlement = _entitlement(request, asked)
    return render(
        request,
        "office/search.html",
        {
            "asked": asked,
            "found": [masked(person, account_of(request)) for person in found[:MOST]],
            "more": len(found) > MOST,
            "entitlement": entitlement,
        },
    )


@require_POST
@staff_with(Permission.SEARCH_PEOPLE)
def ask(request: HttpRequest) -> HttpResponse:
    """Search, and record that it was done: by whom, for what kind of thing, how many were found."""
    if request.POST.get("clear"):
        request.session.pop(_ASKED, None)
        return redirect("office:search")
    asked = read(request.POST.get("text", ""))
    if asked is None:
        tell(
            request,
            "请至少输入两个字的姓名，或完整的证件号、手机号",
            "at least two characters of a name, or a whole number",
            bad=True,
        )
        return redirect("office:search")
    found = list(_people(request, asked))
    entitlement = _entitlement(request, asked)
    only = found[0].pk if len(found) == 1 else entitlement.person_id if entitlement else None
    record(
        "accounts.search", by=account_of(request), at=now(), object_kind="search", person=only,
        # The hash lets an auditor test whether a certain name was searched for, without keeping it.
        detail={"kind": asked.kind, "hash": lookup(asked.text, "search")[:16], "found": len(found) + (entitlement is not None)},
    )  # fmt: skip
    request.session[_ASKED] = {"kind": asked.kind, "text": seal_text(asked.text, _ASKED).hex()}
    return redirect("office:search")


def _people(request: HttpRequest, asked: Asked | None) -> QuerySet[Person]:
    within = people(account_of(request), Permission.SEARCH_PEOPLE).select_related("employer")
    match asked:
        case Asked("number", text):
            return within.filter(number_hash=lookup(text, "person.number"))
        case Asked("mobile", text):
            return within.filter(mobile_hash=lookup(text, "person.mobile"))[: MOST + 1]
        case Asked("name", text):
            return within.filter(name_begins(text)).order_by("name", "id")[: MOST + 1]
        case _:
            return Person.objects.none()


def _entitlement(request: HttpRequest, asked: Asked | None) -> Entitlement | None:
    if asked is None or asked.kind != "entitlement":
        return None
    within = Entitlement.objects.filter(reach_of(request, Permission.SEARCH_PEOPLE), pk=int(asked.text))
    return within.select_related("person", "organisation").first()
