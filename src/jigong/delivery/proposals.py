"""From a run's verdicts to proposals: new ones are made, undecided ones follow the data, human decisions stay."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from django.db import connection, transaction

from jigong.accounts.cipher import lookup, seal_text
from jigong.decisions.run import Run
from jigong.delivery import quota
from jigong.delivery.models import SUBJECT
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.packs.model import Clause
from jigong.rules.engines.duckdb import text_literal


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run changed: how many proposals are new, changed, lapsed, due again."""

    proposed: int
    changed: int
    lapsed: int
    renewed: int


def period_of(clause: Clause, day: date) -> str:
    """The period of a clause in which ``day`` lies."""
    return {"once": "", "year": f"{day:%Y}", "month": f"{day:%Y-%m}"}[clause.delivery.period]


def subject_hash(subject: str) -> str:
    """By which a subject is found again."""
    return lookup(subject, SUBJECT)


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
        cursor.execute(
            "CREATE TEMP TABLE incoming (clause text, subject_hash text, subject bytea, period text, number_hash text,"
            " enterprise text, payee text, mode text, office text, fund text, branch text, amount numeric(14,2)) ON COMMIT DROP"
        )
        seats = {
            entry.id: quota.seats(run, entry, quota.places_of(law, entry, period_of(entry, law.day)))
            for entry in clauses
            if entry.delivery.mode == "quota"
        }
        columns = "clause, subject_hash, subject, period, number_hash, enterprise, payee, mode, office, fund, branch, amount"
        with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
            for row in _due(run, clauses, law.day, only, seats):
                copy.write_row(row)
        cursor.execute("ANALYZE incoming")
        cursor.execute(_RESOLVE)
        given: dict[str, Any] = {
            "at": at,
            "run": loaded.pk,
            "deadline": law.day + timedelta(days=law.pack.days_for("confirm")),
            "clauses": [entry.id for entry in clauses],
            "periods": [period_of(entry, law.day) for entry in clauses],
            "known": None if only is not None or clause is not None else list(law.pack.clauses),
            "people": None if only is None else [lookup(number, "person.number") for number in only],
        }
        counts = []
        for statement in (_NEW, _CHANGED, _LAPSED, _ENDED, _RENEWED):
            cursor.execute(statement, given)
            (count,) = cursor.fetchone()
            counts.append(count)
        cursor.execute("DROP TABLE incoming, due")
    new, changed, lapsed, ended, renewed = counts
    return Taken(new, changed, lapsed + ended, renewed)


def _follows_run(clause: Clause) -> bool:
    """Whether a run proposes it. Where winning a draw is the only way to it, the draw does."""
    return clause.delivery.mode != "lottery" or clause.delivery.won is not None


def _due(
    run: Run,
    clauses: Sequence[Clause],
    day: date,
    only: Collection[str] | None,
    seats: Mapping[str, Sequence[str]],
) -> Iterator[Sequence[Any]]:
    """What the run says is due, one row for each proposal. ``seats`` are the subjects who are offered a place, by clause."""
    for clause in clauses:
        file = run.verdicts(clause.id)
        delivery = clause.delivery
        # Winning a draw is the only way to what a lottery gives in kind.
        in_kind = "FALSE" if delivery.mode == "lottery" else "amount IS NULL AND len(missing) = 0"
        where, given, due = "", [], "due"
        if only is not None:
            where, given = " AND worker IN (SELECT unnest(?))", [list(only)]
        if clause.id in seats:
            # Of who follows from beyond the quota the run has no amount due.
            where, given, due = " AND subject IN (SELECT unnest(?))", [list(seats[clause.id])], "amount"
        cursor = duckdb.connect().execute(
            f"SELECT subject, worker, branch, {due} AS due FROM read_parquet({text_literal(str(file))})"
            " WHERE verdict = 'yes' AND subject IS NOT NULL AND excluded_by IS NULL"
            f" AND ({due} > 0 OR ({in_kind})){where} ORDER BY subject",
            given,
        )
        period, enterprise = period_of(clause, day), clause.per == "enterprise"
        while rows := cursor.fetchmany(10_000):
            for subject, worker, branch, due in rows:
                yield (
                    clause.id,
                    subject_hash(subject),
                    seal_text(subject, SUBJECT),
                    period,
                    lookup(worker, "person.number") if worker else None,
                    subject if enterprise else None,
                    "enterprise" if enterprise else delivery.payee,
                    delivery.mode,
                    delivery.office or "",
                    clause.fund or "",
                    branch or "",
                    due,
                )


_RESOLVE = """
CREATE TEMP TABLE due ON COMMIT DROP AS
SELECT i.*, p.id AS person_id,
       CASE WHEN i.payee = 'enterprise' THEN coalesce(o.id, p.employer_id) END AS organisation_id
FROM incoming i
LEFT JOIN accounts_person p ON p.number_hash = i.number_hash
LEFT JOIN accounts_organisation o ON o.kind = 'enterprise' AND o.code = i.enterprise
WHERE CASE WHEN i.payee = 'enterprise' THEN coalesce(o.id, p.employer_id) ELSE p.id END IS NOT NULL
"""
_STEP = (
    "INSERT INTO delivery_step (entitlement_id, at, by_id, move, from_state, to_state, amount, reason)"
    " SELECT id, %(at)s, NULL, '{move}', '{from_}', '{to}', amount, '{reason}' FROM touched"
)
_ENDS = "这项政策已停止。This policy has ended."
_NEW = f"""
WITH touched AS (
  INSERT INTO delivery_entitlement (clause, subject_hash, subject, period, person_id, organisation_id, state, mode, office,
    fund, branch, amount, run_id, deadline, risk, version, created_at, updated_at)
  SELECT clause, subject_hash, subject, period, person_id, organisation_id, 'proposed', mode, office, fund, branch, amount,
    %(run)s, %(deadline)s, 0, 1, %(at)s, %(at)s FROM due
  ON CONFLICT (clause, subject_hash, period) DO NOTHING RETURNING id, amount
), steps AS ({_STEP.format(move="propose", from_="", to="proposed", reason="")}) SELECT count(*) FROM touched
"""
_CHANGED = f"""
WITH touched AS (
  UPDATE delivery_entitlement e SET amount = d.amount, branch = d.branch, fund = d.fund, office = d.office, mode = d.mode,
    organisation_id = d.organisation_id, run_id = %(run)s, version = e.version + 1, updated_at = %(at)s
  FROM due d WHERE (e.clause, e.subject_hash, e.period) = (d.clause, d.subject_hash, d.period) AND e.state = 'proposed'
    AND (e.amount, e.branch, e.fund, e.office, e.mode, e.organisation_id)
        IS DISTINCT FROM (d.amount, d.branch, d.fund, d.office, d.mode, d.organisation_id)
  RETURNING e.id, e.amount
), steps AS ({_STEP.format(move="propose", from_="proposed", to="proposed", reason="")}) SELECT count(*) FROM touched
"""
# What belongs to a period that has passed can still be confirmed until its deadline.
_LAPSED = f"""
WITH now_ AS (SELECT unnest(%(clauses)s::text[]) AS clause, unnest(%(periods)s::text[]) AS period), touched AS (
  UPDATE delivery_entitlement e SET state = 'lapsed', version = e.version + 1, updated_at = %(at)s
  FROM now_ n WHERE n.clause = e.clause AND n.period = e.period AND e.state = 'proposed'
    AND (%(people)s::text[] IS NULL OR e.person_id IN (SELECT id FROM accounts_person WHERE number_hash = ANY(%(people)s::text[])))
    AND NOT EXISTS (SELECT 1 FROM due d WHERE (d.clause, d.subject_hash, d.period) = (e.clause, e.subject_hash, e.period))
  RETURNING e.id, e.amount
), steps AS ({_STEP.format(move="lapse", from_="proposed", to="lapsed", reason="")}) SELECT count(*) FROM touched
"""
# The law no longer has the clause, so nobody is asked to confirm it. What a draw gave stays given, and a
# supplement (arrears) is owed by the law of then.
_ENDED = f"""
WITH touched AS (
  UPDATE delivery_entitlement e SET state = 'lapsed', deadline = NULL, version = e.version + 1, updated_at = %(at)s
  WHERE e.state = 'proposed' AND e.mode <> 'lottery' AND position('+' IN e.period) = 0
    AND e.clause <> ALL(%(known)s::text[])
  RETURNING e.id, e.amount
), steps AS ({_STEP.format(move="lapse", from_="proposed", to="lapsed", reason=_ENDS)}) SELECT count(*) FROM touched
"""
_RENEWED = f"""
WITH touched AS (
  UPDATE delivery_entitlement e SET state = 'proposed', amount = d.amount, branch = d.branch, run_id = %(run)s,
    deadline = %(deadline)s, version = e.version + 1, updated_at = %(at)s
  FROM due d WHERE (e.clause, e.subject_hash, e.period) = (d.clause, d.subject_hash, d.period) AND e.state = 'lapsed'
  RETURNING e.id, e.amount
), steps AS ({_STEP.format(move="renew", from_="lapsed", to="proposed", reason="")}) SELECT count(*) FROM touched
"""
