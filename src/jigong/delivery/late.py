"""Periods that were undecided when they ended: decided when their data come, and offered late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from django.db import connection, transaction

from jigong.decisions.run import Run
from jigong.delivery.again import decided_again, run_of
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.offers import Offered, offer, offered, subject_hash, take_back
from jigong.delivery.proposals import GONE, IS_UNDECIDED, due_rows, fill, keep_undecided, within
from jigong.delivery.states import Cause, State
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.lake.lake import Lake
from jigong.lake.uses import sources_of
from jigong.packs.model import Clause
from jigong.rules.nodes import fact_of


@dataclass(frozen=True)
class _Ended:
    """The last run of a period that has ended, and those of its clauses whose period it was."""

    loaded: LoadedRun
    law: Law
    clauses: tuple[Clause, ...]


def offer_late(now: LoadedRun, lake: Lake, data: Path, *, at: datetime) -> Offered:
    """Decide again what was undecided at the end of each period, with what is known now, and offer what is due.

    Each is decided by the law and on the day of the last run of its period, as long as the pack gives for late data and
    the law still has the clause; what was held for want of its data is then due, or gone. Places of a queue or a draw are given out for everybody at once, and come late to
    nobody. Doing it again changes nothing; a clause whose missing data have not moved is not decided again.
    """
    law, snapshot, new, renewed = law_of_run(now), lake.snapshot(), 0, 0
    deadline = law.day + timedelta(days=law.pack.days_for("confirm"))
    state = {name: [snapshot.files_of(name), len(snapshot.waiting.of(name))] for name in snapshot.contracts}
    for ended in _ended(now, law):
        came = _offer(ended, lake, state, data, deadline, at)
        new, renewed = new + came.new, renewed + came.renewed
        if ended.loaded.looked != state:
            LoadedRun.objects.filter(pk=ended.loaded.pk).update(looked=state)
    return Offered(new, 0, renewed)


def _ended(now: LoadedRun, law: Law) -> list[_Ended]:
    """The last run of every period that has ended and is not too long ago, oldest first."""
    first = now.as_of - timedelta(days=law.pack.days_for("late"))
    seen = {(clause.id, clause.period_on(now.as_of)) for clause in law.clauses}
    found = []
    for loaded in LoadedRun.objects.filter(as_of__lt=now.as_of, as_of__gte=first).order_by(
        "-as_of", "-loaded_at"
    ):
        then = law_of_run(loaded)
        periods = {clause.id: (clause.id, clause.period_on(loaded.as_of)) for clause in then.clauses}
        clauses = tuple(
            clause
            for clause in then.clauses
            if clause.delivery.mode in ("proactive", "application")
            and clause.id in law.pack.clauses
            and periods[clause.id] not in seen
        )
        seen.update(periods.values())
        if clauses:
            found.append(_Ended(loaded, then, clauses))
    return found[::-1]


@dataclass(frozen=True)
class _Open:
    """Who is undecided about a clause: hashes of subjects, and workers of whom not even the subjects are known."""

    subjects: frozenset[str]
    without: frozenset[str]
    workers: frozenset[str]
    """All of them, by their numbers."""
    classes: frozenset[str]
    """The classes whose data are missing."""


def _offer(
    ended: _Ended,
    lake: Lake,
    state: Mapping[str, list[int]],
    data: Path,
    deadline: date,
    at: datetime,
) -> Offered:
    law, then = ended.law, run_of(ended.loaded, lake, data)
    moved = {name for name, there in state.items() if ended.loaded.looked.get(name) != there}
    open_ = {clause.id: _open(then, clause, law) for clause in ended.clauses}
    clauses = [clause for clause in ended.clauses if open_[clause.id].classes & moved]
    if not clauses:
        return Offered(0, 0, 0)
    # What is due to enterprises themselves is decided for everybody.
    everybody = any(clause.per == "enterprise" for clause in clauses)
    only = None if everybody else sorted({w for clause in clauses for w in open_[clause.id].workers})
    with (
        decided_again(ended.loaded, lake, data, only=only) as run,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('delivery.propose'))")
        with offered(cursor):
            fill(
                cursor,
                (
                    row
                    for row in due_rows(run, clauses, law.day)
                    if row.subject_hash in open_[row.clause].subjects
                    or row.worker in open_[row.clause].without
                ),
            )
            came = offer(cursor, run=ended.loaded.pk, deadline=deadline, at=at)
            given = within({clause.id: clause.period_on(law.day) for clause in clauses}, only)
            seen = keep_undecided(cursor, run, law, given, IS_UNDECIDED, at=at)
            take_back(cursor, GONE, {"seen": seen}, at=at)
            return came


def _open(run: Run, clause: Clause, law: Law) -> _Open:
    """Who was undecided about a clause in a run, and has nothing of it for the period but what is held for that."""
    rows = duckdb.execute(
        f"SELECT subject, worker, missing FROM {run.rows(clause.id)} WHERE verdict = 'undecided'"
    ).fetchall()
    mine = Entitlement.objects.filter(clause=clause.id, period=clause.period_on(law.day), supplement=0)
    held = Hold.objects.filter(cause=Cause.UNDECIDED, lifted_at=None).values("entitlement")
    settled = set(
        mine.exclude(state=State.LAPSED).exclude(pk__in=held).values_list("subject_hash", flat=True)
    )
    hashes = {subject: subject_hash(subject) for subject, _, _ in rows if subject is not None}
    rows = [row for row in rows if hashes.get(row[0]) not in settled]
    missing = {name for *_, names in rows for name in names}
    return _Open(
        frozenset(hashes[subject] for subject, *_ in rows if subject is not None),
        frozenset(worker for subject, worker, _ in rows if subject is None),
        frozenset(worker for _, worker, _ in rows if worker is not None),
        frozenset(name for fact in missing for name in sources_of(law.pack, fact_of(fact))),
    )
