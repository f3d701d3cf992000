"""Quarantine: what came in wrong, to be downloaded, put right at its source, and delivered again."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.masking import STAR
from jigong.accounts.models import Account
from jigong.accounts.scope import organisations
from jigong.audit.actions import record
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.contract import Contract
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.kit.sheets import as_csv, download, workbook
from jigong.portals.kit.uploads import limited, sent_file
from jigong.portals.office.delivering import deliver
from jigong.portals.office.quarantined import WrongRow, came, lake_of, wrong_rows
from jigong.portals.office.shared import as_lines, contract_of, law_for, owned_classes, owns

PAGE = 50
MOST_MEGABYTES = 50
_DELIVERED = "office.delivered"


@require_safe
@staff_with(Permission.SEE_DATA)
def quarantine(request: HttpRequest) -> HttpResponse:
    """How much of each of one's classes waits, and why."""
    pack = law_for(request).pack
    classes = owned_classes(account_of(request), pack)
    found = came(lake_of(pack), classes)
    departments: dict[str, list[Any]] = {}
    for one in found:
        departments.setdefault(one.contract.department.zh, []).append(one)
    return render(
        request,
        "office/quarantine.html",
        {
            "departments": [(ones[0].contract.department, ones, sum(one.quarantined for one in ones)) for ones in departments.values()],
            "rows_in": sum(one.rows_in for one in found),
            "quarantined": sum(one.quarantined for one in found),
        },
    )  # fmt: skip


@require_safe
@staff_with(Permission.SEE_DATA)
def quarantined(request: HttpRequest, name: str) -> HttpResponse:
    """The rows of one class: where each stood, what is wrong, how to put it right; and a form to deliver again."""
    contract = contract_of(request, name)
    pack, account = law_for(request).pack, account_of(request)
    lake = lake_of(pack)
    batch = request.GET.get("batch", "")
    rows = wrong_rows(lake, contract.name, batch)
    start = min(whole_number(request.GET.get("after")) or 0, len(rows))
    return render(
        request,
        "office/quarantined.html",
        {
            "contract": contract,
            "came": came(lake, [contract])[0],
            "batch": batch,
            "rows": [
                (row, _faults(row, contract, owns(account, contract))) for row in rows[start : start + PAGE]
            ],
            "total": len(rows),
            "after": start + PAGE if len(rows) > start + PAGE else None,
            "owner": owns(account, contract),
            "may_deliver": may_deliver(account, contract),
            "most": MOST_MEGABYTES,
        },
    )


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


def may_deliver(account: Account, contract: Contract) -> bool:
    """Whether the account delivers this class: an officer of its department, or the site's operator."""
    own = organisations(account, Permission.HANDLE_CASES)
    operated = organisations(account, Permission.MANAGE_ACCOUNTS)
    return any(o.kind == OrganisationKind.BUREAU and o.zh == contract.department.zh for o in own) or any(
        o.kind == OrganisationKind.DISTRICT for o in operated
    )


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
    try:
        done = deliver(law_for(request).pack, contract, sent_file(request), by=account, at=now(), day=today())
    except JigongError as bad:
        request.session[_DELIVERED] = {"class": contract.name, "problems": as_lines(bad.problems)}
    else:
        request.session[_DELIVERED] = {"class": contract.name, "problems": [], **done}
    return redirect("office:delivered", name=name)


@require_safe
@staff_with(Permission.SEE_DATA)
def delivered(request: HttpRequest, name: str) -> HttpResponse:
    """What became of the file this session delivered last."""
    contract, kept = contract_of(request, name), request.session.get(_DELIVERED)
    if not kept or kept["class"] != contract.name:
        return redirect("office:quarantined", name=name)
    owner = owns(account_of(request), contract)
    rows = []
    if kept.get("batch"):
        rows = wrong_rows(lake_of(law_for(request).pack), contract.name, kept["batch"])[:PAGE]
    return render(
        request,
        "office/delivered.html",
        {"contract": contract, "done": kept, "rows": [(row, _faults(row, contract, owner)) for row in rows]},
        status=422 if kept["problems"] else 200,
    )
