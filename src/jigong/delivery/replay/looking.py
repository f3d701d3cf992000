"""Looking again at what was confirmed, approved or paid: what is held, and what is proposed to pay or to ask back."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from jigong.accounts.cipher import seal_text
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.basis import reckoning_of
from jigong.delivery.deaths import ask_about_deaths
from jigong.delivery.held import facts_about, held_about, whose
from jigong.delivery.holds import NOTHING, WaitsFor, lift, open_holds, put_on
from jigong.delivery.lacking import lacking
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.payments.enums import PaymentState
from jigong.delivery.queries import exceptions_among
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction, Look
from jigong.delivery.replay.queries import (
    BODY,
    Again,
    cited_withdrawals,
    frozen_of,
    judge_again,
    law_then,
)
from jigong.delivery.signals import adjusted
from jigong.delivery.states import UNDERWAY, Cause, State
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.hashing import canonical_json, content_hash
from jigong.lake.facts import PERSON
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking again found: how many decisions, new proposals, proposals that replaced an older one, new holds."""

    decisions: int
    proposed: int
    replaced: int
    held: int


def look_again(
    *, only: Collection[int] | None = None, known: str | None = None, by: Account | None, at: datetime
) -> Looked:
    """Decide again everything confirmed, approved or paid, under the law of then, with what is known now.

    What is not paid yet is held where it cannot be told any more, or comes out otherwise. Where what was paid differs,
    or more is due than was approved, a proposal is made that cites the changed facts. Doing it again changes nothing.
    Arrears that were agreed to and are not paid yet are held with what they belong to. ``only`` (ids of entitlements)
    limits it. ``known`` is the id of the snapshot with which deaths were asked about, the newest unless given: what
    came later is looked at again before anything is paid.
    """
    groups: dict[tuple[str, date, str, str], list[Basis]] = defaultdict(list)
    for basis in _bases(only):
        # Of an enterprise the facts of then are made again, from the data of then.
        data = basis.snapshot if basis.entitlement.person_id is None else ""
        # Months that came since the decision are no reason to look at it in another way.
        counted = canonical_json(dict(reckoning_of(basis.snapshot)))
        groups[basis.pack_hash, basis.as_of, data, counted].append(basis)
    counts = {"decisions": 0, "proposed": 0, "replaced": 0, "held": 0}
    # What comes while this runs is looked at the next time.
    newest = known or _known_now()
    for bases in groups.values():
        looks = []
        for basis, again in _again(bases):
            counts["decisions"] += 1
            unpaid, done = _settle(basis, again, by, at)
            for name in done:
                counts[name] += 1
            # What is with the bank is not held now: it has to be looked at again if the bank does not pay it.
            if unpaid:
                looks.append(Look(entitlement_id=basis.entitlement_id, basis=basis, snapshot=newest))
        Look.objects.bulk_create(
            looks,
            update_conflicts=True, unique_fields=["entitlement"], update_fields=["basis", "snapshot"],
        )  # fmt: skip
    return Looked(**counts)


def decide_before_paying(entitlements: Collection[int], *, by: Account, at: datetime) -> None:
    """Decide entitlements (ids) again where data have come since somebody last looked, and ask about deaths.

    Arrears rest on what they belong to: that is decided again.
    """
    owed_beside = Adjustment.objects.filter(supplement__in=list(entitlements))
    wanted = not_looked_at({*entitlements, *owed_beside.values_list("entitlement_id", flat=True)})
    if wanted:
        # Deaths first, because looking again says that all has been done; what comes meanwhile is looked at the next time.
        known = _known_now()
        ask_about_deaths(wanted, at=at)
        look_again(only=wanted, known=known, by=by, at=at)


def not_looked_at(entitlements: Collection[int]) -> list[int]:
    """Those of the entitlements that were not looked at again with the newest data."""
    bases = {basis.entitlement_id: basis.pk for basis in _bases(entitlements)}
    if not bases:
        return []
    looks = Look.objects.filter(basis__in=list(bases.values()), snapshot=_known_now())
    looked = set(looks.values_list("entitlement", flat=True))
    return [id_ for id_ in bases if id_ not in looked]


def _known_now() -> str:
    """The id of the newest snapshot."""
    return Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts).snapshot().id


def judged_now(basis: Basis) -> tuple[Law, Again]:
    """A decision judged again by the law of then, with what is known now; and that law.

    Raises:
        JigongError: the pack of then was lost.
    """
    ((_, again),) = _again([basis])
    return law_then(basis), again


def _again(bases: Sequence[Basis]) -> Iterator[tuple[Basis, Again]]:
    """Judge decisions of one law and day, all about people or all about enterprises, with what is known now."""
    law, day = law_then(bases[0]), bases[0].as_of
    lake = Lake(settings.JIGONG.data / "lake", law.pack.contracts)
    kind = whose(bases[0].entitlement)[0]
    keys = sorted({whose(basis.entitlement)[1] for basis in bases})
    reckoning = reckoning_of(bases[0].snapshot)
    with ExitStack() as stack:
        now = lake.snapshot()
        facts = stack.enter_context(facts_about(kind, keys, law, day, now, reckoning))
        then = None
        if kind != PERSON:
            known = lake.snapshot_of(bases[0].snapshot)
            then = stack.enter_context(facts_about(kind, keys, law, day, known, reckoning))
        for basis in bases:
            before = held_about(basis.entitlement, then, law) if then is not None else None
            frozen = frozen_of(basis.entitlement, basis, law, before)
            held = held_about(basis.entitlement, facts, law)
            again = judge_again(basis.entitlement, frozen, law, held)
            yield basis, replace(again, waits_for=_waits_for(basis.entitlement, again, held, law, now))


def _waits_for(
    entitlement: Entitlement, again: Again, held: Held | None, law: Law, now: Snapshot
) -> WaitsFor:
    if again.outcome is None or held is None:
        return NOTHING
    return lacking(
        again.outcome.missing, law.pack, now.coverage, held.as_of, keys={held.worker, entitlement.open_subject()},
        waiting=lambda: held.waiting, entitled=again.outcome.verdict == "yes",
    )  # fmt: skip


UNPAID = (State.CONFIRMED, State.PASSED, State.APPROVED)


def _bases(only: Collection[int] | None) -> list[Basis]:
    """The newest basis of everything confirmed that is not paid yet, and of everything paid in money."""
    found = Basis.objects.filter(
        Q(entitlement__state__in=UNPAID)
        | Q(entitlement__state=State.PAID, entitlement__amount__isnull=False),
        entitlement__supplement_of__isnull=True,
    )
    if only is not None:
        found = found.filter(entitlement__in=list(only))
    newest = found.order_by("entitlement_id", "-id").distinct("entitlement_id")
    return list(newest.select_related("entitlement__person", "entitlement__organisation"))


def _settle(basis: Basis, again: Again, by: Account | None, at: datetime) -> tuple[bool, list[str]]:
    """Hold what is unpaid and not certain any more, or propose to pay or ask back the difference.

    Gives whether it is unpaid, and what was done.
    """
    with transaction.atomic():
        # Locked before anything is read: an answer given meanwhile must count.
        entitlement = Entitlement.objects.select_for_update(of=("self",), no_key=True).get(
            pk=basis.entitlement_id
        )
        if entitlement.state not in (*UNPAID, State.PAID):
            return False, []
        again = replace(again, instead=_exception(entitlement, again))
        unpaid = _unpaid(entitlement)
        done = _hold(entitlement, _wanted(entitlement, again), again, at) if unpaid else []
        if entitlement.state in (State.APPROVED, State.PAID):
            arrears = _arrears_to_pay(entitlement)
            done += _hold_arrears(arrears, entitlement, again, at)
            done += _propose(entitlement, basis, again, arrears, by, at)
        return unpaid, done


def _exception(entitlement: Entitlement, again: Again) -> Decimal | None:
    """The whole sum of an exception by which the entitlement has its amount, while the law gives what it gave then."""
    made = exceptions_among([entitlement]).get(entitlement.pk)
    by_law = None if again.amount is None else max(again.amount - entitlement.deducted, Decimal(0))
    if made is None or made.by_law != by_law:
        return None
    return made.amount + entitlement.deducted


def _unpaid(entitlement: Entitlement) -> bool:
    """Whether no money is on its way or there; once it is with the bank only a proposal can put it right."""
    return entitlement.state in UNPAID and not entitlement.payments.filter(state=PaymentState.SENT).exists()


def _wanted(entitlement: Entitlement, again: Again) -> Cause | None:
    """Why something unpaid is to be held: it cannot be told any more, or comes out otherwise."""
    if again.open(entitlement.amount is not None):
        return Cause.UNDECIDED
    if _less(entitlement, again) or (entitlement.state != State.APPROVED and _more(entitlement, again)):
        return Cause.CHANGED
    return None


def _hold(entitlement: Entitlement, wanted: Cause | None, again: Again, at: datetime) -> list[str]:
    """Hold it for the cause that is wanted; lift the hold of what is certain and the same."""
    before = {hold.cause for hold in open_holds(entitlement)}
    if wanted is Cause.UNDECIDED:
        put_on(entitlement, wanted, again.waits_for, at=at)
    elif wanted is not None:
        put_on(entitlement, wanted, WaitsFor(",".join(change.name for change in again.changed)), at=at)
    over = [cause for cause in (Cause.UNDECIDED, Cause.CHANGED) if cause is not wanted and cause in before]
    if over:
        lift(entitlement, *over, at=at)
    return ["held"] if wanted is not None and wanted not in before else []


def _hold_arrears(
    arrears: Sequence[Entitlement], entitlement: Entitlement, again: Again, at: datetime
) -> list[str]:
    """Hold arrears that are not paid yet where it cannot be told any more that so much is due."""
    if not arrears or entitlement.amount is None:
        return []
    wanted = None
    if again.amount is None:
        wanted = Cause.UNDECIDED
    elif max(again.amount - entitlement.deducted, Decimal(0)) < given_so_far(entitlement, entitlement.amount):
        wanted = Cause.CHANGED
    return [name for one in arrears for name in _hold(one, wanted, again, at)]


def _arrears_to_pay(entitlement: Entitlement) -> list[Entitlement]:
    """What was agreed to pay beside it that is on its way and not with the bank, locked."""
    agreed = Entitlement.objects.filter(
        supplement_of__entitlement=entitlement,
        supplement_of__state=AdjustmentState.ACCEPTED,
        state__in=(*UNDERWAY, State.APPEALED),
    )
    return [
        one
        for one in agreed.order_by("pk").select_for_update(of=("self",), no_key=True)
        if not one.payments.filter(state=PaymentState.SENT).exists()
    ]


def _less(entitlement: Entitlement, again: Again) -> bool:
    """Whether less is due than was promised; of a benefit in kind, whether it is not due at all."""
    if entitlement.amount is None:
        return again.outcome is None or again.outcome.verdict == "no"
    return again.amount is not None and again.amount - entitlement.deducted < entitlement.amount


def _more(entitlement: Entitlement, again: Again) -> bool:
    if entitlement.amount is None or again.amount is None:
        return False
    return again.amount - entitlement.deducted > entitlement.amount


def _propose(
    entitlement: Entitlement,
    basis: Basis,
    again: Again,
    arrears: Sequence[Entitlement],
    by: Account | None,
    at: datetime,
) -> list[str]:
    """Make or replace the proposal that brings what was given to what is due; gives what was done.

    What is approved and not paid is held where less is due; there is nothing to ask back. Neither is there of ``arrears``
    that are not paid yet.
    """
    total = again.amount
    if total is None or entitlement.amount is None:
        return []
    total = max(total - entitlement.deducted, Decimal(0))
    paid = given_so_far(entitlement, entitlement.amount)
    owed = max(total - paid, Decimal(0)) if _unpaid(entitlement) else total - paid
    if owed < 0:
        owed = min(owed + sum(one.amount or Decimal(0) for one in arrears), Decimal(0))
    open_ = Adjustment.objects.filter(entitlement=entitlement, state=AdjustmentState.PROPOSED).first()
    changes = [[change.name, _plain(change.then), _plain(change.now)] for change in again.changed]
    key = content_hash({"owed": owed, "given": paid, "changes": changes})
    if open_ is not None and (owed == 0 or open_.key != key):
        Adjustment.objects.filter(pk=open_.pk).update(state=AdjustmentState.REPLACED, decided_at=at)
        open_.state = AdjustmentState.REPLACED
        adjusted.send(sender=Adjustment, adjustment=open_, at=at)
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
    body: dict[str, Any] = {"changes": changes}
    if owed < 0 and (withdrawn := cited_withdrawals(basis)):
        body["withdrawn"] = withdrawn
    hearing = law_of_run(current_run()).pack.days_for("hearing")
    made, _ = Adjustment.objects.update_or_create(
        entitlement=entitlement, key=key,
        defaults={
            "direction": Direction.ARREARS if owed > 0 else Direction.RECOVERY, "amount": abs(owed),
            "body": seal_text(canonical_json(body), BODY),
            "state": AdjustmentState.PROPOSED, "created_at": at, "decided_at": None,
            "hear_until": day_of(at) + timedelta(days=hearing) if owed < 0 else None,
        },
    )  # fmt: skip
    record(
        "replay.propose", by=by, at=at, object_kind="adjustment", object_id=made.pk, person=entitlement.person_id,
        detail={"direction": made.direction, "amount": made.amount, "facts": [change.name for change in again.changed]},
    )  # fmt: skip
    adjusted.send(sender=Adjustment, adjustment=made, at=at)
    return [*done, "proposed"]


def given_so_far(entitlement: Entitlement, amount: Decimal) -> Decimal:
    """Yuan given, with what was agreed to pay or to ask back since. Arrears that were given up or declined are not given."""
    accepted = Adjustment.objects.filter(
        entitlement=entitlement,
        state__in=[AdjustmentState.ACCEPTED, AdjustmentState.APPEALED, AdjustmentState.SETTLED],
    ).exclude(supplement__state__in=[State.WITHDRAWN, State.DECLINED, State.LAPSED])
    sums: dict[str, Decimal] = dict(accepted.values_list("direction").annotate(Sum("amount")))
    return amount + sums.get(Direction.ARREARS, Decimal(0)) - sums.get(Direction.RECOVERY, Decimal(0))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value
