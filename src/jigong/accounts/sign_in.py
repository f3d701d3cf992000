"""One-time codes: six digits, five minutes, five tries, one use; the same answer whether a phone is known or not."""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.db.models import QuerySet

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.codes import CodeSender, DemoSender
from jigong.accounts.limits import Limit
from jigong.accounts.models import Account, Person, SignInCode
from jigong.accounts.workers import worker_account
from jigong.audit.actions import record
from jigong.kernel.problems import error

LIFE = timedelta(minutes=5)
TRIES = 5
ASK_PHONE = Limit("code to a phone", 5, timedelta(minutes=30))
ASK_ADDRESS = Limit("codes from an address", 30, timedelta(minutes=10))
TRY_PHONE = Limit("tries for a phone", 12, timedelta(minutes=30))
TRY_ADDRESS = Limit("tries from an address", 60, timedelta(minutes=10))
_KEPT = timedelta(days=1)
_MOBILE = re.compile(r"(?:\+?86)?(1\d{10})")


class Tried(Enum):
    """What came of typing a code."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    """Used, expired, or tried too often: a new one is needed."""


def clean_mobile(typed: str) -> str:
    """The eleven digits of a mobile number as somebody typed it.

    Raises:
        JigongError: it is not one.
    """
    match = _MOBILE.fullmatch(re.sub(r"[\s-]", "", typed))
    if match is None:
        raise error(
            "手机号应为 11 位数字", "a mobile number has 11 digits", remedy=("检查后重新填写", "check it and enter it again")
        )  # fmt: skip
    return match[1]


@transaction.atomic
def ask_code(*, mobile: str, by: CodeSender, at: datetime) -> SignInCode:
    """Make a code for a phone, and send it where the phone belongs to somebody.

    A demonstration keeps it for the screen whoever the phone belongs to: the page is the same for all.
    """
    SignInCode.objects.filter(made_at__lt=at - _KEPT).delete()
    code = f"{secrets.randbelow(10**6):06}"
    made = SignInCode.objects.create(
        mobile_hash=lookup(mobile, "person.mobile"), mobile=seal_text(mobile, "sign-in.mobile"),
        code_hash=_hash(mobile, code, at), made_at=at, expires_at=at + LIFE,
    )  # fmt: skip
    if isinstance(by, DemoSender) or _people(made).exists():
        transaction.on_commit(lambda: by.send(mobile, code))
    return made


@transaction.atomic
def try_code(*, code_id: int, typed: str, at: datetime) -> Tried:
    """Use up one try; the right code works once."""
    asked = SignInCode.objects.select_for_update().filter(pk=code_id).first()
    if asked is None or asked.used_at is not None or at >= asked.expires_at or asked.tries >= TRIES:
        return Tried.SPENT
    asked.tries += 1
    right = hmac.compare_digest(
        _hash(asked.open_mobile(), re.sub(r"\s", "", typed), asked.made_at), asked.code_hash
    )
    if right:
        asked.used_at = at
    asked.save(update_fields=["tries", "used_at"])
    if right:
        return Tried.RIGHT
    return Tried.SPENT if asked.tries >= TRIES else Tried.WRONG


def people_of(code_id: int) -> list[Person]:
    """Whom the data name with the phone of a code that was typed right; a family may share a phone."""
    asked = SignInCode.objects.filter(pk=code_id, used_at__isnull=False).first()
    return [] if asked is None else list(_people(asked))


def with_last_digits(people: list[Person], typed: str) -> Person | None:
    """The one of them whose citizen number ends in these four characters."""
    wanted = typed.strip().upper()
    found = [
        person
        for person in people
        if hmac.compare_digest(person.open_number()[-4:].encode(), wanted.encode())
    ]
    return found[0] if len(found) == 1 else None


def open_account(person: Person) -> Account | None:
    """The account of somebody who has shown who they are, made at first; None where it was closed."""
    account = worker_account(person)
    return account if account.is_active else None


def record_sign_in(account: Account, *, how: str, at: datetime) -> None:
    """Write down that somebody came in, and by which way."""
    record(
        "accounts.sign_in", by=account, at=at, object_kind="account", object_id=account.pk,
        person=account.person_id, detail={"how": how},
    )  # fmt: skip


def _people(asked: SignInCode) -> QuerySet[Person]:
    return Person.objects.filter(mobile_hash=asked.mobile_hash, listed=True).order_by("pk")


def _hash(mobile: str, code: str, made_at: datetime) -> str:
    return lookup(f"{mobile} {code} {made_at.timestamp():.6f}", "sign-in.code")
