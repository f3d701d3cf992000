"""The second factor of staff: a time-based code, a passkey, or a recovery code, kept by allauth.mfa.

Everything here is about an account that has shown its first factor (or is signed in already); what it
returns is a fact, what to do with it the portal decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction

from jigong.accounts.adapters import resealed
from jigong.accounts.cipher import lookup
from jigong.accounts.limits import Limit
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.kernel.problems import JigongError

TRY_CODE = Limit("second factor", 6, timedelta(minutes=15))
_CODE_LIFE = 120
Type = Authenticator.Type


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor of an account."""

    id: int
    kind: str
    name: str
    made_at: datetime
    used_at: datetime | None


def factors_of(account: Account) -> list[Factor]:
    """Codes and passkeys, oldest first; recovery codes are counted by :func:`recovery_left`."""
    found = Authenticator.objects.filter(user=account).exclude(type=Type.RECOVERY_CODES).order_by("pk")
    return [
        Factor(a.pk, str(a.type), str(a.data.get("name", "")), a.created_at, a.last_used_at) for a in found
    ]


def has_factor(account: Account) -> bool:
    """Whether the account can show a second factor at all."""
    return bool(Authenticator.objects.filter(user=account, type__in=(Type.TOTP, Type.WEBAUTHN)).exists())


def accounts_with_factor(accounts: Sequence[int]) -> set[int]:
    """Which of these accounts can show one."""
    held = Authenticator.objects.filter(user__in=accounts, type__in=(Type.TOTP, Type.WEBAUTHN))
    return set(held.values_list("user_id", flat=True))


@transaction.atomic
def check_code(account: Account, typed: str) -> str | None:
    """Which factor this code belongs to, and use it up; None where it is wrong."""
    code = "".join(typed.split())
    used = f"second-factor-{account.pk}-{lookup(code, 'second-factor.code')}"
    held = Authenticator.objects.select_for_update().filter(
        user=account, type__in=(Type.TOTP, Type.RECOVERY_CODES)
    )
    for authenticator in held:
        # A code of the app holds for three half-minutes; it must not work twice in them.
        if authenticator.wrap().validate_code(code) and cache.add(used, 1, _CODE_LIFE):
            authenticator.record_usage()
            return str(authenticator.type)
    return None


@dataclass(frozen=True, slots=True)
class NewTotp:
    """A secret to be put into an authenticator app."""

    secret: str
    address: str
    picture: str
    """A QR code of the address, as a data URI."""


def new_secret() -> str:
    """A fresh secret."""
    return str(generate_totp_secret())


def show_secret(account: Account, secret: str) -> NewTotp:
    """What the page shows of it."""
    address = get_adapter().build_totp_url(account, secret)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return NewTotp(secret, address, picture)


@transaction.atomic
def add_totp(*, account: Account, secret: str, typed: str, at: datetime) -> list[str] | None:
    """Keep the secret when the app shows the right code: the recovery codes made with it (none if there were any).

    None where the code is wrong.
    """
    if not validate_totp_code(secret, "".join(typed.split())):
        return None
    Authenticator.objects.filter(user=account, type=Type.TOTP).delete()
    TOTP.activate(account, secret)
    _record("accounts.add_factor", account, at, "totp")
    return _first_recovery_codes(account)


def passkey_creation(account: Account) -> Mapping[str, Any]:
    """What a browser needs to make a passkey; the challenge waits in the session."""
    options: Mapping[str, Any] = webauthn.begin_registration(account, False)
    return options


@transaction.atomic
def add_passkey(
    *, account: Account, name: str, credential: Mapping[str, Any], at: datetime
) -> list[str] | None:
    """Keep a passkey the browser made: recovery codes as for :func:`add_totp`; None where it does not fit."""
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except (ValidationError, ValueError, KeyError, TypeError):
        return None
    webauthn.WebAuthn.add(account, name.strip()[:60] or "passkey", credential)
    _record("accounts.add_factor", account, at, "webauthn")
    return _first_recovery_codes(account)


def passkey_request(account: Account) -> Mapping[str, Any]:
    """What a browser needs to use a passkey; the challenge waits in the session."""
    options: Mapping[str, Any] = webauthn.begin_authentication(account)
    return options


def check_passkey(account: Account, credential: Mapping[str, Any]) -> str | None:
    """``webauthn`` where the passkey answered the challenge."""
    try:
        webauthn.parse_authentication_response(credential)
        authenticator = webauthn.complete_authentication(account, credential)
    except (ValidationError, ValueError, KeyError, TypeError):
        return None
    authenticator.record_usage()
    return str(authenticator.type)


@transaction.atomic
def remove_factor(*, account: Account, factor: int, at: datetime) -> bool:
    """Remove one of one's own; the last one stays, for staff never do without."""
    held = list(
        Authenticator.objects.select_for_update()
        .filter(user=account, type__in=(Type.TOTP, Type.WEBAUTHN))
        .order_by("pk")
    )
    found = next((a for a in held if a.pk == factor), None)
    if found is None or len(held) < 2:
        return False
    kind = str(found.type)
    found.delete()
    _record("accounts.remove_factor", account, at, kind)
    return True


def recovery_left(account: Account) -> int:
    """How many recovery codes are unused."""
    held = Authenticator.objects.filter(user=account, type=Type.RECOVERY_CODES).first()
    return 0 if held is None else len(held.wrap().get_unused_codes())


@transaction.atomic
def new_recovery_codes(*, account: Account, at: datetime) -> list[str]:
    """Fresh recovery codes; the old ones end."""
    Account.objects.select_for_update().get(pk=account.pk)
    Authenticator.objects.filter(user=account, type=Type.RECOVERY_CODES).delete()
    _record("accounts.new_recovery_codes", account, at, "recovery_codes")
    return list(RecoveryCodes.activate(account).get_unused_codes())


def reseal_factors() -> tuple[int, int, int, int]:
    """Seal the secrets with the site's key: how many rows there are, were sealed anew, were locked, do not open."""
    keys = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
    sealed = left = unreadable = 0
    for key in keys:
        with transaction.atomic():
            found = Authenticator.objects.select_for_update(skip_locked=True).filter(pk=key).first()
            if found is None:
                left += 1
                continue
            try:
                renewed = _resealed(found.data)
            except JigongError:
                unreadable += 1
                continue
            if renewed != found.data:
                found.data = renewed
                found.save(update_fields=["data"])
                sealed += 1
    return len(keys), sealed, left, unreadable


def _resealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """What allauth keeps of a factor, its secrets sealed with the site's key."""
    found = dict(data)
    for name in ("secret", "seed"):
        if name in found:
            found[name] = resealed(found[name]) or found[name]
    return found


def _first_recovery_codes(account: Account) -> list[str]:
    if Authenticator.objects.filter(user=account, type=Type.RECOVERY_CODES).exists():
        return []
    codes: Sequence[str] = RecoveryCodes.activate(account).get_unused_codes()
    return list(codes)


def _record(action: str, account: Account, at: datetime, kind: str) -> None:
    record(action, by=account, at=at, object_kind="account", object_id=account.pk, detail={"kind": kind})
