"""Employees who consented, for their enterprise."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from jigong.accounts.models import Consent, Person
from jigong.portals.api import schemas
from jigong.portals.api.auth import BearerToken, token_of
from jigong.portals.api.paging import Paging, page
from jigong.portals.api.problems import not_found
from jigong.portals.api.reach import employees, enterprise_of
from jigong.portals.api.schemas import ERRORS, Id, text
from jigong.portals.kit.clock import now
from jigong.services.access_tokens.enums import Scope
from jigong.services.access_tokens.models import Token
from jigong.services.invitations.benefits import Benefits, benefits_of
from jigong.services.invitations.enums import Purpose
from jigong.services.invitations.looks import consents_in_force, looked

router = Router(tags=["employees · 职工"], auth=BearerToken(Scope.EMPLOYEES_READ))


@router.get(
    "/employees", response={200: schemas.Page[schemas.Employee], **ERRORS},
    summary="Employees who consented · 已授权职工", operation_id="list_employees",
)  # fmt: skip
def list_employees(request: HttpRequest, paging: Query[Paging]) -> Any:
    """Those employed now who let the enterprise see something. Whoever withdraws consent, or leaves, is gone at once."""
    token = token_of(request)
    return page(_consenting(token), paging, lambda people: _lines(token, people))


@router.get(
    "/employees/{employee}", response={200: schemas.EmployeeDetail, **ERRORS},
    summary="One employee · 一名职工", operation_id="get_employee",
)  # fmt: skip
def get_employee(request: HttpRequest, employee: Path[Id]) -> Any:
    """What the employee consented to show. The look is recorded, and the employee can read the record."""
    token = token_of(request)
    found = _consenting(token).filter(pk=employee).first()
    if found is None:
        raise not_found()
    line = _lines(token, [found])[0]
    benefits: Benefits | None = None
    if Purpose.BENEFITS in line["consents"]:
        looked(
            [found.pk],
            purpose=Purpose.BENEFITS,
            organisation=token.organisation,
            by=token.created_by,
            at=now(),
        )
        benefits = benefits_of([found.pk]).get(found.pk)
    return {**line, **_detail(benefits)}


def _consenting(token: Token) -> Any:
    given = Consent.objects.filter(organisation=enterprise_of(token), withdrawn_at__isnull=True)
    return employees(token).filter(pk__in=given.values("person"))


def _lines(token: Token, people: Sequence[Person]) -> list[dict[str, Any]]:
    consents = consents_in_force(token.organisation, [person.pk for person in people])
    return [
        {"id": person.pk, "name": person.name, "consents": sorted(consents.get(person.pk, ()))}
        for person in people
    ]


def _detail(benefits: Benefits | None) -> dict[str, Any]:
    if benefits is None:
        return {"benefits": None, "ways": None}
    return {
        "benefits": [
            {
                "entitlement": line.id, "clause": text(line.clause), "period": line.period, "supplement": line.supplement, "amount": line.amount,
                "state": line.state,
            }
            for line in benefits.due
        ],
        "ways": [
            {
                "clause": text(way.clause), "todo": [text(step.action) for step in way.todo], "worth": way.worth,
                "on": way.on,
            }
            for way in benefits.ways
        ],
    }  # fmt: skip
