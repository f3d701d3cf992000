"""From a run's verdicts to proposals: new ones are made, undecided ones follow the data, human decisions stay."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any, NamedTuple

import duckdb
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from jigong.accounts.cipher import lookup, seal_text
from jigong.decisions.run import Run
from jigong.delivery import holds, quota
from jigong.delivery.lacking import lacking
from jigong.delivery.models import SUBJECT, Entitlement
from jigong.delivery.offers import offer, offered, subject_hash, take_back
from jigong.delivery.states import Cause
from jigong.dossiers.law import held_of
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.held import Waits
from jigong.insight.law import Law
from jigong.lake.lake import Lake
from jigong.packs.model import Clause


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run changed: how many proposals are new, changed, lapsed, due again."""

    proposed: int
    changed: int
    lapsed: int
    renewed: int


class DueRow(NamedTuple):
    """What a run says is due to one subject, before the platform looks up whose it is. ``worker`` is a number."""

    clause: str
    subject: str
    subject_hash: str
    period: str
    worker: str | None
    enterprise: str | None
    """Of a clause for enterprises: the code of the one that gets it."""
    payee: str
    mode: str
    office: str
    fund: str
    branch: str
    amount: Decimal | None


def propose(
    run: Run,
    loaded: LoadedRun,
    law: Law,
    *,
    at: datetime,
    only: Collection[str] | None = None,
    clause: str | None = None,
) -> Taken:
    """Make, change, lapse and renew proposals so that they say what the run says; all at once, or not at all.

    Only what nobody has decided follows the run. Doing it again changes nothing. ``only`` limits it
    to some workers (their numbers), and to clauses without a queue: places in one are given out for
    everybody at once. ``clause`` limits it to one clause.
    """
    clauses = [
        entry
        for entry in law.clauses
        if _follows_run(entry)
        and clause in (None, entry.id)
        and (only is None or entry.delivery.mode != "quota")
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('delivery.propose'))")
        seats = {
            entry.id: quota.seats(run, entry, quota.places_of(law, entry, entry.period_on(law.day)))
            for entry in clauses
            if entry.delivery.mode == "quota"
        }
        with offered(cursor):
            fill(cursor, due_rows(run, clauses, law.day, only, seats))
            cursor.execute(_DEDUCT)
            cursor.execute("DELETE FROM offered WHERE deducted > 0 AND amount <= 0")
            came = offer(
                cursor, run=loaded.pk, deadline=law.day + timedelta(days=law.pack.days_for("confirm")), at=at
            )
            periods = {entry.id: entry.period_on(law.day) for entry in clauses}
            given = within(periods, only)
            seen = keep_undecided(cursor, run, law, given, f"({IS_UNDECIDED} OR o.clause IS NULL)", at=at)
            keep_outbid(cursor, run, clauses, given, at=at)
            lapsed = take_back(cursor, GONE, {"seen": seen}, at=at)
            if only is None and clause is None:
                lapsed += take_back(cursor, _ENDED, {"known": list(law.pack.clauses)}, at=at, reason=_ENDS)
    return Taken(came.new, came.changed, lapsed, came.renewed)


def fill(cursor: CursorWrapper, rows: Iterable[DueRow]) -> None:
    """Fill the table ``offered`` with what is due to people and enterprises the platform knows."""
    cursor.execute(
        "CREATE TEMP TABLE incoming (clause text, subject_hash text, subject bytea, period text, number_hash text,"
        " enterprise text, payee text, mode text, office text, fund text, branch text, amount numeric(14,2)) ON COMMIT DROP"
    )
    columns = "clause, subject_hash, subject, period, number_hash, enterprise, payee, mode, office, fund, branch, amount"
    with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
        for row in rows:
            sealed = seal_text(row.subject, SUBJECT)
            number = lookup(row.worker, "person.number") if row.worker else None
            copy.write_row(
                (
                    row.clause, row.subject_hash, sealed, row.period, number, row.enterprise, row.payee,
                    row.mode, row.office, row.fund, row.branch, row.amount,
                )
            )  # fmt: skip
    cursor.execute("ANALYZE incoming")
    cursor.execute(_RESOLVE)
    cursor.execute("DROP TABLE incoming")
    cursor.execute("ANALYZE offered")


def within(periods: Mapping[str, str], only: Collection[str] | None) -> dict[str, Any]:
    """What limits a look at proposals: periods by clause, and some workers (their numbers; None: everybody)."""
    people = None if only is None else [lookup(number, "person.number") for number in only]
    return {"clauses": list(periods), "periods": list(periods.values()), "people": people}


def keep_undecided(
    cursor: CursorWrapper, run: Run, law: Law, given: Mapping[str, Any], where: str, *, at: datetime
) -> list[int]:
    """Hold what was proposed and the run cannot decide any more, and lift such holds where it can.

    The table ``offered`` says what is due. ``given`` limits it (:func:`within`), and ``where``, about ``e``, what is
    offered (``o``) and what it is undecided by (:data:`IS_UNDECIDED`). Gives the ids of those it looked at: what of
    them is neither offered nor held is gone (:data:`GONE`).
    """
    cursor.execute(f"{_LOOK} WHERE {_HERE} AND {where}", given)
    there = dict(cursor.fetchall())
    gone = Entitlement.objects.filter(pk__in=[pk for pk, due in there.items() if not due])
    by_clause: dict[str, list[Entitlement]] = {}
    for one in gone.select_related("person"):
        by_clause.setdefault(one.clause, []).append(one)
    wanted = [pair for clause, some in by_clause.items() for pair in _undecided(run, law, clause, some)]
    holds.keep(cursor, Cause.UNDECIDED, wanted, among=there, at=at)
    return list(there)


def keep_outbid(
    cursor: CursorWrapper, run: Run, clauses: Sequence[Clause], given: Mapping[str, Any], *, at: datetime
) -> None:
    """Hold what is due while an undecided clause of its exclusion group could give more, and lift such holds where none can."""
    cursor.execute(
        f"SELECT e.id, e.clause, e.subject_hash FROM delivery_entitlement e WHERE {_OUTBID_HERE}", given
    )
    there = {(clause, hash_): pk for pk, clause, hash_ in cursor.fetchall()}
    wanted = []
    for clause in clauses:
        if clause.exclusion is None or not any(of == clause.id for of, _ in there):
            continue
        rows = duckdb.execute(
            f"SELECT subject, outbid_by FROM {run.rows(clause.id)}"
            " WHERE verdict = 'yes' AND due > 0 AND len(outbid_by) > 0"
        ).fetchall()
        for subject, others in rows:
            pk = there.get((clause.id, subject_hash(subject)))
            if pk is not None:
                wanted.append((pk, holds.WaitsFor(",".join(sorted(other["clause"] for other in others)))))
    holds.keep(cursor, Cause.OUTBID, wanted, among=list(there.values()), at=at)


def _undecided(
    run: Run, law: Law, clause: str, some: Sequence[Entitlement]
) -> Iterator[tuple[int, holds.WaitsFor]]:
    """Which of these the run cannot decide, or not how much: their ids, and what they wait for."""
    by_subject = {one.open_subject(): one for one in some}
    by_worker: dict[str, list[Entitlement]] = {}
    for one in some:
        if one.person is not None:
            by_worker.setdefault(one.person.open_number(), []).append(one)
    rows = duckdb.execute(
        f"SELECT subject, worker, verdict, missing FROM {run.rows(clause)}"
        " WHERE (verdict = 'undecided' OR (verdict = 'yes' AND due IS NULL AND len(missing) > 0)) AND excluded_by IS NULL"
        " AND (subject IN (SELECT unnest(?)) OR (subject IS NULL AND worker IN (SELECT unnest(?))))",
        [list(by_subject), list(by_worker)],
    ).fetchall()
    if not rows:
        return
    coverage = Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot().coverage
    for subject, worker, verdict, missing in rows:
        # Where not even the subjects are known, any of the worker's may be one of them.
        for one in [by_subject[subject]] if subject is not None else by_worker[worker]:
            yield one.pk, lacking(
                missing, law.pack, coverage, law.day, keys={subject, worker},
                waiting=cache(partial(_waiting, one)), entitled=verdict == "yes",
            )  # fmt: skip


def _waiting(one: Entitlement) -> Sequence[Waits]:
    """What waits that could concern a person, by their dossier; nothing for an enterprise."""
    dossier = Dossier.objects.select_related("run").filter(person=one.person_id).first()
    return held_of(dossier).waiting if dossier is not None else ()


def _follows_run(clause: Clause) -> bool:
    """Whether a run proposes it. Where winning a draw is the only way to it, the draw does."""
    return clause.delivery.mode != "lottery" or clause.delivery.won is not None


def due_rows(
    run: Run,
    clauses: Sequence[Clause],
    day: date,
    only: Collection[str] | None = None,
    seats: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[DueRow]:
    """What the run says is due, one row for each offer. ``seats`` are the subjects who are offered a place, by clause."""
    for clause in clauses:
        delivery = clause.delivery
        # Winning a draw is the only way to what a lottery gives in kind.
        in_kind = "FALSE" if delivery.mode == "lottery" else "amount IS NULL AND len(missing) = 0"
        where, given, due = "", [], "due"
        if only is not None:
            where, given = " AND worker IN (SELECT unnest(?))", [list(only)]
        if seats is not None and clause.id in seats:
            # Of who follows from beyond the quota the run has no amount due.
            where, given, due = " AND subject IN (SELECT unnest(?))", [list(seats[clause.id])], "amount"
        cursor = duckdb.connect().execute(
            f"SELECT subject, worker, branch, {due} AS due FROM {run.rows(clause.id)}"
            " WHERE verdict = 'yes' AND subject IS NOT NULL AND excluded_by IS NULL"
            f" AND ({due} > 0 OR ({in_kind})){where} ORDER BY subject",
            given,
        )
        period, enterprise = clause.period_on(day), clause.per == "enterprise"
        while rows := cursor.fetchmany(10_000):
            for subject, worker, branch, due in rows:
                yield DueRow(
                    clause.id, subject, subject_hash(subject), period, worker, subject if enterprise else None,
                    "enterprise" if enterprise else delivery.payee, delivery.mode, delivery.office or "",
                    clause.fund or "", branch or "", due,
                )  # fmt: skip


_RESOLVE = """
INSERT INTO offered (clause, subject_hash, period, subject, person_id, organisation_id, mode, office, fund, branch, amount)
SELECT i.clause, i.subject_hash, i.period, i.subject, p.id,
       CASE WHEN i.payee = 'enterprise' THEN coalesce(o.id, p.employer_id) END,
       i.mode, i.office, i.fund, i.branch, i.amount
FROM incoming i
LEFT JOIN accounts_person p ON p.number_hash = i.number_hash
LEFT JOIN accounts_organisation o ON o.kind = 'enterprise' AND o.code = i.enterprise
WHERE CASE WHEN i.payee = 'enterprise' THEN coalesce(o.id, p.employer_id) ELSE p.id END IS NOT NULL
"""
# What belongs to a period that has passed can still be confirmed until its deadline.
_SAME = (
    "(o.clause, o.subject_hash, o.period, o.supplement) = (e.clause, e.subject_hash, e.period, e.supplement)"
)
# Joined, not asked for each: EXISTS below an OR is looked up row by row, which took minutes for 100,000.
_LOOK = f"""SELECT e.id, o.clause IS NOT NULL FROM delivery_entitlement e LEFT JOIN offered o ON {_SAME}
LEFT JOIN delivery_hold h ON h.entitlement_id = e.id AND h.cause = 'undecided' AND h.lifted_at IS NULL"""
IS_UNDECIDED = "h.id IS NOT NULL"
_HERE = """
e.state = 'proposed' AND e.supplement = 0
AND EXISTS (SELECT FROM unnest(%(clauses)s::text[], %(periods)s::text[]) AS now_ (clause, period)
            WHERE (now_.clause, now_.period) = (e.clause, e.period))
AND (%(people)s::text[] IS NULL OR e.person_id IN (SELECT id FROM accounts_person WHERE number_hash = ANY(%(people)s::text[])))
"""
# Also what is confirmed already, as long as it is not paid.
_OUTBID_HERE = _HERE.replace(
    "e.state = 'proposed'", "e.state IN ('proposed', 'corrected', 'confirmed', 'passed', 'approved')"
)
# What another of the group gave, or is giving, because it was due while this one was undecided.
_DEDUCT = """
UPDATE offered o SET deducted = g.given, amount = o.amount - g.given
FROM (SELECT o.clause, o.subject_hash, o.period, sum(e.amount) AS given
      FROM offered o
      JOIN delivery_entitlement e ON e.person_id = o.person_id AND e.period = o.period AND e.clause <> o.clause
        AND e.state IN ('confirmed', 'passed', 'approved', 'paid', 'appealed', 'corrected') AND e.supplement = 0
      WHERE o.amount > 0 AND EXISTS (
        SELECT FROM delivery_hold h
        WHERE h.entitlement_id = e.id AND h.cause = 'outbid' AND o.clause = ANY(string_to_array(h.detail, ','))
          AND (h.expired OR h.lifted_at IS NULL OR EXISTS (SELECT FROM delivery_entitlement m WHERE m.deducted > 0
            AND (m.clause, m.subject_hash, m.period, m.supplement) = (o.clause, o.subject_hash, o.period, o.supplement))))
      GROUP BY 1, 2, 3) g
WHERE (o.clause, o.subject_hash, o.period) = (g.clause, g.subject_hash, g.period)
"""
GONE = f"e.id = ANY(%(seen)s) AND NOT EXISTS (SELECT FROM offered o WHERE {_SAME})"
# The law no longer has the clause, so nobody is asked to confirm it. What a draw gave stays given, and a
# supplement (arrears) is owed by the law of then.
_ENDED = "e.mode <> 'lottery' AND e.supplement = 0 AND e.clause <> ALL(%(known)s::text[])"
_ENDS = "这项政策已停止。This policy has ended."
