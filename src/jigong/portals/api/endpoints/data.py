"""Delivering rows of a class, and what came in wrong."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from jigong.accounts.enums import OrganisationKind
from jigong.kernel.text import Text
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.waiting import still_waiting
from jigong.packs.contract import Contract
from jigong.portals.api import schemas
from jigong.portals.api.auth import BearerToken, token_of
from jigong.portals.api.once import answer_once
from jigong.portals.api.paging import Paging, page_of_list
from jigong.portals.api.problems import ApiError, not_found
from jigong.portals.api.reach import employees
from jigong.portals.api.schemas import ERRORS, IdempotencyKey, Name, text
from jigong.portals.kit.clock import now, today
from jigong.services.access_tokens.enums import Scope
from jigong.services.access_tokens.models import Token
from jigong.services.reporting.actions import deliver, report_rows
from jigong.services.reporting.intake import Outcome
from jigong.services.reporting.queries import classes_of, forms, lake
from jigong.services.reporting.reading import Fault, Sent, read_rows

MOST_FAULTS = 50_000
"""Of one class, read for a list."""

router = Router(tags=["classes · 数据"], auth=BearerToken(Scope.CLASSES_DELIVER))


@router.get(
    "/classes", response={200: list[schemas.DataClass], **ERRORS},
    summary="Classes this token delivers · 可报送的数据类", operation_id="list_classes",
)  # fmt: skip
def list_classes(request: HttpRequest) -> Any:
    """A bureau delivers the classes of its department; an enterprise what the law lets it report about its people."""
    return [_class(contract) for contract in _classes(token_of(request)).values()]


@router.post(
    "/classes/{data_class}/records", response={200: schemas.Delivered, **ERRORS},
    summary="Deliver rows · 报送数据", operation_id="deliver_records",
)  # fmt: skip
def deliver_records(
    request: HttpRequest,
    data_class: Path[Name],
    sent: schemas.Records,
    idempotency_key: IdempotencyKey,
) -> HttpResponse:
    """Rows are checked one by one against the class's contract; the answer says what became of each.

    Good rows count from now on. A bureau's refused rows wait in quarantine until they are delivered right. An
    enterprise may report only people it employs now (by citizen number, or `P-<id>` of the platform) and only
    replace records it reported itself.
    """
    token = token_of(request)
    contract = _contract(token, data_class)
    rows = read_rows(sent.records, contract)
    return answer_once(request, idempotency_key, lambda: _delivered(rows, _take(token, contract, rows)))


@router.get(
    "/classes/{data_class}/quarantine", response={200: schemas.Page[schemas.Quarantined], **ERRORS},
    summary="Rows that came in wrong · 问题数据行", operation_id="list_quarantine",
)  # fmt: skip
def list_quarantine(request: HttpRequest, data_class: Path[Name], paging: Query[Paging]) -> Any:
    """Faults of rows that wait in quarantine, the newest delivery first: what was sent, why it was refused, what to do.

    A row that was delivered right since is gone. Bureaus only.
    """
    token = token_of(request)
    if token.organisation.kind != OrganisationKind.BUREAU:
        raise ApiError(
            403,
            Text("只供部门使用", "for bureaus only"),
            remedy=Text("用部门的令牌", "use a token of a bureau"),
        )
    contract = _contract(token, data_class)
    held = lake()
    found = still_waiting(held.snapshot(), quarantined_rows(held, contract.name, MOST_FAULTS))
    made = [
        schemas.Quarantined(
            batch=row.batch, file=row.file, line=row.line, column=row.column, value=row.value, reason=row.reason,
            what=text(row.message), remedy=text(row.remedy),
        )
        for row in found
    ]  # fmt: skip
    return page_of_list(made, paging)


def _classes(token: Token) -> Mapping[str, Contract]:
    if token.organisation.kind == OrganisationKind.ENTERPRISE:
        return {name: form.contract for name, form in forms().items()}
    return classes_of(token.organisation)


def _contract(token: Token, data_class: str) -> Contract:
    contract = _classes(token).get(data_class)
    if contract is None:
        raise not_found()
    return contract


def _take(token: Token, contract: Contract, rows: Sent) -> Outcome:
    given: dict[str, Any] = {
        "organisation": token.organisation,
        "by": token.created_by,
        "at": now(),
        "day": today(),
    }
    if token.organisation.kind == OrganisationKind.ENTERPRISE:
        return report_rows(form=forms()[contract.name], sent=rows, employees=employees(token), **given)
    return deliver(contract=contract, sent=rows, **given)


def _delivered(sent: Sent, outcome: Outcome) -> schemas.Delivered:
    faults: dict[int, list[Fault]] = {}
    for fault in outcome.faults:
        faults.setdefault(fault.line, []).append(fault)
    accepted = set(outcome.lines)
    rows = [
        schemas.RowResult(
            row=row.line,
            result="refused" if row.line in faults else "accepted" if row.line in accepted else "duplicate",
            faults=[
                schemas.RowFault(column=f.column, value=f.value, what=text(f.message), remedy=text(f.remedy))
                for f in faults.get(row.line, ())
            ],
        )
        for row in sent.rows
    ]
    return schemas.Delivered(
        batch=outcome.batch or None,
        accepted=len(accepted),
        duplicates=sum(row.result == "duplicate" for row in rows),
        refused=len(faults),
        ignored=list(sent.ignored),
        rows=rows,
    )


def _class(contract: Contract) -> schemas.DataClass:
    return schemas.DataClass(
        name=contract.name, label=text(contract.label), department=text(contract.department),
        columns=[
            schemas.ColumnInfo(
                name=column.name, label=text(column.label), type=column.kind, required=column.required,
                key=column.name in contract.key, values=[value.value for value in column.values],
            )
            for column in contract.columns
        ],
    )  # fmt: skip
