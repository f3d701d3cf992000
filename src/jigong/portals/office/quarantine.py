"""Quarantine: what came in wrong, to be downloaded, put right at its source, and delivered again."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.masking import STAR
from jigong.audit.actions import record
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.contract import Contract
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.kit.sheets import as_csv, download, workbook
from jigong.portals.kit.uploads import limited, no_file
from jigong.portals.office.delivering import DELIVERED, DeliveryForm, deliver, may_deliver
from jigong.portals.office.held import examples, held_of
from jigong.portals.office.quarantined import (
    WrongRow,
    came,
    lake_of,
    most_urgent,
    proposals_of,
    with_proposals,
    wrong_rows,
)
from jigong.portals.office.shared import as_lines, contract_of, law_for, owned_classes, owns
from jigong.services.cases.differences import OWNER
from jigong.services.cases.models import Said
from jigong.services.setting_aside.actions import MOST_WORDS
from jigong.services.setting_aside.enums import WHY
from jigong.services.setting_aside.perms import of_office, second_to
from jigong.services.setting_aside.queries import STEP, answers

PAGE = 50
MOST_MEGABYTES = 50


@require_safe
@staff_with(Permission.SEE_DATA)
def quarantine(request: HttpRequest) -> HttpResponse:
    """How much of each of one's classes waits, how much of it too long, and why."""
    pack = law_for(request).pack
    found = came(pack, owned_classes(account_of(request), pack), day=today())
    departments: dict[Text, list[Any]] = {}
    for one in found:
        departments.setdefault(one.contract.department, []).append(one)
    return render(
        request,
        "office/quarantine.html",
        {
            "departments": [(department, ones, sum(one.waiting for one in ones)) for department, ones in departments.items()],
            "rows_in": sum(one.rows_in for one in found),
            "waiting": sum(one.waiting for one in found),
            "cells": sum(one.cells for one in found),
            "late": sum(one.late for one in found),
            "days": pack.days_for(STEP),
        },
    )  # fmt: skip


@require_safe
@staff_with(Permission.SEE_DATA)
def quarantined(request: HttpRequest, name: str) -> HttpResponse:
    """The rows of one class: where each stood, what is wrong, how to put it right; and forms to deliver it again, or to
    set it aside."""
    contract = contract_of(request, name)
    pack, account = law_for(request).pack, account_of(request)
    lake = lake_of(pack)
    batch = request.GET.get("batch", "")
    proposed = proposals_of(lake, contract.name)
    rows = with_proposals(most_urgent(wrong_rows(lake, contract.name, batch), pack), contract.name, proposed)
    start = min(whole_number(request.GET.get("after")) or 0, len(rows))
    owner = owns(account, contract)
    return render(
        request,
        "office/quarantined.html",
        {
            "contract": contract,
            "came": came(pack, [contract], day=today())[0],
            "days": pack.days_for(STEP),
            "batch": batch,
            "rows": [_line(row, contract, owner) for row in rows[start : start + PAGE]],
            "total": len(rows),
            "after": start + PAGE if len(rows) > start + PAGE else None,
            "owner": owner,
            "may_deliver": may_deliver(account, contract),
            "may_set_aside": of_office(account, contract),
            "held": [(one, examples(one, contract, owner)) for one in held_of(lake, contract)],
            "reasons": WHY.items(),
            "most_words": MOST_WORDS,
            "proposed": [
                (row, _faults(row, contract, owner), second_to(account, row.proposal))
                for row in (rows if not batch else with_proposals(wrong_rows(lake, contract.name), contract.name, proposed))
                if row.proposal is not None
            ],
            "answers": answers(contract.name),
            "most": MOST_MEGABYTES,
        },
    )  # fmt: skip


def _line(
    row: WrongRow, contract: Contract, owner: bool
) -> tuple[WrongRow, str, list[tuple[Text, str, Any]]]:
    """A row as the list shows it: with whose it is, and its faults."""
    return row, row.key(contract, owner), _faults(row, contract, owner)


def _faults(row: WrongRow, contract: Contract, owner: bool) -> list[tuple[Text, str, Any]]:
    """Each fault with its column's label, and the value; values only for the department they came from."""
    shown = []
    for fault in row.faults:
        value = fault.value if owner else STAR * min(len(fault.value), 6)
        shown.append((_labels(fault.column, contract), value, fault))
    return shown


def _labels(columns: str, contract: Contract) -> Text:
    """The names of columns joined by commas."""
    labels = {column.name: column.label for column in contract.columns}
    named = [labels.get(part, Text(part, part)) for part in columns.split(",") if part]
    return Text("、".join(name.zh for name in named), ", ".join(name.en for name in named))


@require_POST
@staff_with(Permission.SEE_DATA)
def export(request: HttpRequest, name: str) -> HttpResponse:
    """The rows as sent, with the contract's headers and the reasons beside: the department's own, and recorded."""
    contract = contract_of(request, name)
    if not owns(account_of(request), contract):
        raise Http404
    kind = request.POST.get("as", "xlsx")
    if kind not in ("csv", "xlsx"):
        raise Http404
    rows = wrong_rows(lake_of(law_for(request).pack), contract.name, request.POST.get("batch", ""))
    record(
        "lake.export_quarantine", by=account_of(request), at=now(), object_kind="class", object_id=contract.name,
        detail={"rows": len(rows), "as": kind},
    )  # fmt: skip
    header = [*(column.label.zh for column in contract.columns), "原因", "怎么改", "原文件", "原行号"]
    make = as_csv if kind == "csv" else workbook
    return download(f"{contract.name}-quarantine.{kind}", make(header, _rows(rows, contract)))


def _rows(rows: Sequence[WrongRow], contract: Contract) -> Iterator[list[Any]]:
    for row in rows:
        why = "；".join(
            dict.fromkeys(f"{_labels(fault.column, contract).zh}：{fault.why.zh}" for fault in row.faults)
        )
        if row.cell:
            why += "（只丢了这一格，记录已接收）"
        remedy = "；".join(dict.fromkeys(fault.remedy.zh for fault in row.faults))
        yield [
            *(row.values.get(column.name, "") for column in contract.columns),
            why,
            remedy,
            row.file,
            row.line,
        ]


@limited(MOST_MEGABYTES)
@require_POST
@staff_with(Permission.SEE_DATA)
def redeliver(request: HttpRequest, name: str) -> HttpResponse:
    """Take in a corrected file of one class, at once; then say what became of every row."""
    contract, account = contract_of(request, name), account_of(request)
    if not may_deliver(account, contract):
        raise Http404
    form = DeliveryForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise no_file()
        done = deliver(
            law_for(request).pack, contract, form.cleaned_data["file"], by=account, at=now(), day=today(),
            whole=form.cleaned_data["whole"],
        )  # fmt: skip
    except JigongError as bad:
        request.session[DELIVERED] = {"class": contract.name, "problems": as_lines(bad.problems)}
    else:
        request.session[DELIVERED] = {"class": contract.name, "problems": [], **done}
    return redirect("office:delivered", name=name)


@require_safe
@staff_with(Permission.SEE_DATA)
def delivered(request: HttpRequest, name: str) -> HttpResponse:
    """What became of the file this session delivered last."""
    contract, kept = contract_of(request, name), request.session.get(DELIVERED)
    if not kept or kept["class"] != contract.name:
        return redirect("office:quarantined", name=name)
    owner = owns(account_of(request), contract)
    rows = []
    if kept.get("batch"):
        rows = wrong_rows(lake_of(law_for(request).pack), contract.name, kept["batch"])[:PAGE]
    return render(
        request,
        "office/delivered.html",
        {
            "contract": contract,
            "done": kept,
            "rows": [_line(row, contract, owner) for row in most_urgent(rows, law_for(request).pack)],
            "differences": _differences(kept.get("batch") or "", contract),
            "may_answer": account_of(request).may(Permission.HANDLE_CASES),
        },
        status=422 if kept["problems"] else 200,
    )


def _differences(batch: str, contract: Contract) -> list[tuple[Said, Text, bool]]:
    """Where a delivery said something else than the platform: which column, and whether the department's word holds."""
    found = Said.objects.filter(batch=batch, data_class=contract.name).select_related("case").order_by("pk")
    return [(one, _labels(one.column, contract), one.kept == OWNER) for one in found[:PAGE]]
