"""Writing and checking the chain of what was done with draws."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.chain import START, link
from jigong.audit.queries import ChainCheck
from jigong.delivery.lottery.enums import EventKind
from jigong.delivery.lottery.models import CHAINED, Draw, Event
from jigong.delivery.signals import drawn
from jigong.kernel.hashing import canonical_json

_INSERT = (
    "INSERT INTO lottery_event (id, draw_id, at, actor, actor_label, kind, code, detail, previous, hash)"
    " VALUES (0, %s, %s, %s, %s, %s, %s, %s, '', '')"
)


def add(
    draw: Draw,
    kind: EventKind,
    *,
    by: Account | None,
    at: datetime,
    code: str = "",
    detail: Mapping[str, Any] | None = None,
    person: int | None = None,
    reason: str = "",
) -> None:
    """Add one event, and the line about it in the record. ``detail`` is public; ``reason`` is not."""
    actor, label = (None, "platform") if by is None else (by.pk, by.audit_label)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT, [draw.pk, at, actor, label, kind.value, code, canonical_json(dict(detail or {}))]
        )
    if code:
        drawn.send(sender=Draw, draw=draw, code=code, kind=kind, detail=dict(detail or {}), by=by, at=at)
    record(
        f"lottery.{kind.value}",
        by=by,
        at=at,
        object_kind="lottery",
        object_id=draw.pk,
        person=person,
        reason=reason,
        detail={"clause": draw.clause, "roster": draw.roster_sha256, **(detail or {})},
    )


def lock() -> None:
    """Become the only writer of events until the transaction ends.

    Whoever moves an entitlement before adding an event takes it first: events come before the record
    of :mod:`jigong.audit.actions` everywhere, so nobody waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lottery_event'))")


def check() -> ChainCheck:
    """Read every event in order and compute its hash anew."""
    previous, count = START, 0
    for row in Event.objects.order_by("id").values_list(*CHAINED, "previous", "hash").iterator(10_000):
        *values, said_previous, said_hash = row
        count += 1
        if values[0] != count or said_previous != previous or link(previous, values) != said_hash:
            return ChainCheck(count, previous, int(values[0]))
        previous = said_hash
    return ChainCheck(count, previous, None)
