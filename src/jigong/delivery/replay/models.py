"""What later or corrected data make of a decision that was carried out: money still owed, or paid too much."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db import models

from jigong.accounts.cipher import unseal_text
from jigong.accounts.models import Account
from jigong.delivery.ledger.given import LONGEST_REFERENCE
from jigong.delivery.ledger.models import Entry
from jigong.delivery.models import Basis, Entitlement

STATEMENT = "adjustment.statement"
"""What seals the words of a payee."""


class Direction(models.TextChoices):
    """Who owes whom."""

    ARREARS = "arrears", "补发"
    RECOVERY = "recovery", "追回"


class AdjustmentState(models.TextChoices):
    """Where a proposal stands."""

    PROPOSED = "proposed", "待决定"
    ACCEPTED = "accepted", "已同意"
    APPEALED = "appealed", "申诉中"
    REJECTED = "rejected", "不调整"
    REPLACED = "replaced", "已被新的代替"
    SETTLED = "settled", "已结清"


class Adjustment(models.Model):
    """A proposal to pay more, or to ask money back, that cites the facts that changed. Made once for each change."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="adjustments")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    """Yuan, always positive."""
    body = models.BinaryField()
    """The changed facts, then and now, and where the new ones came from: sealed JSON."""
    key = models.CharField(max_length=64)
    """A hash of what changed and by how much: the same finding again is the same proposal."""
    state = models.CharField(max_length=8, choices=AdjustmentState.choices, default=AdjustmentState.PROPOSED)
    supplement = models.OneToOneField(
        Entitlement, null=True, on_delete=models.PROTECT, related_name="supplement_of"
    )
    """The entitlement that pays accepted arrears, or gives back what was repaid of a recovery that an appeal undid."""
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    reason = models.TextField(default="")
    hear_until = models.DateField(null=True)
    """Of a recovery: the last day on which it cannot be accepted yet, unless the payee has spoken."""
    appeal_until = models.DateField(null=True)
    """Of an accepted recovery: the last day to appeal."""
    due_on = models.DateField(null=True)
    """Of an accepted recovery: when the money is to be back."""
    answer_by = models.DateField(null=True)
    """Of an appeal: when its answer is due."""
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(default="")
    """The reason given to whoever appealed."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entitlement", "key"], name="adjustment_once"),
            models.CheckConstraint(
                condition=~models.Q(direction="recovery", state="proposed")
                | models.Q(hear_until__isnull=False),
                name="open_recovery_is_heard",
            ),
            models.UniqueConstraint(
                fields=["entitlement"], condition=models.Q(state="proposed"), name="one_open_adjustment"
            ),
        ]

    @property
    def repaid(self) -> Decimal:
        """Yuan that came back."""
        return sum((part.amount for part in self.repayments.all()), Decimal(0))

    @property
    def left(self) -> Decimal:
        """Yuan of a recovery that have not come back."""
        return self.amount - self.repaid

    @property
    def hearing(self) -> "Statement | None":
        """What the payee said about the proposal."""
        return self._said(StatementKind.HEARING)

    @property
    def appeal(self) -> "Statement | None":
        """What the payee says against the decision."""
        return self._said(StatementKind.APPEAL)

    @property
    def may_speak(self) -> bool:
        """Whether the payee can still be heard about it."""
        return self._is(AdjustmentState.PROPOSED) and self.hearing is None

    def is_heard(self, day: date) -> bool:
        """Whether a decision can be taken: the payee has spoken, or the days to do so are over."""
        return self.hearing is not None or self.hear_until is None or day > self.hear_until

    def may_appeal(self, day: date) -> bool:
        """Whether the payee can appeal; also after paying, so that nobody loses by paying at once."""
        decided = self._is(AdjustmentState.ACCEPTED) or self._is(AdjustmentState.SETTLED)
        return decided and self.appeal is None and self.appeal_until is not None and day <= self.appeal_until

    def _is(self, state: AdjustmentState) -> bool:
        return self.direction == Direction.RECOVERY and self.state == state

    def _said(self, kind: "StatementKind") -> "Statement | None":
        return next((said for said in self.statements.all() if said.kind == kind), None)


class StatementKind(models.TextChoices):
    """What a payee's words are about."""

    HEARING = "hearing", "说明"
    APPEAL = "appeal", "申诉"


class Statement(models.Model):
    """What a payee said about a recovery: one statement before it is decided, one appeal after."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="statements")
    kind = models.CharField(max_length=8, choices=StatementKind.choices)
    text = models.BinaryField()
    """Sealed."""
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["adjustment", "kind"], name="statement_once")
        ]

    def open_text(self) -> str:
        """The words."""
        return unseal_text(self.text, STATEMENT)


class Repayment(models.Model):
    """A part of a recovery that came back, and its entry in the books."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="repayments")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reference = models.CharField(max_length=LONGEST_REFERENCE)
    """The bank's."""
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="repayment_amount")
        ]


class Look(models.Model):
    """When an entitlement that is not paid yet was last looked at again: with which data."""

    entitlement = models.OneToOneField(
        Entitlement, primary_key=True, on_delete=models.CASCADE, related_name="look"
    )
    basis = models.ForeignKey(Basis, on_delete=models.CASCADE, related_name="+")
    snapshot = models.CharField(max_length=64)
