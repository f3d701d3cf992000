"""Draws and everything about them. Every table here only grows: the database refuses changes and deletions."""

import json
from datetime import date
from typing import Any, ClassVar

from django.db import models

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Account, Organisation, Person
from jigong.delivery.lottery.enums import EVENT_LABELS, ONCE, ONCE_EACH, WHY_LABELS, DocumentKind, EventKind
from jigong.delivery.models import SUBJECT
from jigong.dossiers.models import LoadedRun
from jigong.kernel.text import Text

CHAINED = ("id", "draw_id", "at", "actor", "actor_label", "kind", "code", "detail")
"""The columns an event's hash covers, in this order."""


class Draw(models.Model):
    """One draw of a clause: who takes part, for how many places, and which public event will give the seed."""

    clause = models.CharField(max_length=64)
    clause_zh = models.TextField()
    clause_en = models.TextField()
    """Its name then, in both languages."""
    period = models.CharField(max_length=7, default="")
    """The clause's period, as of entitlements."""
    office = models.CharField(max_length=64)
    """The office that draws: its id in the pack."""
    run = models.ForeignKey(LoadedRun, on_delete=models.PROTECT, related_name="+")
    """The run whose verdicts say who takes part."""
    day = models.DateField()
    """The run's day."""
    places = models.IntegerField()
    entrants = models.IntegerField()
    conditional = models.IntegerField(default=0)
    """How many of them were undecided, for want of data, when the roster was drawn up."""
    waits_until = models.DateField(null=True)
    """The published day until which a place won by one of those waits; none where there are none."""
    roster_sha256 = models.CharField(max_length=64)
    sampler_version = models.CharField(max_length=16)
    sampler_sha256 = models.CharField(max_length=64)
    seed_source = models.TextField()
    """The public event that will give the seed."""
    seed_form = models.TextField()
    """How the seed is written, by an example."""
    seed_known_at = models.DateTimeField()
    """When the event happens; no seed is taken before."""
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replacements")
    reason = models.TextField(default="")
    """Why the earlier one is drawn again."""
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "lottery_draw"
        ordering = ("-id",)

    @property
    def label(self) -> Text:
        """The clause's name."""
        return Text(self.clause_zh, self.clause_en)


class Entrant(models.Model):
    """One line of a roster, and whose it is. Only the entrant is told their code."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT)
    line = models.IntegerField()
    """Place in the roster file, from 1."""
    code = models.CharField(max_length=14)
    subject_hash = models.CharField(max_length=64)
    subject = models.BinaryField()
    """The subject's key, sealed."""
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    """The enterprise that gets it, where it is not the person."""
    branch = models.CharField(max_length=64, default="")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    conditional = models.BooleanField(default=False)
    """Whether it was undecided when the roster was drawn up. The public learns it only by code, from events."""

    class Meta:
        db_table = "lottery_entrant"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draw", "line"], name="lottery_entrant_line"),
            models.UniqueConstraint(fields=["draw", "code"], name="lottery_entrant_code"),
            models.UniqueConstraint(fields=["draw", "subject_hash"], name="lottery_entrant_once"),
        ]

    def open_subject(self) -> str:
        """The subject's key."""
        return unseal_text(self.subject, SUBJECT)


class Result(models.Model):
    """The place one line of a roster got in the order."""

    pk = models.CompositePrimaryKey("draw_id", "rank")
    # A reference cannot dangle where nothing is ever deleted; checking 100,000 of them costs a second.
    draw = models.ForeignKey(Draw, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    rank = models.IntegerField()
    line = models.IntegerField()

    class Meta:
        db_table = "lottery_result"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draw", "line"], name="lottery_result_once"),
        ]


class Document(models.Model):
    """A file of a draw: the roster, the sampler's source, the results."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=8, choices=DocumentKind.choices)
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "lottery_document"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draw", "kind"], name="lottery_document_once"),
        ]


class Event(models.Model):
    """One thing done with a draw; chained to the one before, so that none can be put in or left out."""

    id = models.BigIntegerField(primary_key=True, default=0)
    """Given by the database, without gaps."""
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    """The account; none for what the platform does by itself."""
    actor_label = models.TextField()
    """Role and office at that moment."""
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    code = models.CharField(max_length=14, default="")
    """The entrant it is about, if one."""
    detail = models.TextField(default="{}")
    """Canonical JSON without personal data; everybody may read it."""
    previous = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "lottery_event"
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draw", "kind"], condition=models.Q(kind__in=ONCE), name="lottery_event_once"
            ),
            models.UniqueConstraint(
                fields=["draw", "kind", "code"],
                condition=models.Q(kind__in=ONCE_EACH),
                name="lottery_event_once_each",
            ),
        ]

    @property
    def label(self) -> Text:
        """What was done."""
        return EVENT_LABELS[EventKind(self.kind)]

    @property
    def why(self) -> Text | None:
        """Why an entrant left, for an event that says so."""
        return WHY_LABELS.get(self.given.get("why", ""))

    @property
    def until(self) -> date | None:
        """Until when a place waits, for an event that says so."""
        until = self.given.get("until")
        return date.fromisoformat(until) if until else None

    @property
    def given(self) -> dict[str, Any]:
        """The detail, read."""
        found: dict[str, Any] = json.loads(self.detail)
        return found
