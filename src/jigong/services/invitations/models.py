"""One table: what an enterprise asked of a person, and what the person said."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Organisation, Person
from jigong.services.invitations.enums import Purpose, State


class Invitation(models.Model):
    """An enterprise asks for consent for one purpose. One may be open at a time."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="invitations")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "organisation", "purpose"],
                condition=models.Q(state="open"),
                name="invitation_open_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state", "purpose"], name="invitation_organisation")
        ]
