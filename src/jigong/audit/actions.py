"""Writing the record: always inside the transaction of what is recorded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from jigong.audit.models import Entry
from jigong.kernel.hashing import canonical_json

_INSERT = (
    "INSERT INTO audit_entry (id, at, actor, actor_label, action, object_kind, object_id, person, reason, detail, previous, hash)"
    " VALUES (0, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', '')"
)


def record(
    action: str,
    *,
    by: Any,
    at: datetime,
    object_kind: str = "",
    object_id: object = "",
    person: int | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one line. ``by`` is the account, or None for what the platform does by itself.

    ``detail`` holds no personal data: ids, states, counts, hashes, amounts.
    """
    actor = None if by is None else by.pk
    label = "platform" if by is None else by.audit_label
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [at, actor, label, action, object_kind, str(object_id), person, reason, canonical_json(detail or {})],
        )  # fmt: skip


__all__ = ["Entry", "record"]
