"""Employees and entitlements."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from jigong.portals.api.schemas.base import Id, Moment, Money, ProblemLine, Strict, Text


class Employee(Schema):
    """Somebody the enterprise employs now who consented to something."""

    id: int
    name: str
    consents: list[str]


class Benefit(Schema):
    """Something a person gets or could get."""

    entitlement: int
    clause: Text
    period: str
    supplement: int
    amount: Money | None
    state: str


class Way(Schema):
    """The next step to something that is not due yet."""

    clause: Text
    todo: list[Text]
    worth: Money | None
    on: date


class EmployeeDetail(Employee):
    """With consent for ``benefits`` what they could be due; null without."""

    benefits: list[Benefit] | None
    ways: list[Way] | None


class Entitlement(Schema):
    """What a clause gives one subject for one period. ``person`` is the platform's number of the person it is about."""

    id: int
    clause: str
    label: Text
    period: str
    supplement: int
    state: str
    state_label: Text
    amount: Money | None
    fund: str | None
    office: str
    person: int | None
    organisation: int | None
    deadline: date | None
    version: int
    updated_at: Moment


class Step(Schema):
    """One move of an entitlement."""

    at: Moment
    move: str
    state: str
    amount: Money | None
    reason: str


class EntitlementDetail(Entitlement):
    """With its history."""

    steps: list[Step]


class ToConfirm(Strict):
    """One entitlement to confirm; ``version`` as last read, so that nothing is confirmed unseen."""

    id: Id
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Confirmation(Strict):
    """Entitlements of the enterprise's own to confirm."""

    items: Annotated[list[ToConfirm], Field(min_length=1, max_length=200)]


class ConfirmedItem(Schema):
    """What became of one."""

    id: int
    confirmed: bool
    state: str | None
    version: int | None
    problems: list[ProblemLine]


class Confirmed(Schema):
    """What became of each, in the order asked."""

    items: list[ConfirmedItem]
