"""Certificates, appointments and contracts: what runs out, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jigong.accounts.enums import Permission
from jigong.kernel.dates import add_months, month_start
from jigong.portals.enterprise.firm import Desk, desk
from jigong.portals.enterprise.people import PersonRow, rows_of
from jigong.portals.enterprise.words import said, words
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.sheets import download, workbook
from jigong.services.invitations.enums import Purpose
from jigong.services.invitations.looks import looked
from jigong.services.invitations.papers import PaperLine, kinds, papers_of

AHEAD = 12
"""Months looked ahead."""
_MOST = 500
_BAR, _STEP, _HEIGHT = 36, 56, 120


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of the chart: how many papers run out, and where its bar stands in the drawing."""

    month: date
    count: int
    x: int
    y: int
    width: int
    height: int
    middle: int


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def expiring(request: HttpRequest) -> HttpResponse:
    """A part of the home page: how many papers run out in each of the coming months."""
    at = desk(request)
    bars = _bars(papers_of(at.firm, at.employees(), until=_ahead(today())))
    given = {"bars": bars, "width": AHEAD * _STEP, "height": _HEIGHT, "total": sum(bar.count for bar in bars)}
    return render(request, "enterprise/expiring.html", given)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def papers(request: HttpRequest) -> HttpResponse:
    """The papers of one kind, or all that run out within a year."""
    at, chosen = desk(request), request.GET.get("kind", "")
    given = {
        "desk": at, "kinds": kinds(), "kind": chosen, "lines": _lines(at, chosen)[:_MOST], "most": _MOST,
        "lasting": [entry for entry in kinds() if entry.lasting],
    }  # fmt: skip
    return render(request, "enterprise/papers.html", given)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def papers_file(request: HttpRequest) -> HttpResponse:
    """The same as Excel."""
    at = desk(request)
    headers = [
        said(request, zh, en)
        for zh, en in (("种类", "Kind"), ("姓名", "Name"), ("内容", "What"), ("编号", "Number"), ("起始", "Since"), ("到期", "Until"))
    ]  # fmt: skip
    rows = (
        [
            words(request, line.label),
            row.name if row else "",
            words(request, line.title),
            line.number,
            line.since,
            line.until,
        ]
        for line, row in _lines(at, request.GET.get("kind", ""))
    )
    return download(
        f"papers-{today()}.xlsx", workbook(headers, rows, title="papers", widths=(18, 14, 24, 28, 14, 14))
    )


def _ahead(day: date) -> tuple[date, date]:
    return day, _month(day, AHEAD)


def _month(day: date, later: int) -> date:
    """The first day of the month so many months later."""
    return add_months(month_start(day), later) or date.max


def _lines(at: Desk, kind: str) -> list[tuple[PaperLine, PersonRow | None]]:
    """The papers with whose they are; what a consent opened is recorded as seen."""
    known = {entry.id: entry for entry in kinds()}
    if kind in known:
        found = papers_of(at.firm, at.employees(), kinds=[kind])
    else:
        found = papers_of(at.firm, at.employees(), until=_ahead(today()))
    people = at.employees().filter(pk__in={line.person for line in found if line.person})
    rows = {row.id: row for row in rows_of(at, list(people))}
    for purpose in Purpose:
        seen = {line.person for line in found if line.person and known[line.kind].consent == purpose}
        if seen:
            looked(seen, purpose=purpose, organisation=at.firm, by=at.account, at=now())
    return [(line, rows.get(line.person or 0)) for line in found]


def _bars(lines: Sequence[PaperLine]) -> list[Bar]:
    months = [_month(today(), place) for place in range(AHEAD)]
    counts = [
        sum(line.until is not None and month_start(line.until) == month for line in lines) for month in months
    ]
    most = max([*counts, 1])
    bars = []
    for place, (month, count) in enumerate(zip(months, counts, strict=True)):
        height = round(count / most * (_HEIGHT - 24))
        x = place * _STEP + (_STEP - _BAR) // 2
        bars.append(Bar(month, count, x, _HEIGHT - height, _BAR, height, x + _BAR // 2))
    return bars
