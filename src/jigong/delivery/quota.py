"""Places of a clause with a quota: who has one, and who is asked next."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from jigong.accounts.cipher import lookup
from jigong.decisions.run import Run
from jigong.delivery.models import SUBJECT, Entitlement, Step
from jigong.delivery.states import State
from jigong.insight.law import Law
from jigong.packs.model import Clause
from jigong.rules.engines.duckdb import text_literal

OVERDUE = "超过确认期限，名额已由下一位递补"
"""Why a proposal lapsed that nobody confirmed in time: whoever let it pass is not asked again in the period."""

HELD = (State.CONFIRMED, State.PASSED, State.APPROVED, State.PAID, State.APPEALED, State.CORRECTED)
"""States in which somebody has a place whatever a later run says."""
_REFUSED = (State.WITHDRAWN, State.DECLINED)


@dataclass(frozen=True)
class Places:
    """The places of a clause in a period. Subjects are known by their hashes."""

    all: int
    held: frozenset[str]
    """Who has one for good."""
    out: frozenset[str]
    """Who had one and gave it up, was declined, or let it pass."""

    @property
    def free(self) -> int:
        """How many are left for people who have not decided yet."""
        return max(self.all - len(self.held), 0)


def places_of(law: Law, clause: Clause, period: str) -> Places:
    """How the places stand."""
    quota = clause.delivery.quota
    rows = Entitlement.objects.filter(clause=clause.id, period=period, supplement=0)
    passed = Step.objects.filter(
        move="lapse", reason=OVERDUE, entitlement__in=rows.filter(state=State.LAPSED)
    )
    return Places(
        int(str(law.values[quota])) if quota else 0,
        frozenset(rows.filter(state__in=HELD).values_list("subject_hash", flat=True)),
        frozenset(rows.filter(state__in=_REFUSED).values_list("subject_hash", flat=True))
        | frozenset(passed.values_list("entitlement__subject_hash", flat=True)),
    )


def ranked(run: Run, clause: Clause) -> Iterator[tuple[str, str, int]]:
    """Everybody entitled, best first: subject, its hash, rank."""
    cursor = duckdb.connect().execute(
        f"SELECT subject, rank FROM read_parquet({text_literal(str(run.verdicts(clause.id)))})"
        " WHERE verdict = 'yes' AND rank IS NOT NULL AND excluded_by IS NULL ORDER BY rank"
    )
    while rows := cursor.fetchmany(1_000):
        for subject, rank in rows:
            yield subject, lookup(subject, SUBJECT), rank


def seats(run: Run, clause: Clause, places: Places) -> list[str]:
    """The subjects to whom a place is offered now: the best of those who have not decided, as many as are free.

    Somebody for whom the rules cannot yet tell what is due, for want of data, is among them: nothing is
    proposed to them before the data come, but their place waits.
    """
    found: list[str] = []
    if places.free:
        for subject, hash_, _ in ranked(run, clause):
            if hash_ not in places.held and hash_ not in places.out:
                found.append(subject)
                if len(found) == places.free:
                    break
    return found
