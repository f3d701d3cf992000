"""Orders of a queue that two people made final before the published day. Both tables only grow."""

import json
from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account
from jigong.dossiers.models import LoadedRun


class Finalisation(models.Model):
    """One person asks that a clause's places no longer wait for data in a period. It counts once another agrees."""

    clause = models.CharField(max_length=64)
    period = models.CharField(max_length=7, default="")
    run = models.ForeignKey(LoadedRun, on_delete=models.PROTECT, related_name="+")
    """The run whose order they looked at; with a newer one it has to be asked for again."""
    places = models.IntegerField()
    """How many places waited."""
    seats = models.TextField(default="[]")
    """Codes of those to whom they go by what is certain, best first; canonical JSON."""
    open = models.TextField(default="[]")
    """Codes of those who could still have come before one of them; canonical JSON."""
    reason = models.TextField()
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "ranking_finalisation"
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clause", "period", "run"], name="ranking_finalisation_once")
        ]

    @property
    def seat_codes(self) -> list[str]:
        """``seats``, read."""
        found: list[str] = json.loads(self.seats)
        return found

    @property
    def open_codes(self) -> list[str]:
        """``open``, read."""
        found: list[str] = json.loads(self.open)
        return found


class Confirmation(models.Model):
    """Another person agrees."""

    finalisation = models.OneToOneField(Finalisation, on_delete=models.PROTECT, related_name="confirmation")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "ranking_confirmation"
