"""Holds: what keeps an entitlement from moving towards payment, put on and lifted one by one or for everybody at once."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.signals import held
from jigong.delivery.states import UNDERWAY, Cause
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError, error


class HeldError(JigongError):
    """Something holds the entitlement: nothing was done."""


def open_holds(entitlement: Entitlement) -> list[Hold]:
    """What holds it now, the oldest first."""
    return list(Hold.objects.filter(entitlement=entitlement, lifted_at=None).order_by("id"))


def refuse_held(entitlement: Entitlement) -> None:
    """Refuse a step towards payment while something holds it.

    Raises:
        HeldError: with why, and what ends it.
    """
    if entitlement.held:
        first = open_holds(entitlement)[0]
        label, ended = first.label, first.ended_by
        found = error(
            f"这件事暂缓办理：{label.zh}，本次操作没有执行",
            f"this is on hold: {label.en}; nothing was done",
            remedy=(ended.zh, ended.en),
        )
        raise HeldError(*found.problems)


class WaitsFor(NamedTuple):
    """What a hold waits for, as :class:`~jigong.delivery.models.Hold` keeps it."""

    detail: str = ""
    classes: Sequence[str] = ()
    records: Sequence[str] = ()
    entitled: bool = False


NOTHING = WaitsFor()
"""What a hold waits for whose cause says all."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a look at many changed: how many holds were put on, how many were lifted."""

    opened: int
    lifted: int


def put_on(entitlement: Entitlement, cause: Cause, waits_for: WaitsFor = NOTHING, *, at: datetime) -> None:
    """Hold a locked entitlement that is under way. Again it changes nothing."""
    with connection.cursor() as cursor, _wanted(cursor, [(entitlement.pk, waits_for)]):
        _open(cursor, cause, at=at)
    entitlement.refresh_from_db(fields=["deadline", "held"])


def lift(entitlement: Entitlement, *causes: Cause, at: datetime) -> None:
    """Lift the holds of these causes (all, if none is named) of a locked entitlement; its deadline runs again."""
    with connection.cursor() as cursor:
        _lift(cursor, "h.entitlement_id = %(id)s AND (%(causes)s::text[] = '{}' OR h.cause = ANY(%(causes)s::text[]))",
              {"id": entitlement.pk, "causes": [cause.value for cause in causes]}, at=at)  # fmt: skip
    entitlement.refresh_from_db(fields=["deadline", "held"])


def keep(
    cursor: CursorWrapper,
    cause: Cause,
    wanted: Iterable[tuple[int, WaitsFor]],
    *,
    among: Collection[int],
    at: datetime,
) -> Kept:
    """Make the holds of a cause ``among`` some entitlements (ids) those that are ``wanted`` (id and what for), and no others."""
    rows = dict(wanted)
    gone = [pk for pk in among if pk not in rows]
    # Whoever moves one of them, or puts on or lifts another hold, comes before or after.
    cursor.execute(_LOCK, {"cause": cause.value, "wanted": list(rows), "gone": gone})
    with _wanted(cursor, rows.items()):
        opened = _open(cursor, cause, at=at)
    lifted = _lift(
        cursor, "h.cause = %(cause)s::text AND h.entitlement_id = ANY(%(gone)s)", {"cause": cause.value, "gone": gone}, at=at
    )  # fmt: skip
    return Kept(opened, lifted)


@transaction.atomic
def see_to_deadlines(*, at: datetime) -> Kept:
    """Lift the holds that end with their days, and escalate the others that are late; for the schedule.

    Gives how many were escalated (``opened``) and lifted. Doing it again changes nothing.
    """
    day = day_of(at)
    with connection.cursor() as cursor:
        over = Hold.objects.filter(cause=Cause.OUTBID, lifted_at=None, deadline__lt=day)
        gone = list(over.values_list("entitlement_id", flat=True))
        cursor.execute(_LOCK, {"cause": Cause.OUTBID.value, "wanted": [], "gone": gone})
        ends = {"cause": Cause.OUTBID.value, "today": day}
        lifted = _lift(
            cursor, "h.cause = %(cause)s::text AND h.deadline < %(today)s", ends, at=at, expired=True
        )
    late = Hold.objects.filter(lifted_at=None, escalated_at=None, deadline__lt=day)
    found = list(late.values_list("pk", "entitlement_id", "entitlement__person_id", "cause"))
    late.filter(pk__in=[pk for pk, *_ in found]).update(escalated_at=at)
    for _, entitlement, person, cause in found:
        record(
            "delivery.escalate", by=None, at=at, object_kind="entitlement", object_id=entitlement, person=person,
            detail={"cause": cause},
        )  # fmt: skip
    return Kept(len(found), lifted)


def days_of(cause: Cause) -> int:
    """How many days a hold has before it is escalated (or ends), by the pack."""
    pack = law_of_run(current_run()).pack
    return pack.days_for(f"hold_{cause.value}" if f"hold_{cause.value}" in pack.deadlines else "hold")


@contextmanager
def _wanted(cursor: CursorWrapper, rows: Iterable[tuple[int, WaitsFor]]) -> Iterator[None]:
    cursor.execute(
        "CREATE TEMP TABLE wanted_hold (id bigint, detail text, classes text[], records text[], entitled boolean)"
        " ON COMMIT DROP"
    )
    with cursor.copy("COPY wanted_hold (id, detail, classes, records, entitled) FROM STDIN") as copy:
        for pk, given in rows:
            copy.write_row((pk, given.detail, list(given.classes), list(given.records), given.entitled))
    yield
    cursor.execute("DROP TABLE wanted_hold")


def _open(cursor: CursorWrapper, cause: Cause, *, at: datetime) -> int:
    """Put on the holds of the table ``wanted_hold`` that are not there, and say anew what the others wait for."""
    day = day_of(at)
    given: dict[str, Any] = {
        "cause": cause.value, "at": at, "day": day, "states": [state.value for state in UNDERWAY],
        "deadline": day + timedelta(days=days_of(cause)),
    }  # fmt: skip
    cursor.execute(_DETAIL, given)
    cursor.execute(_OPEN, given)
    opened = [pk for (pk,) in cursor.fetchall()]
    cursor.execute(_STOP, given)
    if opened:
        held.send(sender=Hold, opened=opened, lifted=[], at=at)
    return len(opened)


def _lift(
    cursor: CursorWrapper, where: str, given: Mapping[str, Any], *, at: datetime, expired: bool = False
) -> int:
    given = {
        **given, "at": at, "expired": expired, "day": day_of(at), "states": [state.value for state in UNDERWAY]
    }  # fmt: skip
    cursor.execute(_LIFT.format(where=where), given)
    lifted = cursor.fetchall()
    given = {**given, "ids": [id_ for _, id_, _ in lifted], "left": [left for *_, left in lifted]}
    cursor.execute(_RUN_AGAIN, given)
    if lifted:
        held.send(sender=Hold, opened=[], lifted=[hold for hold, *_ in lifted], at=at)
    return len(lifted)


_LOCK = """
SELECT FROM delivery_entitlement e
WHERE e.id = ANY(%(wanted)s::bigint[]) OR (e.id = ANY(%(gone)s::bigint[]) AND EXISTS (SELECT FROM delivery_hold h
  WHERE h.entitlement_id = e.id AND h.cause = %(cause)s::text AND h.lifted_at IS NULL))
ORDER BY e.id FOR NO KEY UPDATE OF e
"""
_DETAIL = """
UPDATE delivery_hold h SET detail = w.detail, classes = w.classes, records = w.records, entitled = w.entitled
FROM wanted_hold w
WHERE h.entitlement_id = w.id AND h.cause = %(cause)s::text AND h.lifted_at IS NULL
  AND (h.detail, h.classes, h.records, h.entitled) IS DISTINCT FROM (w.detail, w.classes, w.records, w.entitled)
"""
# What was stopped by another hold had that one's days left.
_OPEN = """
INSERT INTO delivery_hold
  (entitlement_id, cause, detail, classes, records, entitled, since, deadline, days_left, expired)
SELECT e.id, %(cause)s::text, w.detail, w.classes, w.records, w.entitled, %(at)s, %(deadline)s,
  coalesce(e.deadline - %(day)s::date,
    (SELECT max(o.days_left) FROM delivery_hold o WHERE o.entitlement_id = e.id AND o.lifted_at IS NULL)), FALSE
FROM wanted_hold w JOIN delivery_entitlement e USING (id)
WHERE (e.state = ANY(%(states)s) OR e.state = 'appealed')
  AND NOT EXISTS (SELECT FROM delivery_hold x WHERE x.entitlement_id = e.id AND x.cause = %(cause)s::text AND x.expired)
ON CONFLICT (entitlement_id, cause) WHERE lifted_at IS NULL DO NOTHING RETURNING id
"""
# Whoever answers an appeal still has a deadline.
_STOP = """
UPDATE delivery_entitlement e SET held = TRUE, updated_at = %(at)s, deadline = CASE WHEN e.state = 'appealed' THEN e.deadline END FROM wanted_hold w
WHERE e.id = w.id AND NOT e.held
  AND EXISTS (SELECT FROM delivery_hold h WHERE h.entitlement_id = e.id AND h.lifted_at IS NULL)
"""
_LIFT = """
UPDATE delivery_hold h SET lifted_at = %(at)s, expired = %(expired)s WHERE h.lifted_at IS NULL AND {where}
RETURNING h.id, h.entitlement_id, h.days_left
"""
_RUN_AGAIN = """
UPDATE delivery_entitlement e SET held = FALSE, updated_at = %(at)s,
  deadline = coalesce(e.deadline, CASE WHEN e.state = ANY(%(states)s) THEN %(day)s::date + l.days_left END)
FROM (SELECT id, max(days_left) AS days_left FROM unnest(%(ids)s::bigint[], %(left)s::integer[]) AS l (id, days_left) GROUP BY id) l
WHERE e.id = l.id AND NOT EXISTS (SELECT FROM delivery_hold h WHERE h.entitlement_id = e.id AND h.lifted_at IS NULL)
"""
