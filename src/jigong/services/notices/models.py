"""What people and enterprises are told, and what is pushed to a phone about it."""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Organisation, Person
from jigong.kernel.text import Text
from jigong.services.notices.enums import Channel, Kind, Place

TEXT = "notice.text"
"""What seals the words of a notice."""


class Notice(models.Model):
    """One thing somebody is told, written with what caused it. The words stay as they were then."""

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="notices")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="notices"
    )
    """The enterprise that is told, where it is not a person. Whoever of it reads first has read it for all."""
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about_kind = models.CharField(max_length=16)
    about_id = models.BigIntegerField()
    """What it is about, such as an entitlement: by it what has become moot is found."""
    key = models.CharField(max_length=80, unique=True)
    """Names the event: told again, it is the same notice."""
    at = models.DateTimeField()
    body = models.BinaryField()
    """Sealed JSON: ``text`` and ``more`` in both languages, and ``said``, what an official wrote."""
    place = models.CharField(max_length=16, choices=Place.choices)
    argument = models.CharField(max_length=64, default="", blank=True)
    """Which page of the place; empty where there is one."""
    read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    """When it became moot: nobody is shown it any more."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) ^ Q(organisation__isnull=False), name="notice_of_one"
            )
        ]
        indexes: ClassVar = [
            # As the page lists them: unread first, then the newest.
            models.Index(
                F("person"), F("read_at").desc(nulls_first=True), F("id").desc(),
                condition=Q(withdrawn_at__isnull=True, person__isnull=False), name="notice_person",
            ),
            models.Index(
                F("organisation"), F("read_at").desc(nulls_first=True), F("id").desc(),
                condition=Q(withdrawn_at__isnull=True, organisation__isnull=False), name="notice_organisation",
            ),
            models.Index(
                fields=["about_kind", "about_id"], condition=Q(withdrawn_at__isnull=True), name="notice_about"
            ),
        ]  # fmt: skip

    @property
    def _open(self) -> dict[str, Any]:
        if not hasattr(self, "_opened"):
            self._opened: dict[str, Any] = json.loads(unseal_text(self.body, TEXT))
        return self._opened

    @property
    def text(self) -> Text:
        """What happened, in a sentence."""
        return Text(*self._open["text"])

    @property
    def more(self) -> Text:
        """What else is to be known of it."""
        return Text(*self._open["more"])

    @property
    def said(self) -> str:
        """What an official wrote to the reader."""
        return str(self._open["said"])


class Push(models.Model):
    """One message to a phone that there is a notice: written with it, sent afterwards, at least once.

    ``id`` is the key by which a gateway knows a message that is sent twice.
    """

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="pushes")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    """When it is tried next."""
    sent_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)
    """When it was found needless: read, moot, without a number, or told the same day already."""
    failed_at = models.DateTimeField(null=True)
    """When it was given up."""
    problem = models.CharField(max_length=40, default="", db_default="")
    """Why the last try failed, in the adapter's word."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["notice", "channel"], name="push_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(sent_at__isnull=True, skipped_at__isnull=True, failed_at__isnull=True),
                name="push_waiting",
            ),
            models.Index(fields=["failed_at"], condition=Q(failed_at__isnull=False), name="push_failed"),
        ]
