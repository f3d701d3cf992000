"""Something is said to be wrong: a fact, a decision, or a record of which a department says something else. An office
answers by a deadline."""

import json
from typing import ClassVar

from django.db import models

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Account, Organisation, Person
from jigong.delivery.models import Entitlement

TEXT, DIFFERENCE = "case.text", "case.difference"


class Kind(models.TextChoices):
    """What is said to be wrong."""

    CORRECTION = "correction", "数据更正"
    APPEAL = "appeal", "申诉"
    DIFFERENCE = "difference", "数据分歧"


class CaseState(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", "处理中"
    UPHELD = "upheld", "成立"
    DISMISSED = "dismissed", "不成立"
    WITHDRAWN = "withdrawn", "已撤回"


class Case(models.Model):
    """One objection, from its opening to its answer. A difference that the platform found itself is nobody's.

    Of a difference, ``upheld`` means that the department is right, ``dismissed`` that the platform is.
    """

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=CaseState.choices, default=CaseState.OPEN)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="cases")
    entitlement = models.ForeignKey(Entitlement, null=True, on_delete=models.PROTECT, related_name="cases")
    clause = models.CharField(max_length=64, default="")
    fact = models.CharField(max_length=64, default="")
    subject = models.BinaryField(null=True)
    """The subject the fact is about, sealed."""
    subject_hash = models.CharField(max_length=64, default="")
    """By which another case about the same subject is known; empty for the worker."""
    data_class = models.CharField(max_length=64, default="")
    """The class of data the fact comes from; its department answers."""
    mark = models.CharField(max_length=64, default="")
    """Of a difference: a keyed hash of class, key, column and the two values."""
    office = models.CharField(max_length=64)
    text = models.BinaryField()
    """What the person wrote, sealed."""
    claimed = models.BinaryField(null=True)
    """What they say is right, sealed."""
    deadline = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    """None for what the platform found."""
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answered_in = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    """The organisation that answered: the office, or who did it for it."""
    reason = models.TextField(default="")
    """What the office answers; the person reads it."""
    batch = models.CharField(max_length=40, default="")
    """The delivery in which the corrected record reached the lake."""
    version = models.IntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "fact", "data_class", "subject_hash"],
                condition=models.Q(state="open", kind="correction"),
                name="one_open_correction",
            ),
            models.UniqueConstraint(
                fields=["entitlement"],
                condition=models.Q(state="open", kind="appeal"),
                name="one_open_appeal",
            ),
            models.UniqueConstraint(
                fields=["mark"],
                condition=models.Q(state="open", kind="difference"),
                name="one_open_difference",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="difference")
                | models.Q(person__isnull=False, opened_by__isnull=False),
                name="case_is_somebodys",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["office", "state", "deadline"], name="case_queue"),
            models.Index(fields=["mark"], condition=~models.Q(mark=""), name="case_mark"),
        ]

    @property
    def whose(self) -> Person:
        """The person an objection is of; a difference is nobody's, and nobody asks it this."""
        if self.person is None:
            raise TypeError("a difference is nobody's objection")
        return self.person

    def open_text(self) -> str:
        """What the person wrote."""
        return unseal_text(self.text, TEXT)

    def open_claimed(self) -> str:
        """What they say is right; empty where they did not say."""
        return unseal_text(self.claimed, TEXT) if self.claimed else ""

    def open_subject(self) -> str | None:
        """The key of the subject the fact is about; None for the worker."""
        return unseal_text(self.subject, TEXT) if self.subject else None


class Said(models.Model):
    """One delivery in which a department said something else than the platform; the table only grows.

    Each belongs to the case that was open about it, or that had answered it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="said")
    batch = models.CharField(max_length=40)
    known_on = models.DateField()
    mark = models.CharField(max_length=64)
    """As in the case."""
    data_class = models.CharField(max_length=64)
    column = models.CharField(max_length=64)
    body = models.BinaryField()
    """The record's key and the two values, sealed."""
    kept = models.CharField(max_length=10)
    """Whose word held after this delivery: ``platform`` or ``owner``."""
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "mark"], name="said_once")]

    def open_body(self) -> tuple[tuple[str, ...], str | None, str | None]:
        """The key's values, what the platform has recorded, and what the department says."""
        key, platform, owner = json.loads(unseal_text(self.body, DIFFERENCE))
        return tuple(key), platform, owner
