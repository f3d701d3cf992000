"""Checking a skill code online: who signed it, when, and whether it was shown before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from jigong.accounts.models import Account, Person
from jigong.audit.actions import record
from jigong.credentials.code import unhide
from jigong.credentials.enums import KeyUse, Outcome, Purpose
from jigong.credentials.keys import public_keys, verifies
from jigong.credentials.models import CodeUse
from jigong.credentials.token import SECONDS, Token, take_apart

SKEW = 15
"""Seconds by which the clocks of two servers of a site may differ, and a scan may take."""
KEPT = timedelta(days=1)
"""How long a use is remembered; a code is dead after a minute, so this is only for questions of the day."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. ``person`` and ``use`` only where the code is valid."""

    outcome: Outcome
    person: Person | None = None
    use: int | None = None


def inspect(text: str, *, at: datetime) -> tuple[Outcome, Token | None]:
    """Signature and time only: writes nothing, and does not know whether the code was used."""
    token = take_apart(text)
    if token is None:
        return Outcome.UNREADABLE, None
    key = public_keys(KeyUse.CODE, at=at).get(token.content.kid)
    if key is None:
        return Outcome.UNKNOWN_KEY, token
    if not verifies(key, token.signature, token.message):
        return Outcome.FORGED, token
    age = at.timestamp() - token.content.made
    if age >= SECONDS + SKEW:
        return Outcome.EXPIRED, token
    return (Outcome.EARLY if age < -SKEW else Outcome.VALID), token


@transaction.atomic
def check(text: str, *, purpose: Purpose, by: Account | None, at: datetime) -> Checked:
    """Accept a code once for ``purpose``. Of several checks at the same time exactly one finds it valid."""
    outcome, token = inspect(text, at=at)
    if outcome != Outcome.VALID or token is None:
        return Checked(outcome)
    person = Person.objects.filter(pk=unhide(token.content.holder), listed=True).first()
    if person is None:
        return Checked(Outcome.GONE)
    use = _use(token.content.holder.hex(), purpose, person, by, at)
    if use is None:
        return Checked(Outcome.USED)
    if by is not None:
        record(
            "credentials.check_code",
            by=by,
            at=at,
            object_kind="code_use",
            object_id=use,
            person=person.pk,
            detail={"purpose": str(purpose)},
        )
    return Checked(Outcome.VALID, person, use)


def forget_uses(*, at: datetime) -> int:
    """Delete uses older than a day; how many. The database refuses to delete younger ones."""
    return CodeUse.objects.filter(at__lt=at - KEPT).delete()[0]


def _use(code: str, purpose: Purpose, person: Person, by: Account | None, at: datetime) -> int | None:
    """The number of the new line; None if there is one already. A second checker waits for the first to commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credentials_codeuse (code, purpose, person_id, by_id, at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (code, purpose) DO NOTHING RETURNING id",
            [code, purpose, person.pk, by.pk if by is not None else None, at],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])
