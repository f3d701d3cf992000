"""Forgetting the second factors of somebody who has lost them: one operator asks, another confirms within a day.

One operator alone could otherwise come in as anybody: a new password is theirs to send already. For the same
reason operators are made on the server only (``jigong operator``), never by each other.
"""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from jigong.accounts.enums import PERMISSIONS, Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account, FactorReset
from jigong.accounts.second_factor import has_factor
from jigong.accounts.staff import not_oneself, note
from jigong.kernel.problems import error

LIFE = timedelta(hours=24)
"""How long a request waits for the other operator."""
_KEEPERS = [role for role, given in PERMISSIONS.items() if Permission.MANAGE_ACCOUNTS in given]


def operators() -> QuerySet[Account]:
    """The open accounts that keep accounts."""
    return Account.objects.filter(
        is_active=True, memberships__active=True, memberships__role__in=_KEEPERS
    ).distinct()


def pending(*, at: datetime) -> QuerySet[FactorReset]:
    """The requests that still wait, the oldest first."""
    found = FactorReset.objects.filter(expires_at__gt=at, asked_by__in=operators())
    return found.select_related("account", "asked_by").order_by("asked_at")


@transaction.atomic
def ask_reset(*, account: Account, by: Account, at: datetime) -> FactorReset:
    """Ask that an account's second factors be forgotten. Asking again while it waits changes nothing.

    Raises:
        JigongError: one's own account, or one that has none.
    """
    not_oneself(account, by)
    Account.objects.select_for_update().get(pk=account.pk)
    if not has_factor(account):
        raise error("这个账户没有设置二次验证", "this account has no second factor")
    waiting = pending(at=at).filter(account=account).first()
    if waiting is not None:
        return waiting
    FactorReset.objects.filter(account=account).delete()
    made = FactorReset.objects.create(account=account, asked_by=by, asked_at=at, expires_at=at + LIFE)
    note("accounts.ask_reset", account, by, at)
    return made


@transaction.atomic
def confirm_reset(*, account: Account, by: Account, at: datetime) -> None:
    """Forget the second factors another operator asked to; the owner sets up new ones as they sign in.

    Raises:
        JigongError: one's own account, one's own request, or none that still waits.
    """
    not_oneself(account, by)
    Account.objects.select_for_update().get(pk=account.pk)
    asked = pending(at=at).filter(account=account).first()
    if asked is None:
        raise error(
            "没有待确认的申请，或者已经过期", "no request waits, or it has expired",
            remedy=("重新提出申请，再由另一位系统管理员确认", "ask again, and let another operator confirm"),
        )  # fmt: skip
    refuse_same_human(
        by, asked.asked_by, zh="不能确认自己提出的申请", en="nobody confirms what they asked for themself",
        remedy=("请另一位系统管理员确认", "let another operator confirm"),
    )  # fmt: skip
    asked.delete()
    _forget(account, by, at, asked_by=asked.asked_by_id)


@transaction.atomic
def withdraw_reset(*, account: Account, by: Account, at: datetime) -> None:
    """Let a request drop: any operator may, and the owner. Where none waits nothing changes."""
    if FactorReset.objects.filter(account=account).delete()[0]:
        note("accounts.withdraw_reset", account, by, at)


@transaction.atomic
def reset_on_server(*, account: Account, at: datetime) -> None:
    """Forget an account's second factors at once: for the command line, whose user has the server anyway."""
    FactorReset.objects.filter(account=account).delete()
    _forget(account, None, at)


def _forget(account: Account, by: Account | None, at: datetime, **detail: object) -> None:
    removed, _ = Authenticator.objects.filter(user=account).delete()
    note("accounts.reset_second_factor", account, by, at, removed=removed, **detail)
