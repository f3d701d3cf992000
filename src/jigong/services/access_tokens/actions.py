"""Make and revoke tokens; keep answers."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from jigong.accounts.cipher import lookup, seal, unseal
from jigong.accounts.models import Account, Organisation
from jigong.audit.actions import record
from jigong.kernel.problems import JigongError, error
from jigong.services.access_tokens.enums import SCOPES_OF, Scope
from jigong.services.access_tokens.models import KeptAnswer, Token
from jigong.services.access_tokens.queries import USE

PREFIX = "jg_"
"""Secrets begin so, so that a scanner for leaked secrets can know them."""
MAX_DAYS = 366
PER_MINUTE = 120
KEEP = timedelta(days=7)
"""How long answers are kept for repeated requests."""
_ANSWER = "api.answer"


class BusyError(JigongError):
    """The same request is under way already."""


class ReusedKeyError(JigongError):
    """The idempotency key came before, with another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    content_type: str
    body: bytes
    repeated: bool = False


@transaction.atomic
def create(
    *,
    organisation: Organisation,
    name: str,
    scopes: Collection[Scope],
    days: int,
    by: Account,
    at: datetime,
    per_minute: int = PER_MINUTE,
) -> tuple[Token, str]:
    """A new token and its secret, which is nowhere else.

    Raises:
        JigongError: no scope, a scope its kind of organisation cannot have, no name, or too long a life.
    """
    wrong = [scope for scope in scopes if scope not in SCOPES_OF.get(organisation.kind, ())]
    if not name.strip():
        raise error("请写明用途", "say what it is for", remedy=("如：人事系统", "such as: HR system"))
    if not scopes or wrong:
        raise error(
            "请选择本单位可用的权限",
            "choose scopes this organisation can have",
            remedy=("至少选一项", "choose at least one"),
        )
    if not 1 <= days <= MAX_DAYS:
        raise error(
            f"有效期须为 1 至 {MAX_DAYS} 天",
            f"it must live between 1 and {MAX_DAYS} days",
            remedy=("到期前可新建一个替换", "make another before it expires"),
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        organisation=organisation, name=name.strip()[:80], secret_hash=lookup(secret, USE), ending=secret[-4:],
        scopes=sorted(scopes), per_minute=per_minute, created_by=by, created_at=at,
        expires_at=at + timedelta(days=days),
    )  # fmt: skip
    record(
        "access_tokens.create", by=by, at=at, object_kind="token", object_id=token.pk,
        detail={"organisation": organisation.pk, "scopes": sorted(scopes), "days": days},
    )  # fmt: skip
    return token, secret


@transaction.atomic
def revoke(*, token: int, by: Account, at: datetime) -> None:
    """The token opens nothing from now on."""
    found = Token.objects.select_for_update().get(pk=token)
    if found.revoked_at is not None:
        return
    found.revoked_at = at
    found.save(update_fields=["revoked_at"])
    record("access_tokens.revoke", by=by, at=at, object_kind="token", object_id=token)


def request_hash(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def once(*, token: Token, key: str, asked: str, at: datetime, do: Callable[[], Answer]) -> Answer:
    """Answer a request that carries an idempotency key: at most one run of ``do`` succeeds.

    The key is claimed, and its answer kept, in the transaction in which ``do`` writes, so that a crash
    leaves neither. An answer of 500 and above is not kept: the request may be tried again.

    Raises:
        ReusedKeyError: the key came before with another request (``asked`` differs).
        BusyError: the same request is under way.
    """
    try:
        with transaction.atomic():
            return _claimed(token, key, asked, at, do)
    except _Undone as undone:
        return undone.answer
    except IntegrityError:
        raise _busy() from None


class _Undone(Exception):  # noqa: N818  (carries an answer out of a transaction that is rolled back)
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _claimed(token: Token, key: str, asked: str, at: datetime, do: Callable[[], Answer]) -> Answer:
    # Two at once: the lock lets one in; the other is told to wait rather than made to.
    if not _only_one(token.pk, key):
        raise _busy()
    KeptAnswer.objects.filter(token=token, at__lt=at - KEEP).delete()
    kept = KeptAnswer.objects.filter(token=token, key=key).first()
    if kept is not None:
        if kept.request_hash != asked:
            raise ReusedKeyError(
                *error(
                    "这个幂等键已用于另一个请求",
                    "this idempotency key was used for another request",
                    remedy=("为新请求换一个键", "use a new key for a new request"),
                ).problems
            )
        return Answer(kept.status or 500, kept.content_type, unseal(kept.body, _ANSWER), repeated=True)
    answer = do()
    if answer.status >= 500:
        raise _Undone(answer)
    KeptAnswer.objects.create(
        token=token, key=key, request_hash=asked, at=at, status=answer.status,
        content_type=answer.content_type, body=seal(answer.body, _ANSWER),
    )  # fmt: skip
    return answer


def _only_one(token: int, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"answer {token} {key}"])
        (got,) = cursor.fetchone()
    return bool(got)


def _busy() -> BusyError:
    return BusyError(
        *error(
            "同一个请求正在处理",
            "the same request is under way",
            remedy=("稍后用同一个键再试", "try again in a moment with the same key"),
        ).problems
    )
