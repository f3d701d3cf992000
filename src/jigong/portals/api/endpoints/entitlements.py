"""Entitlements: an enterprise's own, to read and confirm; an office's, to follow."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from jigong.accounts.queries import bank_account_of
from jigong.delivery.actions import confirm
from jigong.delivery.models import Entitlement
from jigong.delivery.states import STATE_LABELS, State
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.portals.api import schemas
from jigong.portals.api.auth import BearerToken, token_of
from jigong.portals.api.once import answer_once
from jigong.portals.api.paging import Paging, page
from jigong.portals.api.problems import not_found
from jigong.portals.api.reach import enterprise_of, entitlements
from jigong.portals.api.schemas import ERRORS, Id, IdempotencyKey, Name, text
from jigong.portals.kit.clock import now
from jigong.services.access_tokens.enums import Scope
from jigong.services.access_tokens.models import Token
from jigong.services.invitations.benefits import clause_label

router = Router(tags=["entitlements · 应享事项"])
_READ = BearerToken(Scope.ENTITLEMENTS_READ)


@router.get(
    "/entitlements", response={200: schemas.Page[schemas.Entitlement], **ERRORS}, auth=_READ,
    summary="Entitlements and their states · 应享事项与状态", operation_id="list_entitlements",
)  # fmt: skip
def list_entitlements(
    request: HttpRequest,
    paging: Query[Paging],
    state: State | None = None,
    clause: Annotated[Name | None, Query()] = None,
) -> Any:
    """An enterprise sees what is due to itself; a bureau what its clauses give; a town what its people get."""
    rows = entitlements(token_of(request))
    if state is not None:
        rows = rows.filter(state=state)
    if clause is not None:
        rows = rows.filter(clause=clause)
    return page(rows, paging, _lines)


@router.get(
    "/entitlements/{entitlement}", response={200: schemas.EntitlementDetail, **ERRORS}, auth=_READ,
    summary="One entitlement with its history · 一项应享事项及经过", operation_id="get_entitlement",
)  # fmt: skip
def get_entitlement(request: HttpRequest, entitlement: Path[Id]) -> Any:
    """Every move it made, with the reason given for it."""
    found = entitlements(token_of(request)).filter(pk=entitlement).first()
    if found is None:
        raise not_found()
    steps = [
        {
            "at": step.at,
            "move": step.move,
            "state": step.to_state,
            "amount": step.amount,
            "reason": step.reason,
        }
        for step in found.steps.all()
    ]
    return {**_lines([found])[0], "steps": steps}


@router.post(
    "/confirmations", response={200: schemas.Confirmed, **ERRORS},
    auth=BearerToken(Scope.ENTITLEMENTS_CONFIRM),
    summary="Confirm the enterprise's own · 确认企业应得资金", operation_id="confirm_entitlements",
)  # fmt: skip
def confirm_entitlements(
    request: HttpRequest, asked: schemas.Confirmation, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Say yes to amounts due to the enterprise; they go to its bank account once approved. Each is tried by itself."""
    token = token_of(request)
    return answer_once(
        request,
        idempotency_key,
        lambda: schemas.Confirmed(items=[_confirm(token, item) for item in asked.items]),
    )


def _confirm(token: Token, item: schemas.ToConfirm) -> schemas.ConfirmedItem:
    mine = entitlements(token).filter(pk=item.id, organisation=enterprise_of(token))
    if not mine.exists():
        return _refused(item.id, not_found().problems)
    try:
        found = confirm(
            entitlement=item.id, by=token.created_by, at=now(), version=item.version,
            bank_account=bank_account_of(token.organisation),
        )  # fmt: skip
    except JigongError as bad:
        return _refused(item.id, bad.problems)
    return schemas.ConfirmedItem(
        id=found.pk, confirmed=True, state=found.state, version=found.version, problems=[]
    )


def _refused(id_: int, problems: Sequence[Problem]) -> schemas.ConfirmedItem:
    lines = [
        schemas.ProblemLine(what=text(problem.what), remedy=text(problem.remedy) if problem.remedy else None)
        for problem in problems
    ]
    return schemas.ConfirmedItem(id=id_, confirmed=False, state=None, version=None, problems=lines)


def _lines(rows: Sequence[Entitlement]) -> list[dict[str, Any]]:
    law = law_of_run(current_run())
    return [
        {
            "id": row.pk, "clause": row.clause, "label": text(clause_label(law, row.clause)), "period": row.period,
            "supplement": row.supplement,
            "state": row.state, "state_label": text(_state(row.state)), "amount": row.amount,
            "fund": row.fund or None, "office": row.office, "person": row.person_id,
            "organisation": row.organisation_id, "deadline": row.deadline, "version": row.version,
            "updated_at": row.updated_at,
        }
        for row in rows
    ]  # fmt: skip


def _state(state: str) -> Text:
    return STATE_LABELS[State(state)]
