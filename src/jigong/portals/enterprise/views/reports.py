"""What the firm reports about its people: a form to fill, a check that shows what would happen, and the taking in."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.contract import Column
from jigong.portals.enterprise.firm import Desk, desk
from jigong.portals.enterprise.people import page_of
from jigong.portals.enterprise.words import said, words
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.sheets import download, workbook
from jigong.portals.kit.uploads import MEGABYTE, limited, sent_file
from jigong.services.reporting.actions import check, confirm, discard
from jigong.services.reporting.admission import CODE
from jigong.services.reporting.models import Report
from jigong.services.reporting.queries import Form, forms, open_faults, reports_of
from jigong.services.reporting.reading import MAX_BYTES, MAX_ROWS, Fault, read_file

_SHOWN = 200
"""Faults on the page; the file has them all."""


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def reports(request: HttpRequest) -> HttpResponse:
    """What may be reported, and what was."""
    at = desk(request)
    known = forms()
    rows = [(report, known.get(report.data_class)) for report in reports_of(at.firm)]
    return render(request, "enterprise/reports.html", {"desk": at, "forms": known.values(), "rows": rows})


@limited(MAX_BYTES // MEGABYTE)
@require_http_methods(["GET", "HEAD", "POST"])
@staff_with(Permission.SEE_EMPLOYEES)
def form(request: HttpRequest, data_class: str) -> HttpResponse:
    """One class: what a row says, the template, and the file to send."""
    at, asked = desk(request), _form(data_class)
    problems: tuple[Any, ...] = ()
    if request.method == "POST":
        try:
            sent = sent_file(request)
            name = str(sent.name or "")
            made = check(
                form=asked, sent=read_file(name, sent.read(), asked.contract, filled=asked.entry.enterprise, listed=asked.entry.worker), file=name, organisation=at.firm,
                employees=at.employees(), by=at.account, at=now(), day=today(),
            )  # fmt: skip
        except JigongError as bad:
            problems = bad.problems
        else:
            return redirect("enterprise:report", pk=made.pk)
    given = {
        "desk": at, "form": asked, "columns": _columns(asked), "problems": problems,
        "most_mb": MAX_BYTES // MEGABYTE, "most_rows": MAX_ROWS,
    }  # fmt: skip
    return render(request, "enterprise/form.html", given, status=422 if request.method == "POST" else 200)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def template(request: HttpRequest, data_class: str) -> HttpResponse:
    """A workbook with the firm's people, to fill. People are named by a code of the platform's, never by number."""
    at, asked = desk(request), _form(data_class)
    columns = _columns(asked)
    headers = [column.headers[0] + ("*" if column.required else "") for column in columns]
    headers += ["姓名（仅供核对，不报送）"]
    note = said(
        request,
        "带 * 的必填；人员一列可保留平台编号，也可改为公民身份号码；没有填写的行不报送",
        "Columns with * are needed; keep the platform code of a person or write the citizen number; rows you leave empty are not reported",
    )
    widths = [max(16, 2 * len(header)) for header in headers]
    rows = _template_rows(at, asked, columns)
    file = workbook(headers, rows, title=asked.contract.label.zh, widths=widths, note=note)
    return download(f"{data_class}.xlsx", file)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What would become of a report's rows, or what became of them."""
    at = desk(request)
    found = _report(at, pk)
    asked = _form(found.data_class)
    faults = open_faults(found)
    given = {
        "desk": at, "report": found, "form": asked, "fault_count": len(faults),
        "faults": [(fault, _where(fault, asked)) for fault in faults[:_SHOWN]],
    }  # fmt: skip
    return render(request, "enterprise/report.html", given)


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def confirm_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the good rows in."""
    at = desk(request)
    _report(at, pk)
    done = confirm(
        report=pk, organisation=at.firm, employees=at.employees(), by=at.account, at=now(), day=today()
    )
    zh, en = f"{done.accepted} 行已入库", f"{done.accepted} rows are taken in"
    messages.success(request, said(request, zh, en))
    return redirect("enterprise:report", pk=pk)


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def discard_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go."""
    at = desk(request)
    _report(at, pk)
    discard(report=pk, organisation=at.firm, by=at.account, at=now())
    return redirect("enterprise:reports")


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def faults_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Every fault as Excel, to mend at the source."""
    at = desk(request)
    found = _report(at, pk)
    asked = _form(found.data_class)
    headers = [
        said(request, zh, en)
        for zh, en in (("行", "Row"), ("列", "Column"), ("填的值", "Value"), ("问题", "Problem"), ("怎么改", "What to do"))
    ]  # fmt: skip
    rows = (
        [
            fault.line,
            words(request, _where(fault, asked)),
            fault.value or "",
            words(request, fault.message),
            words(request, fault.remedy),
        ]
        for fault in open_faults(found)
    )
    return download(f"faults-{pk}.xlsx", workbook(headers, rows, title="faults", widths=(8, 20, 24, 40, 40)))


def _form(data_class: str) -> Form:
    found = forms().get(data_class)
    if found is None:
        raise Http404
    return found


def _where(fault: Fault, asked: Form) -> Text:
    """The columns a fault is about, by the names people know; a dash for the whole row."""
    labels = {column.name: column.label for column in asked.contract.columns}
    found = [labels.get(name, Text(name, name)) for name in (fault.column or "").split(",") if name]
    return Text("、".join(one.zh for one in found) or "—", ", ".join(one.en for one in found) or "—")


def _report(at: Desk, pk: int) -> Report:
    """The report, if it is the firm's."""
    return get_object_or_404(Report, pk=pk, organisation=at.firm)


def _columns(asked: Form) -> list[Column]:
    """The columns a person fills: all but the firm's own code, the worker first."""
    entry = asked.entry
    filled = [column for column in asked.contract.columns if column.name != entry.enterprise]
    return sorted(filled, key=lambda column: column.name != entry.worker)


def _template_rows(at: Desk, asked: Form, columns: list[Column]) -> Iterator[list[Any]]:
    after: int | None = None
    left = MAX_ROWS
    while left > 0:
        page = page_of(at, at.employees(), after, size=min(500, left))
        for row in page.rows:
            cells = [f"{CODE}{row.id}" if column.name == asked.entry.worker else "" for column in columns]
            yield [*cells, row.name]
        if page.after is None:
            return
        after, left = page.after, left - len(page.rows)
