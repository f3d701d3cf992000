"""Looking again at what was approved or paid, and what becomes of what is found."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from jigong.accounts.cipher import seal_text, unseal_text
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.models import SUBJECT, Basis, Entitlement, Step
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import Again, facts_of_people, judge_again, law_then
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.explain import hold
from jigong.kernel.hashing import canonical_json, content_hash
from jigong.kernel.problems import JigongError, error
from jigong.lake.lake import Lake

_CONTEXT = "adjustment.body"


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking again found: how many decisions, how many new proposals, how many that replaced an older one."""

    decisions: int
    proposed: int
    replaced: int


def look_again(*, people: Collection[int] | None = None, by: Account | None, at: datetime) -> Looked:
    """Decide again everything approved or paid, under the law of then, with what is known now.

    Where the sum differs a proposal is made that cites the changed facts; doing it again changes
    nothing. ``people`` (ids) limits it.
    """
    groups: dict[tuple[str, date], list[Basis]] = defaultdict(list)
    for basis in _bases(people):
        groups[basis.pack_hash, basis.as_of].append(basis)
    counts = {"decisions": 0, "proposed": 0, "replaced": 0}
    for (_, day), bases in groups.items():
        law = law_then(bases[0])
        snapshot = Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot()
        numbers = {
            b.entitlement.person_id: b.entitlement.person.open_number() for b in bases if b.entitlement.person
        }
        with facts_of_people(sorted(set(numbers.values())), law, day, snapshot) as facts:
            for basis in bases:
                number = numbers[basis.entitlement.person_id]
                try:
                    held = hold(number, facts, law)
                except JigongError:
                    held = None
                again = judge_again(basis.entitlement, basis, law, law.pack, held)
                counts["decisions"] += 1
                for name in _propose(basis.entitlement, again, by, at):
                    counts[name] += 1
    return Looked(**counts)


def _bases(people: Collection[int] | None) -> list[Basis]:
    """The newest basis of everything approved or paid in money to a person."""
    found = Basis.objects.filter(
        entitlement__state__in=[State.APPROVED, State.PAID],
        entitlement__amount__isnull=False,
        entitlement__person__isnull=False,
        entitlement__supplement_of__isnull=True,
    )
    if people is not None:
        found = found.filter(entitlement__person__in=list(people))
    newest = found.order_by("entitlement_id", "-id").distinct("entitlement_id")
    return list(newest.select_related("entitlement__person"))


def _propose(entitlement: Entitlement, again: Again, by: Account | None, at: datetime) -> list[str]:
    """Make or replace the proposal that brings what was given to what is due; gives what was done."""
    total = again.amount
    if total is None or entitlement.amount is None:
        return []
    accepted = Adjustment.objects.filter(
        entitlement=entitlement, state__in=[AdjustmentState.ACCEPTED, AdjustmentState.SETTLED]
    )
    sums = dict(accepted.values_list("direction").annotate(Sum("amount")))
    given = entitlement.amount + sums.get(Direction.ARREARS, 0) - sums.get(Direction.RECOVERY, 0)
    owed = total - given
    with transaction.atomic():
        Entitlement.objects.select_for_update(no_key=True).get(pk=entitlement.pk)
        open_ = Adjustment.objects.filter(entitlement=entitlement, state=AdjustmentState.PROPOSED).first()
        changes = [[change.name, _plain(change.then), _plain(change.now)] for change in again.changed]
        key = content_hash({"owed": owed, "given": given, "changes": changes})
        if open_ is not None and (owed == 0 or open_.key != key):
            Adjustment.objects.filter(pk=open_.pk).update(state=AdjustmentState.REPLACED, decided_at=at)
        elif open_ is not None:
            return []
        done = ["replaced"] if open_ is not None else []
        if (
            owed == 0
            or Adjustment.objects.filter(entitlement=entitlement, key=key)
            .exclude(state=AdjustmentState.REPLACED)
            .exists()
        ):
            return done
        made, _ = Adjustment.objects.update_or_create(
            entitlement=entitlement, key=key,
            defaults={
                "direction": Direction.ARREARS if owed > 0 else Direction.RECOVERY, "amount": abs(owed),
                "body": seal_text(canonical_json({"changes": changes}), _CONTEXT),
                "state": AdjustmentState.PROPOSED, "created_at": at, "decided_at": None,
            },
        )  # fmt: skip
        record(
            "replay.propose", by=by, at=at, object_kind="adjustment", object_id=made.pk, person=entitlement.person_id,
            detail={"direction": made.direction, "amount": made.amount, "facts": [change.name for change in again.changed]},
        )  # fmt: skip
        return [*done, "proposed"]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


def changes_of(adjustment: Adjustment) -> list[tuple[str, Any, Any]]:
    """The facts an adjustment cites: name, then, now."""
    return [tuple(change) for change in json.loads(unseal_text(adjustment.body, _CONTEXT))["changes"]]


@transaction.atomic
def accept(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer agrees. Arrears become an entitlement of their own, which the worker confirms and which is
    approved and paid like any other; a recovery waits for the money (:func:`settle`).

    Raises:
        JigongError: it was decided before, or no reason is given.
    """
    found = _decided(adjustment, AdjustmentState.ACCEPTED, reason, by, at)
    if found.direction == Direction.ARREARS:
        found.supplement = _supplement(found, at)
        found.save()
    return found


@transaction.atomic
def reject(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer leaves it as it was, and says why.

    Raises:
        JigongError: it was decided before, or no reason is given.
    """
    return _decided(adjustment, AdjustmentState.REJECTED, reason, by, at)


def _decided(adjustment: int, state: AdjustmentState, reason: str, by: Account, at: datetime) -> Adjustment:
    if not reason.strip():
        raise error("请写明理由", "please give a reason")
    found = (
        Adjustment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("entitlement")
        .get(pk=adjustment)
    )
    if found.state != AdjustmentState.PROPOSED:
        raise error(
            "这项调整已有人处理,本次操作没有执行", "somebody has decided this already; nothing was done",
            remedy=("刷新看看结果", "reload to see the answer"),
        )  # fmt: skip
    found.state, found.reason, found.decided_by, found.decided_at = state, reason, by, at
    found.save()
    record(
        f"replay.{state.value}", by=by, at=at, object_kind="adjustment", object_id=found.pk,
        person=found.entitlement.person_id, detail={"direction": found.direction, "amount": found.amount}, reason=reason,
    )  # fmt: skip
    return found


def _supplement(adjustment: Adjustment, at: datetime) -> Entitlement:
    """The entitlement by which arrears are paid: the same clause and subject, the period marked as a supplement."""
    first = adjustment.entitlement
    count = Adjustment.objects.filter(entitlement=first, supplement__isnull=False).count()
    law = law_of_run(current_run())
    made = Entitlement.objects.create(
        clause=first.clause, subject_hash=first.subject_hash, subject=seal_text(first.open_subject(), SUBJECT),
        period=f"{first.period}+{count + 1}", person=first.person, organisation=first.organisation, mode=first.mode,
        office=first.office, fund=first.fund, branch=first.branch, amount=adjustment.amount, run=current_run(),
        deadline=day_of(at) + timedelta(days=law.pack.days_for("confirm")), created_at=at, updated_at=at,
    )  # fmt: skip
    Step.objects.create(
        entitlement=made, at=at, by=None, move="propose", to_state=State.PROPOSED, amount=made.amount,
        reason=adjustment.reason,
    )  # fmt: skip
    return made
