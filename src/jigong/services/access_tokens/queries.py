"""Which token a secret opens, and whether it may be used once more in this minute."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import PERMISSIONS, Permission
from jigong.accounts.models import Organisation
from jigong.services.access_tokens.models import Token

USE = "api.token"


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a token: how many remain in this minute, and after how many seconds there are more."""

    token: Token
    remaining: int
    reset_in: int

    @property
    def too_many(self) -> bool:
        """Whether this use is beyond the limit."""
        return self.remaining < 0


# One statement counts and reads, so that however many processes serve, the limit is one.
_COUNT = """
UPDATE access_tokens_token SET
  used_in_minute = CASE WHEN minute = date_trunc('minute', %(at)s::timestamptz) THEN used_in_minute + 1 ELSE 1 END,
  minute = date_trunc('minute', %(at)s::timestamptz), last_used_at = %(at)s
WHERE secret_hash = %(hash)s AND revoked_at IS NULL AND expires_at > %(at)s
  AND EXISTS (
    SELECT 1 FROM accounts_account maker JOIN accounts_membership held ON held.account_id = maker.id AND held.active
    WHERE maker.id = created_by_id AND maker.is_active AND (held.role = ANY(%(keepers)s)
      OR (held.role = ANY(%(own)s) AND held.organisation_id = access_tokens_token.organisation_id)))
RETURNING id, used_in_minute, per_minute
"""


def _roles(permission: Permission) -> list[str]:
    return [role.value for role, may in PERMISSIONS.items() if permission in may]


_OWN, _KEEPERS = _roles(Permission.SEE_EMPLOYEES), _roles(Permission.MANAGE_ACCOUNTS)
"""Who makes tokens for the organisation they work for, and who for every office."""


def use(secret: str, *, at: datetime) -> Use | None:
    """Count one use of the token with this secret; None where no valid token has it.

    A token whose maker's account is closed, or who makes tokens for its organisation no longer, opens
    nothing: nobody answers for it any more.
    """
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"at": at, "hash": lookup(secret, USE), "own": _OWN, "keepers": _KEEPERS}
        cursor.execute(_COUNT, given)
        row = cursor.fetchone()
    if row is None:
        return None
    pk, used, limit = row
    token = Token.objects.select_related("organisation").get(pk=pk)
    return Use(token, limit - used, 60 - at.second)


def tokens_of(organisations: list[Organisation]) -> list[Token]:
    """The organisations' tokens, newest first."""
    return list(
        Token.objects.filter(organisation__in=organisations)
        .select_related("organisation", "created_by")
        .order_by("-created_at", "-id")
    )
