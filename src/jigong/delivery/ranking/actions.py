"""Giving out places before all data are there: one person of the office asks for it, another agrees, and it is recorded."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.decisions.run import read_run, run_folder
from jigong.delivery.actions import StaleError
from jigong.delivery.ranking.models import Confirmation, Finalisation
from jigong.delivery.ranking.queries import Queue, queue_of
from jigong.delivery.waitlist import fill
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.hashing import canonical_json
from jigong.kernel.problems import error


def current_queue(clause: str) -> Queue:
    """How the places of a clause stand now.

    Raises:
        JigongError: nothing was loaded yet, or it is no clause with a quota.
    """
    loaded = current_run()
    law = law_of_run(loaded)
    entry = next((one for one in law.clauses if one.id == clause and one.delivery.mode == "quota"), None)
    if entry is None:
        raise error(f"{clause} 不是目前有效的名额条款", f"{clause} is no clause with a quota in force")
    return queue_of(loaded, law, entry, read_run(run_folder(settings.JIGONG.data / "runs", loaded.run)))


def _lock(clause: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('delivery.ranking'), hashtext(%s))", [clause])


@transaction.atomic
def propose_final(*, clause: str, by: Account, at: datetime, reason: str) -> Finalisation:
    """Ask that the places of a clause wait for no more data in this period. Nothing is given out before another agrees.

    Raises:
        StaleError: somebody else has asked for it.
        JigongError: no place waits, or no reason is given.
    """
    _lock(clause)
    queue = current_queue(clause)
    earlier = Finalisation.objects.filter(clause=clause, period=queue.period, run=queue.loaded).first()
    if earlier is not None:
        if earlier.proposed_by_id == by.pk:
            return earlier
        raise StaleError(*error("已有人提出定案", "somebody has asked for it already", remedy=("核对后确认", "look at it and agree")).problems)  # fmt: skip
    if queue.places.final or not queue.line.left:
        raise error("目前没有在等数据的名额", "no place waits for data at the moment")
    if not reason.strip():
        raise error(
            "提前定案须写明理由",
            "a reason is needed",
            remedy=("例：开学在即，不能再等", "such as: term begins"),
        )
    made = Finalisation.objects.create(
        clause=clause, period=queue.period, run=queue.loaded, places=queue.line.left,
        seats=canonical_json([one.code for one in queue.waiting]), open=canonical_json([one.code for one in queue.open]),
        reason=reason.strip(), proposed_at=at, proposed_by=by,
    )  # fmt: skip
    _record("ranking.propose", made, by, at)
    return made


@transaction.atomic
def confirm_final(*, finalisation: int, by: Account, at: datetime) -> Finalisation:
    """Another person agrees: from now on places go to the next by what is certain, and those that waited are offered.

    Raises:
        StaleError: newer data have come, so the order they looked at is no longer the order.
        JigongError: the same person asked for it.
    """
    found = Finalisation.objects.get(pk=finalisation)
    _lock(found.clause)
    agreed = Confirmation.objects.filter(finalisation=found).first()
    if agreed is not None and agreed.by_id == by.pk:
        return found
    if agreed is not None or found.run_id != current_run().pk:
        raise StaleError(
            *error(
                "这次定案已经确认，或数据已经更新，没有执行",
                "somebody has agreed already, or newer data have come; nothing was done",
                remedy=("看一眼最新排序，需要的话重新提出", "look at the order again; ask anew if need be"),
            ).problems
        )
    refuse_same_human(
        by, found.proposed_by, zh="定案须由另一人确认", en="somebody else has to agree",
        remedy=("请同一单位的另一位经办人操作", "ask another officer of the same office"),
    )  # fmt: skip
    Confirmation.objects.create(finalisation=found, at=at, by=by)
    fill(found.clause, at=at)
    _record("ranking.confirm", found, by, at)
    return found


def _record(action: str, found: Finalisation, by: Account, at: datetime) -> None:
    record(
        action, by=by, at=at, object_kind="quota", object_id=f"{found.clause} {found.period}".strip(), reason=found.reason,
        detail={"clause": found.clause, "period": found.period, "places": found.places, "run": found.run.run,
                "seats": found.seat_codes, "open": found.open_codes},
    )  # fmt: skip
