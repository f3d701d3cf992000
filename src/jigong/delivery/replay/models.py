"""What later or corrected data make of a decision that was carried out: money still owed, or paid too much."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account
from jigong.delivery.models import Entitlement


class Direction(models.TextChoices):
    """Who owes whom."""

    ARREARS = "arrears", "补发"
    RECOVERY = "recovery", "追回"


class AdjustmentState(models.TextChoices):
    """Where a proposal stands."""

    PROPOSED = "proposed", "待决定"
    ACCEPTED = "accepted", "已同意"
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
    """Of accepted arrears: the entitlement by which they are paid."""
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    reason = models.TextField(default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entitlement", "key"], name="adjustment_once"),
            models.UniqueConstraint(
                fields=["entitlement"], condition=models.Q(state="proposed"), name="one_open_adjustment"
            ),
        ]
