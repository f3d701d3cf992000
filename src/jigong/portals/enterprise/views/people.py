"""My people: the list, one person, what each could be due, invitations, and the same as Excel."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.cipher import lookup, seal_text, unseal_text
from jigong.accounts.enums import Permission
from jigong.delivery.states import STATE_LABELS, State
from jigong.kernel.text import Text, typed
from jigong.portals.enterprise.firm import Desk, desk
from jigong.portals.enterprise.forms import purposes_of, text_of
from jigong.portals.enterprise.people import PAGE, filtered, page_of, rows_of
from jigong.portals.enterprise.words import said, words
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.kit.sheets import download, workbook
from jigong.services.invitations.actions import Asked, invite
from jigong.services.invitations.benefits import Benefits, benefits_of
from jigong.services.invitations.enums import PURPOSE_LABELS, PURPOSE_SEES, Purpose
from jigong.services.invitations.looks import LEAST, consenting, looked
from jigong.services.invitations.papers import papers_of

SHOW = ("all", "consented", "none", "waiting")
_ASKED = "enterprise.search"
"""Where a session keeps how the names looked for begin: names stay out of addresses and their logs, and sealed at rest."""


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def people(request: HttpRequest) -> HttpResponse:
    """The list, by name; names of those who consented to nothing are masked."""
    at = desk(request)
    show = request.GET.get("show", "all")
    search, show = _asked(request), show if show in SHOW else "all"
    found = filtered(at, search, show)
    page = page_of(at, found, whole_number(request.GET.get("after")))
    given = {
        "desk": at, "page": page, "count": found.count(), "q": search, "show": show, "least": LEAST,
        "purposes": [(p, PURPOSE_LABELS[p], PURPOSE_SEES[p]) for p in Purpose],
    }  # fmt: skip
    return render(request, "enterprise/people.html", given)


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def find(request: HttpRequest) -> HttpResponse:
    """List those whose names begin so, or go to the one with this citizen number."""
    at, text = desk(request), text_of(request.POST, "q", 40)
    show = request.POST.get("show", "all")
    listed = f"{reverse('enterprise:people')}?show={show if show in SHOW else 'all'}"
    number = typed(text).upper()
    if number[:17].isdecimal() and len(number) == 18:
        person = at.employees().filter(number_hash=lookup(number, "person.number")).first()
        if person is not None:
            return redirect("enterprise:person", pk=person.pk)
        zh, en = "本单位现有职工里没有这个号码", "Nobody employed here has this number"
        messages.warning(request, said(request, zh, en))
        return redirect(listed)
    if text:
        request.session[_ASKED] = seal_text(text, _ASKED).hex()
    else:
        request.session.pop(_ASKED, None)
    return redirect(listed)


def _asked(request: HttpRequest) -> str:
    kept = request.session.get(_ASKED)
    return unseal_text(bytes.fromhex(kept), _ASKED) if kept else ""


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def invite_people(request: HttpRequest) -> HttpResponse:
    """Invite the chosen people, or everybody the list showed; who was asked a week ago is reminded."""
    at = desk(request)
    purposes = purposes_of(request.POST)
    if "everybody" in request.POST:
        search, show = text_of(request.POST, "q", 40), request.POST.get("show", "all")
        chosen = list(filtered(at, search, show).values_list("pk", flat=True))
    else:
        given = (whole_number(text) for text in request.POST.getlist("person"))
        chosen = list(at.employees().filter(pk__in=[n for n in given if n]).values_list("pk", flat=True))
    if not chosen or not purposes:
        messages.warning(request, said(request, "请选择职工和用途", "Choose people and a purpose"))
    else:
        asked = invite(organisation=at.firm, people=chosen, purposes=purposes, by=at.account, at=now())
        messages.success(request, words(request, _came(asked)))
    back = request.POST.get("back", "")
    return redirect(back if back.startswith("/enterprise/") else "enterprise:people")


def _came(asked: Asked) -> Text:
    """What came of inviting, without what is nought."""
    parts = [Text(f"已发出 {asked.asked} 项邀请", f"invitations sent: {asked.asked}")]
    if asked.reminded:
        parts.append(Text(f"提醒 {asked.reminded} 项", f"reminders: {asked.reminded}"))
    if asked.left:
        zh, en = f"{asked.left} 项不需要或不宜再问", f"not needed, or not to be asked again yet: {asked.left}"
        parts.append(Text(zh, en))
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person, as far as they consented; the look is recorded."""
    at = desk(request)
    row = rows_of(at, [get_object_or_404(at.employees(), pk=pk)])[0]
    given: dict[str, Any] = {
        "desk": at,
        "row": row,
        "sees": [(PURPOSE_LABELS[p], PURPOSE_SEES[p]) for p in Purpose],
    }
    one = at.employees().filter(pk=pk)
    for purpose in Purpose:
        if purpose.value in row.consents:
            looked([pk], purpose=purpose, organisation=at.firm, by=at.account, at=now())
    if Purpose.BENEFITS in row.consents:
        given["benefits"] = benefits_of([pk]).get(pk)
    given["papers"] = [line for line in papers_of(at.firm, one) if line.person == pk]
    return render(request, "enterprise/person.html", given)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def benefits(request: HttpRequest) -> HttpResponse:
    """What each consenting person could be due and the step to it, a page of 50."""
    at = desk(request)
    found = consenting(at.employees(), at.firm, Purpose.BENEFITS)
    page = page_of(at, found, whole_number(request.GET.get("after")))
    ids = [row.id for row in page.rows]
    held = benefits_of(ids)
    looked(ids, purpose=Purpose.BENEFITS, organisation=at.firm, by=at.account, at=now())
    given = {
        "desk": at, "page": page, "count": found.count(),
        "rows": [(row, held[row.id]) for row in page.rows if row.id in held],
    }  # fmt: skip
    return render(request, "enterprise/benefits.html", given)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def people_file(request: HttpRequest) -> HttpResponse:
    """The list as Excel, masked like the page."""
    at = desk(request)
    yes, no = said(request, "已授权", "consented"), ""
    headers = [said(request, "平台编号", "Platform code"), said(request, "姓名", "Name")]
    headers += [words(request, PURPOSE_LABELS[p]) for p in Purpose]
    rows = (
        [f"P-{row.id}", row.name, *(yes if p.value in row.consents else no for p in Purpose)]
        for row in _everybody(at, at.employees())
    )
    return download("people.xlsx", workbook(headers, rows, title="people", widths=(14, 16, 16, 16, 16)))


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def benefits_file(request: HttpRequest) -> HttpResponse:
    """What each consenting person could be due, as Excel; every look is recorded."""
    at = desk(request)
    heads = ("姓名", "事项", "金额", "状态", "下一步"), ("Name", "Benefit", "Yuan", "State", "Next step")
    headers = heads[1] if request.language == "en" else heads[0]  # type: ignore[attr-defined]
    file = workbook(headers, _benefit_rows(request, at), title="benefits", widths=(14, 34, 14, 22, 50))
    return download(f"benefits-{today()}.xlsx", file)


def _benefit_rows(request: HttpRequest, at: Desk) -> Iterator[list[Any]]:
    found = consenting(at.employees(), at.firm, Purpose.BENEFITS)
    after: int | None = None
    while True:
        page = page_of(at, found, after)
        ids = [row.id for row in page.rows]
        looked(ids, purpose=Purpose.BENEFITS, organisation=at.firm, by=at.account, at=now())
        held = benefits_of(ids)
        for row in page.rows:
            if row.id in held:
                yield from _person_rows(request, row.name, held[row.id])
        if page.after is None:
            return
        after = page.after


def _person_rows(request: HttpRequest, name: str, held: Benefits) -> Iterator[list[Any]]:
    for line in held.due:
        yield [
            name,
            words(request, line.clause),
            line.amount,
            words(request, STATE_LABELS[State(line.state)]),
            "",
        ]
    waits = said(request, "还差一步", "not yet")
    for way in held.ways:
        todo = "；".join(words(request, step.action) for step in way.todo)
        yield [name, words(request, way.clause), way.worth, waits, f"{todo} ({way.on.isoformat()})"]


def _everybody(at: Desk, found: Any) -> Iterator[Any]:
    after: int | None = None
    while True:
        page = page_of(at, found, after, size=10 * PAGE)
        yield from page.rows
        if page.after is None:
            return
        after = page.after
