"""Writing in the books: the one way in, one statement however many entries, each event once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from jigong.accounts.models import Account
from jigong.delivery.ledger.enums import SIDES, Kind, Sides
from jigong.kernel.problems import error


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry to be written. ``undoes`` names the entry a :attr:`Kind.REVERSE` corrects, and its kind."""

    event: str
    kind: Kind
    fund: str
    year: int
    amount: Decimal
    """Yuan."""
    entitlement: int | None = None
    payment: int | None = None
    undoes: tuple[int, Kind] | None = None
    reason: str = ""

    @property
    def sides(self) -> Sides:
        """The accounts it debits and credits."""
        if self.undoes is None:
            return SIDES[self.kind]
        turned = SIDES[self.undoes[1]]
        return Sides(turned.credit, turned.debit)


def lock() -> None:
    """Become the only writer of the books until the transaction ends.

    Whoever writes in the books takes this lock after those on batches and entitlements and before
    the record of :mod:`jigong.audit.actions`; everybody in that order, so nobody waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_entry'))")


def post(postings: Sequence[Posting], *, by: Account | None, at: datetime) -> int:
    """Write the entries whose events are not in the books yet, in the order given; returns how many.

    What follows the reservation of an entitlement of which another fund bears a part becomes two entries, one in each
    fund, by the parts that were reserved.

    Raises:
        JigongError: an event is in the books with another amount, fund or year.
        IntegrityError: an account would be overdrawn. The database says so whatever was checked before.
    """
    if not postings:
        return 0
    lock()
    postings = _with_shares(postings)
    with connection.cursor() as cursor:
        cursor.execute(_POST, _columns(list({p.event: p for p in postings}.values()), by, at))
        (booked,) = cursor.fetchone()
    if booked < len(postings):
        _same_as_booked(postings)
    return int(booked)


_FOLLOWS = frozenset({Kind.UNRESERVE, Kind.SEND, Kind.SETTLE, Kind.FAIL, Kind.BOUNCE})


def share_event(event: str, fund: str) -> str:
    """The event under which the part that another fund bears is booked."""
    return f"{event}:{fund}"


def _with_shares(postings: Sequence[Posting]) -> list[Posting]:
    """The postings, with the part of another fund taken out into one of its own."""
    about = [p.entitlement for p in postings if p.kind in _FOLLOWS and p.entitlement is not None]
    borne = _borne(about) if about else {}
    found: list[Posting] = []
    for posting in postings:
        share = borne.get(posting.entitlement) if posting.kind in _FOLLOWS else None
        if share is None:
            found.append(posting)
            continue
        fund, amount = share
        if amount < posting.amount:
            found.append(replace(posting, amount=posting.amount - amount))
        found.append(replace(posting, event=share_event(posting.event, fund), fund=fund, amount=amount))
    return found


def _borne(entitlements: Sequence[int]) -> dict[int | None, tuple[str, Decimal]]:
    """Of each entitlement the other fund and its part in the last reservation; none where one fund bears all.

    The part is booked last, so the last entry of a reservation tells.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (entitlement) entitlement, fund, amount, event FROM ledger_entry"
            " WHERE entitlement = ANY(%s) AND kind = 'reserve' ORDER BY entitlement, id DESC",
            [list(entitlements)],
        )
        rows = cursor.fetchall()
    return {id_: (fund, amount) for id_, fund, amount, event in rows if event.endswith(f":{fund}")}


def _columns(postings: Sequence[Posting], by: Account | None, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "actor": None if by is None else by.pk,
        "actor_label": "platform" if by is None else by.audit_label,
        "event": [p.event for p in postings],
        "kind": [p.kind.value for p in postings],
        "fund": [p.fund for p in postings],
        "year": [p.year for p in postings],
        "amount": [p.amount for p in postings],
        "debit": [p.sides.debit.value for p in postings],
        "credit": [p.sides.credit.value for p in postings],
        "entitlement": [p.entitlement for p in postings],
        "payment": [p.payment for p in postings],
        "reverses": [None if p.undoes is None else p.undoes[0] for p in postings],
        "reason": [p.reason for p in postings],
    }


# Ids, chain and balances are the database's own work (migration 0002).
_POST = """
WITH given AS (
  SELECT * FROM unnest(%(event)s::text[], %(kind)s::text[], %(fund)s::text[], %(year)s::int[], %(amount)s::numeric[],
    %(debit)s::text[], %(credit)s::text[], %(entitlement)s::bigint[], %(payment)s::bigint[], %(reverses)s::bigint[],
    %(reason)s::text[]) WITH ORDINALITY
    AS given(event, kind, fund, year, amount, debit, credit, entitlement, payment, reverses, reason, place)
), booked AS (
  INSERT INTO ledger_entry (id, event, kind, fund, year, amount, lines, at, actor, actor_label, entitlement, payment,
    reverses, reason, previous, hash)
  SELECT 0, event, kind, fund, year, amount, 2, %(at)s, %(actor)s, %(actor_label)s, entitlement, payment,
    reverses, reason, '', '' FROM given ORDER BY place
  ON CONFLICT (event) DO NOTHING RETURNING id, event
), lines AS (
  INSERT INTO ledger_line (id, entry_id, fund, year, account, amount, previous, hash)
  SELECT 0, booked.id, fund, year, side.account, side.amount, '', ''
  FROM booked JOIN given USING (event)
  CROSS JOIN LATERAL (VALUES (1, debit, given.amount), (2, credit, -given.amount)) AS side(place, account, amount)
  ORDER BY booked.id, side.place
)
SELECT count(*) FROM booked
"""


def _same_as_booked(postings: Sequence[Posting]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event, kind, fund, year, amount FROM ledger_entry WHERE event = ANY(%s)",
            [[p.event for p in postings]],
        )
        booked = {row[0]: row[1:] for row in cursor.fetchall()}
    for posting in postings:
        if booked[posting.event] != (posting.kind, posting.fund, posting.year, posting.amount):
            raise error(
                f"账簿里已有 {posting.event}，但内容不同",
                f"{posting.event} is in the books already, and says something else",
                remedy=("运行 jigong ledger check,找出原因", "run jigong ledger check and find out why"),
            )
