"""Closing a list and drawing from it, picking by risk, and saying what a second look found."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from jigong.accounts.enums import Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.audit.models import Entry
from jigong.delivery.actions import StaleError, locked, who_did
from jigong.delivery.holds import days_of, put_on
from jigong.delivery.models import Step
from jigong.delivery.own import refuse_own
from jigong.delivery.sampling.enums import FINDING_LABELS, Finding, Waits, Why
from jigong.delivery.sampling.models import Audit, Draw, Listed
from jigong.delivery.sampling.order import list_hash, order_of, seed_of, size_of
from jigong.delivery.sampling.signals import assess, plan_of_sampling
from jigong.delivery.states import DECIDING, Cause
from jigong.kernel.problems import error
from jigong.packs.sampling import Sampling


def _plan() -> Sampling:
    plan = plan_of_sampling()
    if plan is None:
        raise error(
            "技工包没有规定抽查办法",
            "the pack does not say how to sample",
            remedy=("在技工包里加上 sampling.yaml", "add sampling.yaml to the pack"),
        )
    return plan


def _one_at_a_time() -> None:
    """Let nobody else pick until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sampling.draw'))")


@transaction.atomic
def draw(*, by: Account | None, at: datetime) -> Draw:
    """Close the list of all approvals that were on none before, and draw from it.

    The line that records the closing has a hash nobody knows beforehand; it makes the seed. An
    approval is on one list only, so a draw that somebody dislikes cannot be repeated.

    Raises:
        JigongError: nothing was approved since the last draw, or the pack says nothing of sampling.
    """
    plan = _plan()
    _one_at_a_time()
    steps = dict(
        Step.objects.filter(move="approve", listed=None).order_by("id").values_list("id", "entitlement_id")
    )
    if not steps:
        raise error(
            "上次抽查以来没有新的批准，没有可抽的",
            "nothing was approved since the last draw",
            remedy=("有新的批准后再抽", "draw again once there is"),
        )
    size, day = size_of(len(steps), plan.share, plan.at_least), day_of(at)
    made = Draw(
        month=f"{day:%Y-%m}", at=at, by=by, population=len(steps), size=size, share=plan.share,
        at_least=plan.at_least, list_hash=list_hash(steps), line=0,
    )  # fmt: skip
    made.save()
    line = _closed(made, by, at)
    made.line, made.line_hash = line.pk, line.hash
    made.seed = seed_of(made.list_hash, made.line_hash)
    made.save()
    order = order_of(made.seed, steps)
    Listed.objects.bulk_create(
        [Listed(draw=made, step_id=step, place=place) for place, step in enumerate(order, 1)],
        batch_size=5_000,
    )
    _open({step: steps[step] for step in order[:size]}, Why.RANDOM, made, plan, at)
    return made


def _closed(made: Draw, by: Account | None, at: datetime) -> Entry:
    record(
        "sampling.close", by=by, at=at, object_kind="draw", object_id=made.pk,
        detail={"month": made.month, "population": made.population, "size": made.size, "list": made.list_hash},
    )  # fmt: skip
    return Entry.objects.filter(action="sampling.close", object_id=str(made.pk)).latest("id")


@transaction.atomic
def pick_risky(*, by: Account | None, at: datetime) -> int:
    """Open an audit for every approval whose risk is as high as the pack names; how many are new."""
    plan = _plan()
    _one_at_a_time()
    assess()
    found = (
        Step.objects.filter(move="approve", entitlement__risk__gte=plan.risk_from)
        .exclude(audit__why=Why.RISK)
        .values_list("id", "entitlement_id")
    )
    opened = _open(dict(found), Why.RISK, None, plan, at)
    record("sampling.pick", by=by, at=at, detail={"opened": opened, "risk_from": plan.risk_from})
    return opened


def _open(steps: dict[int, int], why: Why, made: Draw | None, plan: Sampling, at: datetime) -> int:
    """Open an audit for each step (by entitlement)."""
    risks = dict(Step.objects.filter(pk__in=steps).values_list("id", "entitlement__risk"))
    deadline = day_of(at) + timedelta(days=plan.days)
    audits = [
        Audit(step_id=step, entitlement_id=about, why=why, draw=made, risk=risks[step], deadline=deadline, opened_at=at)
        for step, about in steps.items()
    ]  # fmt: skip
    before = Audit.objects.count()
    Audit.objects.bulk_create(audits, ignore_conflicts=True)
    return Audit.objects.count() - before


@transaction.atomic
def conclude(
    *,
    audit: int,
    finding: Finding,
    note: str,
    by: Account,
    at: datetime,
    should_be: Decimal | None = None,
) -> Audit:
    """Say what a second look found. What is wrong waits for its office (:mod:`.answering`), and is held if it is not paid yet.

    Raises:
        JigongError: the one who looks has reviewed or approved it, it is wrong and nobody says how, or right with another amount.
        StaleError: somebody else has said it.
    """
    found = Audit.objects.select_for_update(of=("self",)).select_related("entitlement").get(pk=audit)
    if found.finding != Finding.OPEN:
        if found.by_id == by.pk and found.finding == finding:
            return found
        label = FINDING_LABELS[Finding(found.finding)]
        stale = error(
            f"这件抽查已有结论：{label.zh}", f"this one is already concluded: {label.en}",
            remedy=("看一眼最新内容", "look at it again"),
        )  # fmt: skip
        raise StaleError(*stale.problems)
    refuse_same_human(
        by, *who_did(found.entitlement_id, DECIDING), zh="经办过这件事的人不能再抽查它", en="whoever decided it cannot audit it",
        remedy=("请另一位同事抽查", "a colleague has to"),
    )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.AUDIT)
    if finding == Finding.WRONG and not note.strip():
        raise error(
            "有误的须写明错在哪里", "what is wrong has to be said", remedy=("写一句话", "write a sentence")
        )
    if finding == Finding.RIGHT and should_be is not None:
        raise error(
            "无误的没有“应为金额”", "what is right has no other right amount",
            remedy=("删去金额，或选“有误”", "remove the amount, or say it is wrong"),
        )  # fmt: skip
    found.finding, found.note, found.by, found.decided_at = finding, note.strip(), by, at
    found.should_be = should_be
    if finding == Finding.WRONG:
        found.waits = Waits.OFFICE
        found.answer_by = day_of(at) + timedelta(days=days_of(Cause.FINDING))
    found.save()
    if finding == Finding.WRONG:
        put_on(locked(found.entitlement_id), Cause.FINDING, at=at)
    record(
        "sampling.conclude", by=by, at=at, object_kind="entitlement", object_id=found.entitlement_id,
        person=found.entitlement.person_id,
        detail={"audit": found.pk, "finding": str(finding), "should_be": found.should_be, "why": found.why},
    )  # fmt: skip
    return found
