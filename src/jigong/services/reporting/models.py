"""One table: what was reported, by whom, and what became of it."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account, Organisation
from jigong.services.reporting.enums import State


class Report(models.Model):
    """Rows of one class from one organisation. The rows, and what is wrong with them, are sealed."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reports")
    data_class = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    """The file's name as it was sent; empty for the API."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKED)
    rows = models.BinaryField(null=True)
    """The admitted rows and their lines, as JSON; gone once they are taken in or discarded."""
    faults = models.BinaryField()
    """What is wrong with the others, as JSON."""
    rows_in = models.IntegerField()
    accepted = models.IntegerField()
    corrected = models.IntegerField()
    duplicates = models.IntegerField()
    refused = models.IntegerField()
    """Rows that would not be, or were not, taken."""
    by = models.ForeignKey(Account, on_delete=models.PROTECT)
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    batch = models.CharField(max_length=100, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="report_organisation")]
