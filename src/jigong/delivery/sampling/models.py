"""Draws, the list each was drawn from, and the audits that came of them."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.sampling.enums import ANSWER_LABELS, WAITS_LABELS, AnswerKind, Finding, Waits, Why
from jigong.kernel.text import Text


class Draw(models.Model):
    """One random sample. The list was fixed and recorded first; the record's own hash is where the seed comes from."""

    month = models.CharField(max_length=7)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    population = models.IntegerField()
    """How many approvals were on the list: all that were in no list before."""
    size = models.IntegerField()
    """How many of them were picked."""
    share = models.DecimalField(max_digits=6, decimal_places=4)
    at_least = models.IntegerField()
    list_hash = models.CharField(max_length=64)
    """SHA-256 of the numbers of the listed steps, ascending, one a line."""
    line = models.BigIntegerField()
    line_hash = models.CharField(max_length=64)
    """The line of the record that says the list is closed, and its hash: nobody knows it before it is written."""
    seed = models.CharField(max_length=64)

    class Meta:
        ordering = ("-id",)


class Listed(models.Model):
    """An approval (a step) on a draw's list; each is on one list only, so no draw can be tried twice."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="listed")
    step = models.OneToOneField(Step, on_delete=models.PROTECT)
    place = models.IntegerField()
    """Its place in the order of the draw, from 1; the first ``size`` are picked."""


class Audit(models.Model):
    """A second look at one approval."""

    step = models.ForeignKey(Step, on_delete=models.PROTECT)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="audits")
    why = models.CharField(max_length=8, choices=Why.choices)
    draw = models.ForeignKey(Draw, null=True, on_delete=models.PROTECT, related_name="audits")
    """None for one picked by risk."""
    risk = models.IntegerField()
    """The risk when it was picked."""
    deadline = models.DateField()
    opened_at = models.DateTimeField()
    finding = models.CharField(max_length=8, choices=Finding.choices, default=Finding.OPEN)
    should_be = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """Of one found wrong: the right amount in yuan, where it is about the amount."""
    note = models.TextField(default="")
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    decided_at = models.DateTimeField(null=True)
    waits = models.CharField(max_length=6, choices=Waits.choices, default=Waits.NOBODY, db_default="")
    """Of one found wrong: whose answer it waits for."""
    answer_by = models.DateField(null=True)
    """Of one found wrong: when it is to be answered, settled and all."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["step", "why"], name="audit_once")]
        indexes: ClassVar = [
            models.Index(fields=["finding", "deadline", "id"], name="audit_queue"),
            models.Index(fields=["answer_by", "id"], condition=~models.Q(waits=""), name="audit_unanswered"),
        ]

    @property
    def waits_label(self) -> Text:
        """Whose answer it waits for, in words."""
        return WAITS_LABELS[Waits(self.waits)]


class Answer(models.Model):
    """What somebody said to a finding. Append-only, and each kind once."""

    audit = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=10, choices=AnswerKind.choices)
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["audit", "kind"], name="finding_answered_once"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="answer_says_why"),
        ]

    @property
    def label(self) -> Text:
        """What was said, in words."""
        return ANSWER_LABELS[AnswerKind(self.kind)]
