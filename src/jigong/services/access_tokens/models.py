"""Tokens, of which only a hash is kept, and answers kept so that a repeated request does nothing twice."""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jigong.accounts.models import Account, Organisation


class Token(models.Model):
    """A key to the API for one organisation. The secret is shown once; a keyed hash finds it again."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    """What it is for, in the words of whoever made it."""
    secret_hash = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    """The secret's last characters, by which people tell tokens apart."""
    scopes = ArrayField(models.CharField(max_length=40))
    per_minute = models.IntegerField()
    """How many requests a minute it may make."""
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tokens_made")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    minute = models.DateTimeField(null=True)
    """The minute in which it was last used."""
    used_in_minute = models.IntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-created_at"], name="token_organisation")]

    @property
    def audit_label(self) -> str:
        """Who acts, for the record: the organisation, through this token."""
        return f"token {self.pk}@{self.organisation.code}"

    def valid_at(self, at: datetime) -> bool:
        """Whether it opens anything at that moment."""
        return self.revoked_at is None and at < self.expires_at


class KeptAnswer(models.Model):
    """The answer to a request that carried an idempotency key. Empty while the request is under way."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE)
    key = models.CharField(max_length=128)
    request_hash = models.CharField(max_length=64)
    """SHA-256 of method, path and body."""
    at = models.DateTimeField(db_index=True)
    status = models.IntegerField(null=True)
    content_type = models.CharField(max_length=80, default="")
    body = models.BinaryField(default=b"")
    """Sealed."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="answer_once")]
