"""One table: who did what, to whose data, when and why."""

from typing import ClassVar

from django.db import models

CHAINED = (
    "id",
    "at",
    "actor",
    "actor_label",
    "action",
    "object_kind",
    "object_id",
    "person",
    "reason",
    "detail",
)
"""The columns a line's hash covers, in this order."""


class Entry(models.Model):
    """One thing somebody (or a rule) did. Written by :func:`jigong.audit.actions.record`, never changed.

    Accounts and people are plain numbers, not foreign keys: the record outlives what it tells about.
    """

    id = models.BigIntegerField(primary_key=True, default=0)
    """Given by the database, without gaps."""
    at = models.DateTimeField(db_index=True)
    actor = models.BigIntegerField(null=True, db_index=True)
    """The account; none for what the platform does by itself."""
    actor_label = models.TextField()
    """Role and office at that moment."""
    action = models.TextField(db_index=True)
    """``room.verb``, such as ``delivery.approve``."""
    object_kind = models.TextField(default="")
    object_id = models.TextField(default="")
    person = models.BigIntegerField(null=True, db_index=True)
    """The person whose data were seen or changed."""
    reason = models.TextField(default="")
    detail = models.TextField(default="")
    """Canonical JSON without personal data."""
    previous = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "audit_entry"
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["object_kind", "object_id"], name="audit_object")]
