"""Entries, their lines, the balance of every account, which the database keeps itself; and proposed changes of budgets."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jigong.accounts.models import Account
from jigong.delivery.ledger.enums import SOURCES, AccountName, Kind

CHAINED_ENTRY = (
    "id", "event", "kind", "fund", "year", "amount", "lines", "at", "actor", "actor_label",
    "entitlement", "payment", "reverses", "reason",
)  # fmt: skip
"""The columns an entry's hash covers, in this order."""
CHAINED_LINE = ("id", "entry_id", "fund", "year", "account", "amount")
"""The columns a line's hash covers, in this order."""


class Entry(models.Model):
    """One business event in the books. Written by :func:`jigong.delivery.ledger.posting.post`, never changed.

    Entitlements, payments and accounts are plain numbers: the books outlive what they tell about.
    """

    id = models.BigIntegerField(primary_key=True, default=0)
    """Given by the database, without gaps."""
    event = models.CharField(max_length=120, unique=True)
    """What happened, such as ``reserve:17:0``. An event is booked once, whoever reports it however often."""
    kind = models.CharField(max_length=12, choices=Kind.choices)
    fund = models.CharField(max_length=64)
    year = models.IntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    """Yuan. Below zero only where a budget is cut."""
    lines = models.IntegerField(default=2)
    """How many lines belong to it: none can be added or lost later."""
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    """The account; none for what the platform does by itself."""
    actor_label = models.TextField()
    entitlement = models.BigIntegerField(null=True, db_index=True)
    payment = models.BigIntegerField(null=True, db_index=True)
    reverses = models.BigIntegerField(null=True, unique=True)
    """The entry it corrects. Nothing is corrected twice."""
    reason = models.TextField(default="")
    previous = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "ledger_entry"
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_amount"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="ledger_entry_kind"),
        ]
        indexes: ClassVar = [models.Index(fields=["fund", "year", "id"], name="ledger_entry_fund")]


class Line(models.Model):
    """One side of an entry: ``amount`` is above zero for a debit, below for a credit."""

    id = models.BigIntegerField(primary_key=True, default=0)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="sides")
    fund = models.CharField(max_length=64)
    year = models.IntegerField()
    account = models.CharField(max_length=12, choices=AccountName.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    previous = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "ledger_line"
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_line_amount"),
            models.CheckConstraint(condition=Q(account__in=AccountName.values), name="ledger_line_account"),
        ]


class Balance(models.Model):
    """The sum of an account's lines. Only the database writes it, with each line, and refuses to overdraw it."""

    fund = models.CharField(max_length=64)
    year = models.IntegerField()
    account = models.CharField(max_length=12, choices=AccountName.choices)
    balance = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        db_table = "ledger_balance"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fund", "year", "account"], name="ledger_balance_once"),
            models.CheckConstraint(
                condition=Q(account__in=sorted(SOURCES), balance__lte=0)
                | (~Q(account__in=sorted(SOURCES)) & Q(balance__gte=0)),
                name="ledger_balance_covered",
            ),
        ]


class BudgetChange(models.Model):
    """Somebody in finance wants a fund's year to have more or less, by a paper. Without an answer it is open. Only grows."""

    fund = models.CharField(max_length=64)
    year = models.IntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    """Yuan; below zero it is a cut."""
    reference = models.CharField(max_length=35)
    """The number of the paper that says so."""
    turn = models.IntegerField()
    """Which proposal by this paper it is, from 0: a further one needs that the last was declined."""
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_budget_change"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fund", "year", "reference", "turn"], name="budget_change_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="budget_change_amount"),
        ]

    @property
    def event(self) -> str:
        """Under which it is booked when it is confirmed."""
        return f"supplement:{self.fund}:{self.year}:{self.reference}"


class BudgetAnswer(models.Model):
    """What came of a proposed change: a second person's yes, or a no (the proposer's own takes it back). Only grows."""

    change = models.OneToOneField(BudgetChange, on_delete=models.PROTECT, related_name="answer")
    confirmed = models.BooleanField()
    text = models.TextField(default="")
    """Why not."""
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_budget_answer"
