"""What offices follow: their cases, and the funds' books."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from jigong.delivery.ledger.queries import fund_years
from jigong.portals.api import schemas
from jigong.portals.api.auth import BearerToken, token_of
from jigong.portals.api.paging import Paging, page
from jigong.portals.api.reach import cases
from jigong.portals.api.schemas import ERRORS, text
from jigong.portals.kit.clock import today
from jigong.services.access_tokens.enums import Scope
from jigong.services.cases.models import Case, CaseState

router = Router(tags=["office · 部门"])


@router.get(
    "/cases", response={200: schemas.Page[schemas.Case], **ERRORS}, auth=BearerToken(Scope.CASES_READ),
    summary="The office's cases · 本部门事项", operation_id="list_cases",
)  # fmt: skip
def list_cases(request: HttpRequest, paging: Query[Paging], state: CaseState | None = None) -> Any:
    """Corrections, appeals and differences that went to the office, with their deadlines. What was said is read in the portal."""
    rows = cases(token_of(request))
    if state is not None:
        rows = rows.filter(state=state)
    return page(rows, paging, _cases)


@router.get(
    "/funds", response={200: list[schemas.FundYear], **ERRORS}, auth=BearerToken(Scope.LEDGER_READ),
    summary="The funds' year · 基金年度收支", operation_id="list_funds",
)  # fmt: skip
def list_funds(
    request: HttpRequest, year: Annotated[int | None, Field(ge=2000, le=2100), Query()] = None
) -> Any:
    """Budget, reserved, sent to the bank, paid, and what is left, by the books."""
    return [
        {
            "fund": found.fund, "label": text(found.label), "year": found.year, "budget": found.budget,
            "reserved": found.reserved, "sent": found.sent, "paid": found.paid, "recovered": found.recovered,
            "free": found.free,
        }
        for found in fund_years(year or today().year)
    ]  # fmt: skip


def _cases(rows: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk, "kind": row.kind, "state": row.state, "clause": row.clause or None, "fact": row.fact or None,
            "data_class": row.data_class or None, "person": row.person_id, "entitlement": row.entitlement_id,
            "deadline": row.deadline, "opened_at": row.opened_at, "decided_at": row.decided_at,
            "version": row.version,
        }
        for row in rows
    ]  # fmt: skip
