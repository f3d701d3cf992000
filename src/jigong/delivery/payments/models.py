"""Batches, payments, the accounts the funds pay from, and the return files the bank sent."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Account, BankAccount
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.enums import OVER, BatchState, PaymentState

PAYING_NUMBER = "paying_account.number"


class PayingAccount(models.Model):
    """The account a fund pays from. Never changed: another account is another line, and the newest counts."""

    fund = models.CharField(max_length=64)
    holder = models.TextField()
    number = models.BinaryField()
    """Sealed."""
    last4 = models.CharField(max_length=4)
    bank = models.TextField()
    clearing_code = models.CharField(max_length=12, default="")
    """The bank branch's number in CNAPS, 12 digits, where it is known."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "payments_paying_account"
        indexes: ClassVar = [models.Index(fields=["fund", "-id"], name="paying_account_fund")]

    def open_number(self) -> str:
        """The account number."""
        return unseal_text(self.number, PAYING_NUMBER)


class Batch(models.Model):
    """Payments of one fund that go to the bank in one file."""

    fund = models.CharField(max_length=64)
    number = models.CharField(max_length=35, unique=True)
    """The file's identity (ISO 20022 message id): by it the bank knows a file that is sent twice."""
    state = models.CharField(max_length=12, choices=BatchState.choices, default=BatchState.DRAFT)
    count = models.IntegerField()
    total = models.DecimalField(max_digits=16, decimal_places=2)
    paying_account = models.ForeignKey(PayingAccount, null=True, on_delete=models.PROTECT, related_name="+")
    """Fixed on release."""
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    released_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_on = models.DateField(null=True)
    """The day of business of the release: when the bank is asked to pay."""
    sent_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    left_out = models.JSONField(default=dict)
    """Why what was approved is not in it, when it was made: entitlements by :class:`.obstacles.Obstacle`."""

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["fund", "state"], name="batch_fund")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("made_by")),
                name="batch_released_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[BatchState.DRAFT, BatchState.DISCARDED])
                | Q(released_by__isnull=False, released_at__isnull=False, released_on__isnull=False),
                name="batch_released",
            ),
        ]


class Payment(models.Model):
    """One attempt to pay an entitlement. There is never a second that could still go through."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="payments")
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="payments")
    attempt = models.IntegerField(default=1)
    """The how-manieth attempt: failed ones count."""
    year = models.IntegerField()
    """Whose budget the money is reserved in."""
    payee = models.TextField()
    """The holder of the account."""
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    """By it the bank's answer is matched."""
    state = models.CharField(max_length=12, choices=PaymentState.choices, default=PaymentState.PENDING)
    reason = models.TextField(default="")
    """Why it failed, as the bank says."""
    bank_reference = models.TextField(default="")
    settled_at = models.DateTimeField(null=True)
    same_account_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    """Of a failed one: who said that the account is right and may be tried again."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entitlement"], condition=~Q(state__in=sorted(OVER)), name="payment_one_alive"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "state"], name="payment_batch"),
            models.Index(fields=["entitlement", "id"], name="payment_entitlement"),
        ]


class ReturnFile(models.Model):
    """A return file the bank sent, known by its content: the same file is taken in once."""

    content_hash = models.CharField(max_length=64, unique=True)
    filename = models.TextField()
    format = models.CharField(max_length=12)
    taken_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    """None while it is being taken in, or where that was interrupted: then taking it in again goes on."""
    outcomes = models.JSONField(default=dict)
    """How many lines came to what, when it was finished."""

    class Meta:
        db_table = "payments_return_file"
        ordering = ("-id",)


class ReturnLine(models.Model):
    """One line of a return file, and what came of it. Append-only."""

    file = models.ForeignKey(ReturnFile, on_delete=models.PROTECT, related_name="lines")
    place = models.IntegerField()
    """The line or element in the file, from 1."""
    end_to_end_id = models.TextField(default="")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="returns")
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    outcome = models.CharField(max_length=12)
    """``failed`` and ``bounced`` are what the bank says; they take effect when a second person confirms them."""
    reason = models.TextField(default="")
    reference = models.TextField(default="")
    """The bank's own number."""

    class Meta:
        db_table = "payments_return_line"
        ordering = ("place",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "place"], name="return_line_once")]


class ReturnAnswer(models.Model):
    """A second person's word on what the bank says failed or came back: yes, or no and why not. Append-only."""

    line = models.OneToOneField(ReturnLine, on_delete=models.PROTECT, related_name="answer")
    confirmed = models.BooleanField()
    text = models.TextField(default="")
    """Why not."""
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "payments_return_answer"
