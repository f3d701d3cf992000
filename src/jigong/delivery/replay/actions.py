"""Looking again at what was confirmed, approved or paid, and what becomes of what is found."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, Sum

from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.actions import already, move
from jigong.delivery.basis import reckoning_of
from jigong.delivery.deaths import ask_about_deaths
from jigong.delivery.held import facts_about, held_about, whose
from jigong.delivery.holds import NOTHING, WaitsFor, lift, open_holds, put_on
from jigong.delivery.lacking import lacking
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.offers import Offer, offer_one
from jigong.delivery.own import refuse_own
from jigong.delivery.payments.enums import PaymentState
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction, Look
from jigong.delivery.replay.queries import (
    BODY,
    Again,
    basis_of,
    cited_withdrawals,
    frozen_of,
    judge_again,
    law_then,
)
from jigong.delivery.states import Cause, State
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.hashing import canonical_json, content_hash
from jigong.kernel.problems import error
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


def look_again(*, only: Collection[int] | None = None, by: Account | None, at: datetime) -> Looked:
    """Decide again everything confirmed, approved or paid, under the law of then, with what is known now.

    What is not paid yet is held where it cannot be told any more, or comes out otherwise. Where what was paid differs,
    or more is due than was approved, a proposal is made that cites the changed facts. Doing it again changes nothing.
    ``only`` (ids of entitlements) limits it.
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
    newest = _known_now()
    for bases in groups.values():
        for basis, again in _again(bases):
            counts["decisions"] += 1
            for name in _settle(basis, again, by, at):
                counts[name] += 1
        Look.objects.bulk_create(
            [
                Look(entitlement_id=basis.entitlement_id, basis=basis, snapshot=newest)
                for basis in bases
                if basis.entitlement.state in UNPAID
            ],
            update_conflicts=True, unique_fields=["entitlement"], update_fields=["basis", "snapshot"],
        )  # fmt: skip
    return Looked(**counts)


def decide_before_paying(entitlements: Collection[int], *, by: Account, at: datetime) -> None:
    """Decide entitlements (ids) again where data have come since somebody last looked, and ask about deaths."""
    wanted = not_looked_at(entitlements)
    if wanted:
        # First, because looking again says that all has been done.
        ask_about_deaths(wanted, at=at)
        look_again(only=wanted, by=by, at=at)


def not_looked_at(entitlements: Collection[int]) -> list[int]:
    """Those of the entitlements that were not looked at again with the newest data."""
    bases = {basis.entitlement_id: basis.pk for basis in _bases(entitlements)}
    if not bases:
        return []
    looks = Look.objects.filter(basis__in=list(bases.values()), snapshot=_known_now())
    looked = set(looks.values_list("entitlement", flat=True))
    return [id_ for id_ in bases if id_ not in looked]


def judged_now(basis: Basis) -> tuple[Law, Again]:
    """A decision judged again by the law of then, with what is known now; and that law.

    Raises:
        JigongError: the pack of then was lost.
    """
    ((_, again),) = _again([basis])
    return law_then(basis), again


def _known_now() -> str:
    """The id of the newest snapshot."""
    return Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts).snapshot().id


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


def _settle(basis: Basis, again: Again, by: Account | None, at: datetime) -> list[str]:
    """Hold what is unpaid and not certain any more, or propose to pay or ask back the difference; gives what was done."""
    with transaction.atomic():
        # Locked before anything is read: an answer given meanwhile must count.
        entitlement = Entitlement.objects.select_for_update(of=("self",), no_key=True).get(
            pk=basis.entitlement_id
        )
        if entitlement.state not in (*UNPAID, State.PAID):
            return []
        done = _hold(entitlement, again, at) if _unpaid(entitlement) else []
        if entitlement.state in (State.APPROVED, State.PAID):
            done += _propose(entitlement, basis, again, by, at)
        return done


def _unpaid(entitlement: Entitlement) -> bool:
    """Whether no money is on its way or there; once it is with the bank only a proposal can put it right."""
    return entitlement.state in UNPAID and not entitlement.payments.filter(state=PaymentState.SENT).exists()


def _hold(entitlement: Entitlement, again: Again, at: datetime) -> list[str]:
    """Hold what cannot be told any more, or comes out otherwise; lift the hold of what is certain and the same."""
    wanted: dict[Cause, WaitsFor] = {}
    if again.open(entitlement.amount is not None):
        wanted[Cause.UNDECIDED] = again.waits_for
    elif _less(entitlement, again) or (entitlement.state != State.APPROVED and _more(entitlement, again)):
        wanted[Cause.CHANGED] = WaitsFor(",".join(change.name for change in again.changed))
    before = {hold.cause for hold in open_holds(entitlement)}
    for cause, waits_for in wanted.items():
        put_on(entitlement, cause, waits_for, at=at)
    over = [cause for cause in (Cause.UNDECIDED, Cause.CHANGED) if cause not in wanted and cause in before]
    if over:
        lift(entitlement, *over, at=at)
    return ["held"] if wanted.keys() - before else []


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
    entitlement: Entitlement, basis: Basis, again: Again, by: Account | None, at: datetime
) -> list[str]:
    """Make or replace the proposal that brings what was given to what is due; gives what was done.

    What is approved and not paid is held where less is due; there is nothing to ask back.
    """
    total = again.amount
    if total is None or entitlement.amount is None:
        return []
    total = max(total - entitlement.deducted, Decimal(0))
    given = _given(entitlement, entitlement.amount)
    owed = max(total - given, Decimal(0)) if _unpaid(entitlement) else total - given
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
    return [*done, "proposed"]


@transaction.atomic
def take_result(*, entitlement: int, by: Account, at: datetime, version: int | None = None) -> Entitlement:
    """An officer takes what comes out with the data of now: the sum is corrected, and the worker asked to confirm it again.

    Raises:
        StaleError: it is not waiting for review or approval any more.
        JigongError: nothing else comes out, it cannot be told, or nothing is due (then it is for declining).
    """
    found = Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=entitlement)
    if already(found, "correct", by):
        return found
    _, again = judged_now(basis_of(found))
    amount = None if again.amount is None else again.amount - found.deducted
    if again.open(found.amount is not None) or amount is None or amount <= 0 or amount == found.amount:
        raise error(
            "按现在的数据没有可采用的新结果", "with the data of now there is no other result to take",
            remedy=("不符合的请不予批准，数据不全的等数据报来", "decline it if nothing is due; wait where data are missing"),
        )  # fmt: skip
    assert again.outcome is not None
    found.amount, found.branch = amount, again.outcome.branch or ""
    lift(found, Cause.CHANGED, Cause.FINDING, at=at)
    return move(found, "correct", by=by, at=at, version=version)


def _given(entitlement: Entitlement, amount: Decimal) -> Decimal:
    """Yuan given, with what was agreed to pay or to ask back since."""
    accepted = Adjustment.objects.filter(
        entitlement=entitlement,
        state__in=[AdjustmentState.ACCEPTED, AdjustmentState.APPEALED, AdjustmentState.SETTLED],
    )
    sums: dict[str, Decimal] = dict(accepted.values_list("direction").annotate(Sum("amount")))
    return amount + sums.get(Direction.ARREARS, Decimal(0)) - sums.get(Direction.RECOVERY, Decimal(0))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


@transaction.atomic
def accept(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer agrees. Arrears become an entitlement of their own, which the worker confirms and which is
    approved and paid like any other; a recovery waits for an appeal or the money (``replay.recoveries``).

    Raises:
        JigongError: it was decided before, no reason is given, or the payee can still be heard.
    """
    found = _decided(adjustment, AdjustmentState.ACCEPTED, reason, by, at)
    if found.direction == Direction.ARREARS:
        found.supplement = supplement_of(found, found.amount, reason, at)
        found.save()
    return found


@transaction.atomic
def reject(*, adjustment: int, reason: str, by: Account, at: datetime) -> Adjustment:
    """An officer leaves it as it was, and says why.

    Raises:
        JigongError: it was decided before, or no reason is given.
    """
    return _decided(adjustment, AdjustmentState.REJECTED, reason, by, at)


def locked_adjustment(adjustment: int) -> Adjustment:
    """The adjustment, locked after its entitlement: whoever looks again takes them in the same order."""
    about = Adjustment.objects.values("entitlement").filter(pk=adjustment)
    Entitlement.objects.select_for_update(no_key=True).get(pk__in=about)
    rows = Adjustment.objects.select_for_update(of=("self",), no_key=True).select_related("entitlement")
    return rows.get(pk=adjustment)


def _decided(adjustment: int, state: AdjustmentState, reason: str, by: Account, at: datetime) -> Adjustment:
    if not reason.strip():
        raise error("请写明理由", "please give a reason")
    found = locked_adjustment(adjustment)
    if found.state != AdjustmentState.PROPOSED:
        raise error(
            "这项调整已有人处理，本次操作没有执行", "somebody has decided this already; nothing was done",
            remedy=("刷新看看结果", "reload to see the answer"),
        )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.REVIEW)
    if state == AdjustmentState.ACCEPTED and found.direction == Direction.RECOVERY:
        day, pack = day_of(at), law_of_run(current_run()).pack
        if not found.is_heard(day):
            raise error(
                f"当事人在 {found.hear_until} 及以前可以说明情况，现在还不能同意追回",
                f"the payee may be heard until {found.hear_until}; the recovery cannot be agreed to yet",
                remedy=("等当事人说明，或过了这一天再决定", "wait until they have spoken, or until that day is over"),
            )  # fmt: skip
        found.appeal_until = day + timedelta(days=pack.days_for("appeal"))
        found.due_on = day + timedelta(days=pack.days_for("repayment"))
    found.state, found.reason, found.decided_by, found.decided_at = state, reason, by, at
    found.save()
    record(
        f"replay.{state.value}", by=by, at=at, object_kind="adjustment", object_id=found.pk,
        person=found.entitlement.person_id, detail={"direction": found.direction, "amount": found.amount}, reason=reason,
    )  # fmt: skip
    return found


def supplement_of(adjustment: Adjustment, amount: Decimal, reason: str, at: datetime) -> Entitlement:
    """The entitlement by which ``amount`` is paid: a supplement to the same clause, subject and period."""
    first = adjustment.entitlement
    last = Entitlement.objects.filter(
        clause=first.clause, subject_hash=first.subject_hash, period=first.period
    ).aggregate(Max("supplement"))["supplement__max"]
    made = Offer(
        clause=first.clause, subject=first.open_subject(), period=first.period, supplement=last + 1,
        person_id=first.person_id, organisation_id=first.organisation_id, mode=first.mode, office=first.office,
        fund=first.fund, branch=first.branch, amount=amount,
    )  # fmt: skip
    law = law_of_run(current_run())
    deadline = day_of(at) + timedelta(days=law.pack.days_for("confirm"))
    return offer_one(made, run=first.run_id, deadline=deadline, at=at, reason=reason)
