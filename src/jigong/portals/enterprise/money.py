"""What is due to the firm itself, and saying yes to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from jigong.accounts.models import BankAccount
from jigong.delivery.actions import confirm
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import FactChange, Withdrawn, changes_of, withdrawn_of
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.shown import fact_text
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Language, Text
from jigong.portals.enterprise.firm import Desk
from jigong.portals.enterprise.people import shown_name
from jigong.services.invitations.benefits import clause_label
from jigong.services.invitations.looks import consents_in_force

PAGE = 100
AT_ONCE = 500
"""So many are confirmed by one press of a button."""
OPEN = (State.PROPOSED, State.CORRECTED)


@dataclass(frozen=True, slots=True)
class Line:
    """One entitlement of the firm's; ``about`` is the employee it is for, masked unless they consented."""

    entitlement: Entitlement
    clause: Text
    about: str

    @property
    def can_confirm(self) -> bool:
        """Whether it waits for the firm's yes."""
        return self.entitlement.state in OPEN and not self.entitlement.held


@dataclass(frozen=True, slots=True)
class StateSum:
    """How many there are in a state, and yuan."""

    state: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of a bulk confirmation; ``problems`` of those that failed, the first few."""

    done: int
    failed: int
    problems: tuple[Problem, ...]


def sums(desk: Desk) -> list[StateSum]:
    """The firm's entitlements by state."""
    found = desk.own().values_list("state").annotate(n=Count("id"), yuan=Sum("amount")).order_by("state")
    by_state = {state: StateSum(state, count, yuan or Decimal(0)) for state, count, yuan in found}
    return [by_state[state] for state in State if state in by_state]


def lines(desk: Desk, state: str, after: int | None, size: int = PAGE) -> tuple[list[Line], int | None]:
    """A page of the firm's entitlements, newest first, and the key of the next page."""
    found = desk.own().select_related("person", "bank_account").order_by("-id")
    if state in State.values:
        found = found.filter(state=state)
    if after is not None:
        found = found.filter(id__lt=after)
    rows = list(found[: size + 1])
    return made(desk, rows[:size]), rows[size - 1].pk if len(rows) > size else None


def made(desk: Desk, rows: Sequence[Entitlement]) -> list[Line]:
    """Entitlements as lines of a page."""
    law = law_of_run(current_run())
    consents = consents_in_force(desk.firm, [row.person_id for row in rows if row.person_id])
    return [
        Line(
            row,
            clause_label(law, row.clause),
            shown_name(row.person, consents.get(row.person.pk, frozenset())) if row.person else "",
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A recovery, and what it rests on; of a person's matter the firm is not told what the data say."""

    adjustment: Adjustment
    changes: Sequence[tuple[Text, str, str]]
    """The fact, what it was, what it is."""
    withdrawn: Sequence[Withdrawn]


def recoveries(desk: Desk) -> QuerySet[Adjustment]:
    """Money the firm was given and may have to pay back, or had to."""
    rows = Adjustment.objects.filter(entitlement__in=desk.own(), direction=Direction.RECOVERY)
    return rows.exclude(state=AdjustmentState.REPLACED)


def asked_of(desk: Desk, entitlement: Entitlement, language: Language) -> list[Asked]:
    """The recoveries of one matter, the newest first."""
    pack, own = law_of_run(current_run()).pack, entitlement.person_id is None
    rows = recoveries(desk).filter(entitlement=entitlement).prefetch_related("statements", "repayments")

    def told(change: FactChange) -> tuple[Text, str, str]:
        then, now = (fact_text(pack, change.name, value, language) for value in (change.then, change.now))
        return change.label, then, now

    return [
        Asked(
            row,
            [told(change) for change in changes_of(row, pack)] if own else (),
            withdrawn_of(row, pack) if own else (),
        )
        for row in rows.order_by("-id")
    ]


def confirm_chosen(
    desk: Desk, chosen: Sequence[tuple[int, int | None]], bank_account: BankAccount, *, at: datetime
) -> Confirmed:
    """Say yes to each (id, version as shown), each by itself: one that changed meanwhile does not stop the others."""
    mine = set(desk.own().filter(pk__in=[pk for pk, _ in chosen]).values_list("pk", flat=True))
    done = 0
    problems: list[Problem] = []
    for pk, version in chosen[:AT_ONCE]:
        if pk not in mine:
            continue
        try:
            confirm(entitlement=pk, by=desk.account, at=at, version=version, bank_account=bank_account)
        except JigongError as bad:
            problems += bad.problems
        else:
            done += 1
    return Confirmed(done, len(problems), tuple(problems[:3]))
