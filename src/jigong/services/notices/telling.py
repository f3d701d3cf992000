"""Receivers: what happens to people's matters becomes notices, in the transaction in which it happens."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from jigong.accounts.models import Account, BankAccount, Person
from jigong.delivery.former import clause_of
from jigong.delivery.hold_words import waits_words
from jigong.delivery.lottery.enums import EVENT_LABELS, WHY_LABELS, EventKind
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.models import Entitlement, Hold, Step
from jigong.delivery.payments.models import Payment
from jigong.delivery.replay.models import Adjustment, AdjustmentState
from jigong.delivery.states import State
from jigong.delivery.timeline import HoldEvent
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.services.notices import words
from jigong.services.notices.actions import Told, tell, withdraw
from jigong.services.notices.enums import Kind, Place
from jigong.services.notices.models import Notice

ENTITLEMENT, HOLD, DRAW, ADJUSTMENT, LOOK = "entitlement", "hold", "draw", "adjustment", "person"
_ASKED = (State.PROPOSED, State.CORRECTED)
"""States in which a payee is asked something."""
_OWN = ("confirm", "withdraw", "appeal")
"""Moves of the payee, who knows."""
_QUIET = (*_OWN, "pass_by_rule", "bounce")
"""Moves that are told by nothing, or by something else."""
_KINDS = {
    "approve": Kind.APPROVED,
    "decline": Kind.DECLINED,
    "strike": Kind.DECLINED,
    "dismiss": Kind.DECLINED,
    "pay": Kind.PAID,
}
_MOOT: tuple[tuple[Callable[["Taken"], bool], Kind], ...] = (
    (lambda step: step.before in _ASKED, Kind.ASK),
    (lambda step: step.before == State.APPROVED, Kind.UNPAID),
    (lambda step: step.move == "bounce", Kind.PAID),
    (lambda step: step.move == "revoke", Kind.APPROVED),
)
"""After which steps earlier notices of a kind are moot."""


class Taken(NamedTuple):
    """A step, as telling needs it."""

    id: int
    move: str
    before: str
    after: str
    amount: Decimal | None
    reason: str
    entitlement: int
    clause: str
    fund: str
    person: int | None
    organisation: int | None


_TAKEN = """
SELECT s.id, s.move, s.from_state, s.to_state, s.amount, s.reason, e.id, e.clause, e.fund, e.person_id, e.organisation_id
FROM delivery_step s JOIN delivery_entitlement e ON e.id = s.entitlement_id WHERE s.id = ANY(%s) ORDER BY s.id"""


def on_moved(sender: Any, entitlement: Entitlement, step: Step, at: datetime, **_: Any) -> None:
    """Tell of one step. Whoever took it for themself knows."""
    e, by = entitlement, step.by
    taken = Taken(
        step.pk, step.move, step.from_state, step.to_state, step.amount, step.reason,
        e.pk, e.clause, e.fund, e.person_id, e.organisation_id,
    )  # fmt: skip
    themself = by is not None and by.person_id is not None and by.person_id == e.person_id
    _tell_steps([taken], at, quiet=themself)


def on_stepped(sender: Any, steps: Sequence[int], at: datetime, **_: Any) -> None:
    """Tell of the steps a rule made, thousands of them in a night."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [list(steps)])
        taken = [Taken(*row) for row in cursor.fetchall()]
    _tell_steps(taken, at)


def _tell_steps(taken: Sequence[Taken], at: datetime, *, quiet: bool = False) -> None:
    for is_over, kind in _MOOT:
        if over := [step.entitlement for step in taken if is_over(step)]:
            withdraw(ENTITLEMENT, over, kind, at=at)
    if not quiet:
        tell(_of_steps([step for step in taken if step.move not in _QUIET]), at=at)


def _of_steps(taken: Iterable[Taken]) -> Iterator[Told]:
    named = _names()
    for step in taken:
        if (label := named(step.clause)) is not None:
            kind = Kind.ASK if step.after in _ASKED else _KINDS.get(step.move, Kind.STEP)
            amount = step.amount if step.fund else None
            yield Told(
                f"step:{step.id}", kind, (ENTITLEMENT, step.entitlement),
                words.step_words(step.move, step.after, label, amount), said=step.reason,
                **_whom(step.person, step.organisation, step.clause, step.entitlement),
            )  # fmt: skip


def on_held(sender: Any, opened: Sequence[int], lifted: Sequence[int], at: datetime, **_: Any) -> None:
    """Tell what was put on hold, what for, and when it goes on; but for what a step of that moment tells."""
    if lifted:
        withdraw(HOLD, lifted, Kind.HOLD, at=at)
    named, pack = _names(), _pack()
    by_step = set(
        Step.objects.filter(at=at, entitlement__holds__in=[*opened, *lifted]).values_list(
            "entitlement", flat=True
        )
    )

    def told() -> Iterator[Told]:
        for hold in (
            Hold.objects.filter(pk__in=[*opened, *lifted]).select_related("entitlement").order_by("pk")
        ):
            e, over = hold.entitlement, hold.lifted_at is not None
            label = named(e.clause)
            if label is None or e.pk in by_step:
                continue
            lines = [] if over else [*waits_words(hold, pack), hold.ended_by]
            yield Told(
                f"hold:{hold.pk}{':lifted' if over else ''}", Kind.HOLD, (HOLD, hold.pk),
                words.hold_words(label, HoldEvent(at, hold, over).label),
                more=Text("；".join(line.zh for line in lines), "; ".join(line.en for line in lines)),
                **_whom(e.person_id, e.organisation_id, e.clause, e.pk),
            )  # fmt: skip

    tell(told(), at=at)


def on_drawn(
    sender: Any,
    draw: Draw,
    code: str,
    kind: EventKind,
    detail: Mapping[str, Any],
    by: Account | None,
    at: datetime,
    **_: Any,
) -> None:
    """Tell an entrant what became of their place; whoever gave it up themself knows."""
    entrant = Entrant.objects.filter(draw=draw, code=code).first()
    if entrant is None or (entrant.person_id is None and entrant.organisation_id is None):
        return
    if by is not None and by.person_id is not None and by.person_id == entrant.person_id:
        return
    withdraw(DRAW, [entrant.pk], Kind.DRAW, at=at)
    until = date.fromisoformat(detail["until"]) if detail.get("until") else None
    text = words.draw_words(draw.label, EVENT_LABELS[kind], until, WHY_LABELS.get(detail.get("why", "")))
    whom = _whom(entrant.person_id, entrant.organisation_id, draw.clause, None)
    tell([Told(f"draw:{draw.pk}:{kind.value}:{code}", Kind.DRAW, (DRAW, entrant.pk), text, **whom)], at=at)


def on_adjusted(sender: Any, adjustment: Adjustment, at: datetime, **_: Any) -> None:
    """Tell where arrears or a recovery stand; what stood before is moot."""
    withdraw(ADJUSTMENT, [adjustment.pk], Kind.ADJUSTMENT, at=at)
    e = adjustment.entitlement
    label = _names()(e.clause)
    if adjustment.state == AdjustmentState.REPLACED or label is None:
        return
    told = Told(
        f"adjustment:{adjustment.pk}:{adjustment.state}:{at:%Y%m%dT%H%M%S.%f}", Kind.ADJUSTMENT, (ADJUSTMENT, adjustment.pk),
        words.adjustment_words(adjustment, label, _pack()), said=adjustment.answer or adjustment.reason,
        **_whom(e.person_id, e.organisation_id, e.clause, e.pk),
    )  # fmt: skip
    tell([told], at=at)


def on_unpaid(sender: Any, payment: Payment, entitlement: Entitlement, at: datetime, **_: Any) -> None:
    """Tell the payee that their money did not arrive, why, and what to do: of all notices the one nobody may miss."""
    e = entitlement
    label = _names()(e.clause) or Text(e.clause, e.clause)
    whom = {"organisation": e.organisation_id} if e.organisation_id is not None else {"person": e.person_id}
    told = Told(
        f"payment:{payment.pk}", Kind.UNPAID, (ENTITLEMENT, e.pk), words.unpaid_words(label, payment.amount),
        Place.BANK_ACCOUNT, more=words.OTHER_ACCOUNT, said=payment.reason, **whom,
    )  # fmt: skip
    tell([told], at=at)


def on_account_given(sender: Any, bank_account: BankAccount, at: datetime, **_: Any) -> None:
    """Another account was given: what was asked is answered."""
    owner = {"person": bank_account.person_id, "organisation": bank_account.organisation_id}
    Notice.objects.filter(**owner, kind=Kind.UNPAID, withdrawn_at=None).update(withdrawn_at=at)


def on_unmasked(
    sender: Any, person: Person, what: str, reason: str, by: Account, at: datetime, **_: Any
) -> None:
    """Tell a person that somebody saw what is masked, and why."""
    if by.person_id == person.pk:
        return
    key = f"look:{person.pk}:{by.pk}:{what}:{at:%Y%m%dT%H%M%S.%f}"
    told = Told(key, Kind.LOOK, (LOOK, person.pk), words.LOOKED, Place.LOOKS, person=person.pk, said=reason)
    tell([told], at=at)


def _whom(
    person: int | None, organisation: int | None, clause: str, entitlement: int | None
) -> dict[str, Any]:
    """Who is told, and where it leads. What an enterprise is due for somebody is told to the enterprise."""
    if organisation is not None:
        if entitlement is None:
            return {"organisation": organisation, "place": Place.MONEY}
        return {"organisation": organisation, "place": Place.DUE, "argument": str(entitlement)}
    return {"person": person, "place": Place.CLAUSE, "argument": clause}


def _pack() -> Pack:
    return law_of_run(current_run()).pack


def _names() -> Callable[[str], Text | None]:
    """What clauses are called, each looked up once; None for one nobody knows any more."""
    pack = _pack()

    @cache
    def name(clause: str) -> Text | None:
        found = clause_of(clause, pack)
        return found.label if found is not None else None

    return name
