"""What winning gives: a proposal to confirm, or a record that says so, from which the rules go on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.dispatch import Signal

from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.actions import move
from jigong.delivery.lottery.enums import Stage
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.queries import View, standing_winners, winners
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import offer, offered
from jigong.delivery.states import State
from jigong.dossiers.law import law_of_run
from jigong.packs.model import Clause

winners_changed = Signal()
"""Sent with ``draw`` and ``at``, inside the transaction, when winning or losing must become a record
(:func:`winners_as_records`)."""


class Record(NamedTuple):
    """A new value of one column of one record: ``data_class``, ``key`` (its one key column's value), ``column``, ``value``."""

    data_class: str
    key: str
    column: str
    value: bool


class Terms(NamedTuple):
    """What winning gives to somebody who was decided after the roster was drawn up: branch, and yuan (None in kind)."""

    branch: str
    amount: Decimal | None


def clause_of(draw: Draw) -> Clause:
    """The clause as it was when the draw was prepared."""
    return law_of_run(draw.run).pack.clauses[draw.clause].clause.value


def winners_as_records(found: View) -> list[Record]:
    """What the pack's classes should say: yes of who has a place now, no of who gave it up.

    Nothing of somebody whose place waits, or of whom it was not known whether they may have one when it passed on. Of a draw that was drawn again: no of its winners, but for those who have won since. Empty where
    winning is no record but a proposal (:func:`propose_winners`), and before results are public.
    Writing them again changes nothing.
    """
    won = clause_of(found.draw).delivery.won
    if won is None or found.stage != Stage.PUBLISHED:
        return []
    data_class, column = won.split(".")
    lost = list(Entrant.objects.filter(draw=found.draw, code__in=found.given_back).order_by("line"))
    holders = [one.entrant for one in winners(found) if one.state != "waits"]
    if not found.standing:
        since = standing_winners(found.draw.clause)
        lost, holders = [e for e in (*holders, *lost) if e.subject_hash not in since], []
    return [
        *(Record(data_class, entrant.open_subject(), column, True) for entrant in holders),
        *(Record(data_class, entrant.open_subject(), column, False) for entrant in lost),
    ]


_WON = """
INSERT INTO offered (clause, subject_hash, period, subject, person_id, organisation_id, mode, office, fund, branch, amount)
SELECT %(clause)s, subject_hash, %(period)s, subject, person_id, organisation_id, 'lottery', %(office)s, %(fund)s,
  CASE WHEN t.line IS NULL THEN e.branch ELSE t.branch END, CASE WHEN t.line IS NULL THEN e.amount ELSE t.amount END
FROM lottery_entrant e
LEFT JOIN unnest(%(decided)s::int[], %(branches)s::text[], %(amounts)s::numeric[]) AS t (line, branch, amount) USING (line)
WHERE draw_id = %(draw)s AND line = ANY(%(lines)s)
  AND (person_id IS NOT NULL OR organisation_id IS NOT NULL)
"""


def propose_winners(
    draw: Draw, lines: Sequence[int], *, at: datetime, terms: Mapping[int, Terms] | None = None
) -> None:
    """Propose to these lines of the roster what winning gives; each subject has it once, however often this is done.

    ``terms`` are of lines that were decided after the roster was drawn up.
    """
    clause, terms = clause_of(draw), terms or {}
    given: dict[str, Any] = {
        "clause": draw.clause, "period": draw.period, "office": draw.office, "fund": clause.fund or "",
        "draw": draw.pk, "lines": list(lines), "decided": list(terms),
        "branches": [one.branch for one in terms.values()], "amounts": [one.amount for one in terms.values()],
    }  # fmt: skip
    deadline = day_of(at) + timedelta(days=law_of_run(draw.run).pack.days_for("confirm"))
    with connection.cursor() as cursor, offered(cursor):
        cursor.execute(_WON, given)
        offer(cursor, run=draw.run_id, deadline=deadline, at=at)


def hand_out(
    draw: Draw, lines: Sequence[int], *, at: datetime, terms: Mapping[int, Terms] | None = None
) -> None:
    """Bring winning to the people of these lines: a proposal, or (through the signal) a record."""
    if clause_of(draw).delivery.won is None:
        propose_winners(draw, lines, at=at, terms=terms)
    else:
        winners_changed.send(sender=Draw, draw=draw, at=at)


def entitlement_of(draw: Draw, subject_hash: str) -> Entitlement | None:
    """What the subject has of the draw's clause and period, locked."""
    return (
        Entitlement.objects.select_for_update(of=("self",))
        .filter(clause=draw.clause, period=draw.period, supplement=0, subject_hash=subject_hash)
        .first()
    )


def take_back(found: View, *, by: Account | None, at: datetime, reason: str) -> None:
    """Take back what a draw that is now drawn again gave, as far as nobody has confirmed it yet."""
    if found.stage != Stage.PUBLISHED:
        return
    if clause_of(found.draw).delivery.won is not None:
        winners_changed.send(sender=Draw, draw=found.draw, at=at)
        return
    for one in winners(found):
        entitlement = entitlement_of(found.draw, one.entrant.subject_hash)
        if entitlement is not None and entitlement.state == State.PROPOSED:
            move(entitlement, "lapse", by=by, at=at, reason=reason)
