"""Proposals to set a row aside, and their answers. Both tables only grow: who was the second person stays readable."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account
from jigong.kernel.text import Text
from jigong.services.setting_aside.enums import WHY, Why


class Proposal(models.Model):
    """Somebody of the class's office wants a waiting row set aside. Without an answer it is open."""

    data_class = models.CharField(max_length=64)
    batch = models.CharField(max_length=40)
    file = models.TextField()
    line = models.BigIntegerField()
    turn = models.IntegerField()
    """Which proposal for the row it is, from 0: a further one needs that the last was declined, so one at most is open."""
    why = models.CharField(max_length=12, choices=Why.choices)
    text = models.TextField()
    """What the list of reasons does not say."""
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["data_class", "batch", "file", "line", "turn"], name="one_open_set_aside"
            )
        ]

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Which row it is about."""
        return self.data_class, self.batch, self.file, self.line

    @property
    def label(self) -> Text:
        """The reason from the list."""
        return WHY[Why(self.why)]


class Answer(models.Model):
    """What came of a proposal: a second person's yes, or a no (the proposer's own takes it back)."""

    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="answer")
    confirmed = models.BooleanField()
    text = models.TextField(default="")
    """Why not."""
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
