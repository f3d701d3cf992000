"""The site's signing keys: made on first use, sealed in the database, rotated with an overlap, published.

They are in the database, not in a file, so that every process of a site signs with the same key and a
backup of the database has them; sealed, so that a copy of the database alone cannot sign.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import connection, transaction

from jigong.accounts.cipher import seal, unseal
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.credentials.enums import KeyUse
from jigong.credentials.models import SigningKey
from jigong.kernel.problems import error

AHEAD = timedelta(days=1)
"""How long a new key is published before it signs, and an old key of codes after its last: who checks offline
fetches the keys at least this often."""


@dataclass(frozen=True)
class Signer:
    """A key that signs."""

    kid: str
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(message)


def signer(use: KeyUse, *, at: datetime) -> Signer:
    """The key that signs at ``at``; the first one is made now."""
    found = _signing(use, at)
    if found is None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('credentials.keys'))")
            found = _signing(use, at) or _make(use, signs_from=at, by=None, at=at)
    return _opened(found.kid, bytes(found.private))


def signer_of(use: KeyUse, *, issued_at: datetime) -> Signer:
    """The key that signed at ``issued_at``; where it was withdrawn, the one that replaced it."""
    found = _signing(use, issued_at)
    if found is None:
        found = SigningKey.objects.filter(use=use, withdrawn_at__isnull=True).order_by("signs_from").first()
    return signer(use, at=issued_at) if found is None else _opened(found.kid, bytes(found.private))


def published(use: KeyUse, *, at: datetime) -> list[SigningKey]:
    """The keys others may trust now, the newest first.

    Those of credentials stay for good. One of codes goes a day after another took over: no code it
    signed can be valid any more.
    """
    keys = list(SigningKey.objects.filter(use=use, withdrawn_at__isnull=True))
    if use == KeyUse.CREDENTIAL:
        return keys
    over = [key.signs_from for key in keys if key.signs_from <= at - AHEAD]
    return [key for key in keys if not over or key.signs_from >= max(over)]


def public_keys(use: KeyUse, *, at: datetime) -> Mapping[str, Ed25519PublicKey]:
    """:func:`published` by key id."""
    return {key.kid: Ed25519PublicKey.from_public_bytes(bytes(key.public)) for key in published(use, at=at)}


@transaction.atomic
def rotate(use: KeyUse, *, by: Account | None, at: datetime, ahead: timedelta = AHEAD) -> SigningKey:
    """A new key that takes over ``ahead`` from now; until then the old one signs, and both are published."""
    return _make(use, signs_from=at + ahead, by=by, at=at)


@transaction.atomic
def withdraw(*, kid: str, by: Account | None, at: datetime, reason: str) -> SigningKey:
    """Nothing the key signed counts any more. Credentials are signed anew by the next key when they are exported.

    Raises:
        JigongError: no reason is given, or there is no such key.
    """
    if not reason.strip():
        raise error("撤销密钥须写明理由", "withdrawing a key needs a reason")
    key = SigningKey.objects.select_for_update().filter(pk=kid).first()
    if key is None:
        raise error(
            f"没有编号为 {kid} 的密钥",
            f"there is no key {kid}",
            remedy=("jigong keys show 列出所有密钥", "jigong keys show lists every key"),
        )
    if key.withdrawn_at is None:
        key.withdrawn_at = at
        key.save(update_fields=["withdrawn_at"])
        record("credentials.withdraw_key", by=by, at=at, object_kind="key", object_id=kid, reason=reason)
    return key


def verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` is the key's."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _signing(use: KeyUse, at: datetime) -> SigningKey | None:
    return SigningKey.objects.filter(use=use, withdrawn_at__isnull=True, signs_from__lte=at).first()


def _make(use: KeyUse, *, signs_from: datetime, by: Account | None, at: datetime) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    kid = hashlib.sha256(public).hexdigest()[:8]
    made = SigningKey.objects.create(
        kid=kid,
        use=use,
        public=public,
        private=seal(private.private_bytes_raw(), _context(kid)),
        created_at=at,
        signs_from=signs_from,
    )
    record("credentials.make_key", by=by, at=at, object_kind="key", object_id=kid, detail={"use": str(use)})
    return made


def _context(kid: str) -> str:
    return f"credentials.key.{kid}"


@lru_cache(maxsize=16)
def _opened(kid: str, private: bytes) -> Signer:
    return Signer(kid, Ed25519PrivateKey.from_private_bytes(unseal(private, _context(kid))))
