"""Entitlements, and every step each has taken. Funds, payments and lotteries have modules of their own."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Account, BankAccount, Organisation, Person
from jigong.delivery.states import CAUSE_LABELS, ENDED_BY, ONLY_AMOUNT, Cause, State
from jigong.dossiers.models import LoadedRun
from jigong.kernel.text import Text

SUBJECT = "entitlement.subject"


class Entitlement(models.Model):
    """What one clause gives one subject for one period. There is never a second for the same three, but for supplements."""

    clause = models.CharField(max_length=64)
    subject_hash = models.CharField(max_length=64)
    subject = models.BinaryField()
    """The subject's key, sealed: it may be somebody's number."""
    period = models.CharField(max_length=7, default="")
    """Empty for once, ``2023`` for a year, ``2023-01`` for a month."""
    supplement = models.PositiveSmallIntegerField(default=0)
    """0 for what was first due; arrears that are owed beside it count from 1."""
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="entitlements")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="entitlements"
    )
    """The enterprise that gets it, where it is not the person."""
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    mode = models.CharField(max_length=12)
    """How the clause is delivered: proactive, application, quota, lottery."""
    office = models.CharField(max_length=64)
    """The office that decides: its id in the pack."""
    fund = models.CharField(max_length=64, default="")
    """The fund that pays; empty for what no fund pays."""
    branch = models.CharField(max_length=64, default="")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """Yuan; none for a benefit in kind."""
    deducted = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    """Yuan that another of the exclusion group gave while this one was undecided: it pays the difference."""
    run = models.ForeignKey(LoadedRun, on_delete=models.PROTECT)
    """The run that proposed it, or last did while nobody had decided anything."""
    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT)
    deadline = models.DateField(null=True)
    """Of the step that is next; none while it is held."""
    held = models.BooleanField(default=False, db_default=False)
    """Whether a :class:`Hold` is on."""
    risk = models.IntegerField(default=0)
    """0 to 100; what the rules of sampling make of it (:mod:`jigong.delivery.sampling`)."""
    version = models.IntegerField(default=1)
    """Grows with every step; a page sends back the one it showed, so that a stale page is noticed."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clause", "subject_hash", "period", "supplement"], name="entitlement_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "clause"], name="entitlement_person"),
            models.Index(fields=["office", "state", "deadline", "id"], name="entitlement_queue"),
            models.Index(fields=["state", "deadline", "id"], name="entitlement_waiting"),
            models.Index(fields=["organisation"], name="entitlement_organisation"),
        ]

    @property
    def in_kind(self) -> bool:
        """Whether it is something other than money from a fund."""
        return self.amount is None or self.fund == ""

    @property
    def span(self) -> Text:
        """The period in words, and whether it is a supplement; empty for what is due once."""
        if not self.supplement:
            return Text(self.period, self.period)
        return Text(f"{self.period} 补发".strip(), f"{self.period} arrears".strip())

    def open_subject(self) -> str:
        """The subject's key."""
        return unseal_text(self.subject, SUBJECT)


class Step(models.Model):
    """One move of an entitlement. Append-only; human decisions are these lines, and no run undoes them."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    """None for a rule."""
    move = models.CharField(max_length=16)
    """A name of :data:`jigong.delivery.states.MOVES`, or ``propose``."""
    from_state = models.CharField(max_length=12, default="")
    to_state = models.CharField(max_length=12)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    reason = models.TextField(default="")
    """What whoever moved it says to the worker."""

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [models.Index(fields=["entitlement", "id"], name="step_entitlement")]


class AmountException(models.Model):
    """An amount somebody set that is not what the law gives, and why. Append-only; another human approves it."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="exceptions")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    by_law = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    """What the law gave at that moment; none where it could not be told."""
    most = models.DecimalField(max_digits=14, decimal_places=2)
    """The most the clause can give anybody."""
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "delivery_exception"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, amount__lte=models.F("most")), name="exception_within"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="exception_says_why"),
        ]


class Basis(models.Model):
    """What an entitlement rested on when the worker confirmed it or somebody decided: law, data, values. Sealed JSON."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="bases")
    at = models.DateTimeField()
    pack_hash = models.CharField(max_length=64)
    snapshot = models.CharField(max_length=64)
    known_on = models.DateField()
    as_of = models.DateField()
    body = models.BinaryField()
    """``facts`` the clause read, ``claimed`` by the worker where the data were silent, ``parameters``, ``verdict``."""


class Hold(models.Model):
    """Why an entitlement does not move towards payment for the time being. It lapses nothing, and stops the deadline."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="holds")
    cause = models.CharField(max_length=12, choices=Cause.choices)
    detail = models.TextField(default="")
    """What it waits for: names of facts or clauses, with commas between. No personal data."""
    classes = ArrayField(models.TextField(), default=list, db_default=[])
    """Classes of data that have to be delivered before it can be told."""
    records = ArrayField(models.TextField(), default=list, db_default=[])
    """Classes of which a record waits to be put right."""
    entitled = models.BooleanField(default=False, db_default=False)
    """Whether something is due for certain, and only how much cannot be told."""
    since = models.DateTimeField()
    deadline = models.DateField()
    """When it is escalated; of ``outbid``, when it ends by itself."""
    days_left = models.IntegerField(null=True)
    """Days the step had left when it was stopped; none for a step without a deadline."""
    escalated_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    expired = models.BooleanField(default=False)
    """Whether it ended because its days were over; it is then not put on again."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entitlement", "cause"],
                condition=models.Q(lifted_at__isnull=True),
                name="hold_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["deadline", "id"], condition=models.Q(lifted_at__isnull=True), name="hold_open"
            )
        ]

    @property
    def label(self) -> Text:
        """Why, in words."""
        return ONLY_AMOUNT if self.entitled else CAUSE_LABELS[Cause(self.cause)]

    @property
    def ended_by(self) -> Text:
        """What ends it, in words."""
        return ENDED_BY[Cause(self.cause)]

    @property
    def names(self) -> list[str]:
        """The names in ``detail``."""
        return [name for name in self.detail.split(",") if name]
