"""Signing keys, uses of skill codes, credentials."""

import uuid
from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account, Person
from jigong.credentials.enums import KeyUse, Purpose


class SigningKey(models.Model):
    """An Ed25519 key. A newer one takes over on ``signs_from``; what the older one signed stays good."""

    kid = models.CharField(max_length=8, primary_key=True)
    """The first four bytes, in hex, of the SHA-256 of the public key."""
    use = models.CharField(max_length=12, choices=KeyUse.choices)
    public = models.BinaryField()
    """32 bytes."""
    private = models.BinaryField()
    """Sealed."""
    created_at = models.DateTimeField()
    signs_from = models.DateTimeField()
    """Published before it signs, so that those who check offline know it in time."""
    withdrawn_at = models.DateTimeField(null=True)
    """Since when nothing it signed counts (a stolen key)."""

    class Meta:
        ordering = ("-signs_from", "-created_at")


class CodeUse(models.Model):
    """A skill code that was accepted. Append-only, until the database lets lines go after a day."""

    code = models.CharField(max_length=32)
    """The code's one-time holder id, in hex."""
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    """The station that checked; None for anybody's camera."""
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["code", "purpose"], name="code_used_once")]


class Credential(models.Model):
    """One record of a person that others can verify. What it says never changes; it may be revoked.

    The signed form is made when it is asked for, and is the same every time: Ed25519 is deterministic
    and the key is the one that signed on ``issued_at``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=64)
    """Its id in the pack."""
    subject_hash = models.CharField(max_length=64)
    """Finds the record it was made from."""
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="credentials")
    achievement = models.CharField(max_length=200)
    zh = models.TextField()
    en = models.TextField()
    awarded_on = models.DateField()
    until = models.DateField(null=True)
    claims = models.BinaryField()
    """Sealed JSON: ``name`` of the holder, ``number``, ``assessor``."""
    claims_hash = models.CharField(max_length=64)
    """A keyed hash of everything it says."""
    issued_at = models.DateTimeField()
    status_list = models.IntegerField()
    status_index = models.IntegerField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    """None where the data no longer bear it out."""
    revoked_reason = models.TextField(default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_hash"],
                condition=models.Q(revoked_at__isnull=True),
                name="credential_once",
            ),
            models.UniqueConstraint(fields=["status_list", "status_index"], name="credential_status"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "kind"], name="credential_person"),
            models.Index(fields=["kind", "achievement"], name="credential_achievement"),
            models.Index(
                fields=["status_list", "status_index"],
                condition=models.Q(revoked_at__isnull=False),
                name="credential_revoked",
            ),
        ]
