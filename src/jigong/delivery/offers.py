"""How a rule offers, changes, renews and takes back entitlements: one list of terms, one statement for each transition.

Whoever offers something (a run, a draw, an application, arrears) fills the table ``offered`` and calls :func:`offer`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from jigong.accounts.cipher import lookup, seal_text
from jigong.delivery.models import SUBJECT, Entitlement
from jigong.delivery.signals import stepped

KEY = ("clause", "subject_hash", "period", "supplement")
"""What an entitlement is: of these there is never a second."""
TERMS = ("person_id", "organisation_id", "mode", "office", "fund", "branch", "amount", "deducted")
"""What is offered. An offer that is changed or renewed takes all of them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer. ``amount`` is yuan, None in kind; ``organisation_id`` is the enterprise that gets it, if one does."""

    clause: str
    subject: str
    period: str
    person_id: int | None
    organisation_id: int | None
    mode: str
    office: str
    fund: str
    branch: str
    amount: Decimal | None
    supplement: int = 0
    deducted: Decimal = Decimal(0)
    """Yuan given before by another of the exclusion group, of which ``amount`` is only what is left."""


@dataclass(frozen=True, slots=True)
class Offered:
    """How many entitlements are new, changed, and renewed after they had lapsed."""

    new: int
    changed: int
    renewed: int


def subject_hash(subject: str) -> str:
    """By which a subject is found again."""
    return lookup(subject, SUBJECT)


@contextmanager
def offered(cursor: CursorWrapper) -> Iterator[None]:
    """The empty table ``offered`` for the block: the columns of :data:`KEY`, ``subject`` (sealed), :data:`TERMS`."""
    cursor.execute(
        "CREATE TEMP TABLE offered (clause text, subject_hash text, period text, supplement smallint DEFAULT 0,"
        " subject bytea, person_id bigint, organisation_id bigint, mode text, office text, fund text, branch text,"
        " amount numeric(14,2), deducted numeric(14,2) NOT NULL DEFAULT 0) ON COMMIT DROP"
    )
    yield
    cursor.execute("DROP TABLE offered")


def offer(cursor: CursorWrapper, *, run: int, deadline: date, at: datetime, reason: str = "") -> Offered:
    """Make, change and renew entitlements so that they say what the table ``offered`` says.

    What somebody has confirmed or decided stays as it is; doing it again changes nothing. ``run`` is the run the
    offer rests on, by its key.
    """
    given: dict[str, Any] = {"run": run, "deadline": deadline, "at": at, "reason": reason}
    counts = []
    for statement in (_NEW, _CHANGED, _RENEWED):
        cursor.execute(statement, given)
        counts.append(_stepped(cursor, at))
    return Offered(*counts)


def offer_one(one: Offer, *, run: int, deadline: date, at: datetime, reason: str = "") -> Entitlement:
    """:func:`offer`, for one; gives the entitlement, locked: the same for everybody who offers it at once."""
    key = (one.clause, subject_hash(one.subject), one.period, one.supplement)
    row = (*key, seal_text(one.subject, SUBJECT), *(getattr(one, term) for term in TERMS))
    with connection.cursor() as cursor, offered(cursor):
        columns = ", ".join((*KEY, "subject", *TERMS))
        cursor.execute(f"INSERT INTO offered ({columns}) VALUES ({', '.join(['%s'] * len(row))})", row)
        offer(cursor, run=run, deadline=deadline, at=at, reason=reason)
    mine = Entitlement.objects.select_for_update(of=("self",), no_key=True)
    return mine.get(**dict(zip(KEY, key, strict=True)))


def take_back(
    cursor: CursorWrapper, where: str, given: Mapping[str, Any], *, at: datetime, reason: str = ""
) -> int:
    """Let lapse what nobody has confirmed and ``where`` (about ``e``) holds of; gives how many. A hold lapses nothing."""
    cursor.execute(_LAPSED.format(where=where), {**given, "at": at, "reason": reason})
    return _stepped(cursor, at)


def _stepped(cursor: CursorWrapper, at: datetime) -> int:
    """Say which steps a transition has made; gives how many."""
    steps: list[int] = cursor.fetchone()[0]
    if steps:
        stepped.send(sender=Entitlement, steps=steps, at=at)
    return len(steps)


def _transition(change: str, name: str, before: str, after: str) -> str:
    """A statement that changes entitlements, and writes the step each takes."""
    return f"""
WITH touched AS ({change} RETURNING e.id, e.amount), steps AS (
  INSERT INTO delivery_step (entitlement_id, at, by_id, move, from_state, to_state, amount, reason)
  SELECT id, %(at)s, NULL, '{name}', '{before}', '{after}', amount, %(reason)s FROM touched
  RETURNING id
) SELECT coalesce(array_agg(id ORDER BY id), ARRAY[]::bigint[]) FROM steps"""


_SAME = f"({', '.join(f'e.{c}' for c in KEY)}) = ({', '.join(f'o.{c}' for c in KEY)})"
_TERMS, _THEIRS = ", ".join(f"e.{c}" for c in TERMS), ", ".join(f"o.{c}" for c in TERMS)
_TAKE = ", ".join(f"{c} = o.{c}" for c in TERMS) + ", run_id = %(run)s"
_TOUCH = "version = e.version + 1, updated_at = %(at)s"

_NEW = _transition(
    f"""
  INSERT INTO delivery_entitlement AS e ({", ".join(KEY)}, subject, {", ".join(TERMS)},
    state, run_id, deadline, risk, version, created_at, updated_at)
  SELECT {", ".join(KEY)}, subject, {", ".join(TERMS)}, 'proposed', %(run)s, %(deadline)s, 0, 1, %(at)s, %(at)s FROM offered
  ON CONFLICT ({", ".join(KEY)}) DO NOTHING""",
    "propose", "", "proposed",
)  # fmt: skip
_CHANGED = _transition(
    f"""
  UPDATE delivery_entitlement e SET {_TAKE}, {_TOUCH}
  FROM offered o WHERE {_SAME} AND e.state = 'proposed' AND ({_TERMS}) IS DISTINCT FROM ({_THEIRS})""",
    "propose", "proposed", "proposed",
)  # fmt: skip
_RENEWED = _transition(
    f"""
  UPDATE delivery_entitlement e SET state = 'proposed', {_TAKE}, deadline = %(deadline)s, {_TOUCH}
  FROM offered o WHERE {_SAME} AND e.state = 'lapsed'""",
    "renew", "lapsed", "proposed",
)  # fmt: skip
_LAPSED = _transition(
    f"UPDATE delivery_entitlement e SET state = 'lapsed', deadline = NULL, {_TOUCH} WHERE e.state = 'proposed'"
    " AND NOT e.held AND ({where})",
    "lapse", "proposed", "lapsed",
)  # fmt: skip
