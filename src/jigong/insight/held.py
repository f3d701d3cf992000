"""What is held about one worker: facts, points, subjects, what a run made of them, and what waits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jigong.decisions.exclusion import Outbid
from jigong.decisions.points import WORKER, absent_items, make_points, points_read
from jigong.decisions.run import Run
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.lake.facts import FactTables, Ghost, SubjectTable
from jigong.packs.model import Clause
from jigong.rules.engines.duckdb import quoted, text_literal


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run made of a verdict: what is due after exclusion and quota, and the place in the queue.

    ``excluded_by`` is the clause of the same exclusion group that gives the worker more; ``outbid_by`` those that are not
    decided and could. ``rank`` goes by what is certain, and is None while it is undecided whether they are entitled;
    ``rank_best`` and ``rank_worst`` are the places between which it can still lie (None: nobody can say how far back).
    ``open``: data of their own could still move it.
    """

    due: Decimal | None
    excluded_by: str | None
    rank: int | None
    in_quota: bool | None
    outbid_by: tuple[Outbid, ...] = ()
    rank_best: int | None = None
    rank_worst: int | None = None
    open: bool = False


def read_standing(row: Mapping[str, Any]) -> Standing:
    """A standing from its columns, or from what an older run kept of them."""
    outbid = tuple(
        Outbid(o["clause"], None if o["most"] is None else cents(o["most"]))
        for o in row.get("outbid_by") or ()
    )
    due = None if row["due"] is None else cents(row["due"])
    return Standing(
        due,
        row["excluded_by"],
        row["rank"],
        row["in_quota"],
        outbid,
        row.get("rank_best"),
        row.get("rank_worst"),
        bool(row.get("open")),
    )


def cents(value: Decimal | float | str) -> Decimal:
    """An amount exact to the cent."""
    return Decimal(value).quantize(Decimal("0.01"))


def standing_sql(clause: Clause) -> Mapping[str, str]:
    """SQL for each field of :class:`Standing` over a run's verdicts of a clause, by name."""
    ranked = clause.delivery.mode == "quota"
    return {
        "due": "due",
        "excluded_by": "excluded_by",
        "rank": "rank",
        "in_quota": "in_quota",
        "outbid_by": "outbid_by",
        "rank_best": "rank_best" if ranked else "CAST(NULL AS INTEGER)",
        "rank_worst": "rank_worst" if ranked else "CAST(NULL AS INTEGER)",
        "open": "coalesce(order_best < order_sure, FALSE)" if ranked else "FALSE",
    }


@dataclass(frozen=True, slots=True)
class Waits:
    """Something that waits and could change what is held: which facts of which subject.

    No facts: whether the subject is the worker's at all; no ``subject``: whether they have one of that kind.
    """

    kind: str
    subject: str | None
    facts: tuple[str, ...]
    ghost: Ghost


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows of its own data: to which month each fact is counted (``reckoned``), each class's newest
    covered month or last day (``reckoning``), the classes each fact depends on (``sources``), and by class how many
    rows wait that cannot be told whose they are (``nobody``)."""

    reckoned: Mapping[str, date | None] = field(default_factory=dict)
    reckoning: Mapping[str, date] = field(default_factory=dict)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """Everything held about one worker on a date.

    ``points`` are the numbers as they are shown; ``subjects`` gives, for each kind, the worker's subjects: key, ``as_of`` and every fact reachable,
    read on that day. ``kinds`` describes the kinds; ``standings`` are by clause and subject.
    """

    worker: str
    as_of: date
    facts: Mapping[str, Any]
    points: Mapping[str, Any]
    subjects: Mapping[str, Sequence[Mapping[str, Any]]]
    kinds: Mapping[str, SubjectTable]
    standings: Mapping[tuple[str, str], Standing]
    waiting: tuple[Waits, ...] = ()
    known: Known = field(default_factory=Known)

    def ghosts(self, kind: str, subject: str | None, fact: str | None) -> tuple[Ghost, ...]:
        """What waits that could change a fact of a subject; or, without a fact, whose it is or whether there is one."""
        return tuple(
            dict.fromkeys(
                w.ghost
                for w in self.waiting
                if (w.kind, w.subject) == (kind, subject) and (fact in w.facts if fact else not w.facts)
            )
        )

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of one subject together with the worker's points, as rules read them."""
        return {**points_read(self.points), **row}


def hold(
    worker: str, facts: FactTables, law: Law, run: Run | None = None, absent: Collection[str] | None = None
) -> Held:
    """Read what is held about ``worker`` from files of facts and, where given, a run.

    ``absent`` are the items of points nobody has, where ``facts`` are of only some people and no run says so.

    Raises:
        JigongError: there is no such worker.
    """
    connection = facts.connect()
    known_worker(worker, facts, connection)
    law_read = law.rulebook, law.values, f"DATE '{facts.as_of}'"
    if absent is None:
        absent = run.absent if run is not None else absent_items(connection, *law_read)
    # One worker is enough: the view of workers is narrowed before points are computed.
    connection.execute(
        f"CREATE TABLE only_worker AS SELECT * FROM {quoted(WORKER)} WHERE worker = ?", [worker]
    )
    connection.execute(f"DROP VIEW {quoted(WORKER)}")
    connection.execute(f"ALTER TABLE only_worker RENAME TO {quoted(WORKER)}")
    make_points(connection, law.pack, *law_read, absent)
    subjects = {
        name: _rows(connection, f"SELECT * FROM {quoted(name)} WHERE worker = ? ORDER BY 1", [worker])
        for name in dict.fromkeys(clause.per for clause in law.clauses)
        if name == WORKER or WORKER in facts.subjects[name].links
    }
    standings: dict[tuple[str, str], Standing] = {}
    for clause in law.clauses if run is not None else ():
        if run is not None and run.has(clause.id):
            told = standing_sql(clause)
            rows = _rows(
                connection,
                f"SELECT subject, {', '.join(f'{sql} AS {name}' for name, sql in told.items())}"
                f" FROM {run.rows(clause.id)}"
                " WHERE worker = ? AND subject IS NOT NULL"
                f" AND (due IS NOT NULL OR excluded_by IS NOT NULL OR rank IS NOT NULL OR {told['rank_best']} IS NOT NULL)",
                [worker],
            )
            standings |= {(clause.id, row["subject"]): read_standing(row) for row in rows}
    return Held(
        worker,
        facts.as_of,
        _rows(connection, f"SELECT * FROM {quoted(WORKER)}")[0],
        _rows(connection, "SELECT * FROM points")[0],
        subjects,
        facts.subjects,
        standings,
        tuple(_waiting(connection, worker, facts)),
        known_of(facts),
    )


def known_of(facts: FactTables) -> Known:
    """What facts know of their own data."""
    return Known(facts.reckoned, facts.reckoning, facts.sources, facts.nobody)


def waiting_sql(facts: FactTables) -> str:
    """SQL for (worker, kind, subject, facts, ghost): what waits, by the worker it could concern."""
    parts = [f"SELECT subject AS worker, kind, subject, fact, ghost FROM waiting WHERE kind = '{WORKER}'"]
    parts += [
        f"SELECT s.worker, w.kind, w.subject, w.fact, w.ghost FROM waiting w JOIN {quoted(name)} s"
        f" ON s.{quoted(name)} = w.subject WHERE w.kind = {text_literal(name)}"
        for name, table in facts.subjects.items()
        if WORKER in table.links
    ]
    parts.append(f"SELECT subject, kind, NULL, NULL, ghost FROM open WHERE link = '{WORKER}'")
    return (
        "SELECT worker, kind, subject, list(DISTINCT fact ORDER BY fact) FILTER (fact IS NOT NULL) AS facts, ghost"
        f" FROM ({' UNION ALL '.join(parts)}) WHERE worker IS NOT NULL GROUP BY ALL"
    )


def _waiting(connection: duckdb.DuckDBPyConnection, worker: str, facts: FactTables) -> Iterator[Waits]:
    rows = connection.execute(
        f"SELECT kind, subject, facts, ghost FROM ({waiting_sql(facts)}) WHERE worker = ? ORDER BY ghost, kind, subject",
        [worker],
    ).fetchall()
    for kind, subject, touched, ghost in rows:
        yield Waits(kind, subject, tuple(touched or ()), facts.ghosts[ghost])


def known_worker(worker: str, facts: FactTables, connection: duckdb.DuckDBPyConnection) -> None:
    """See that there is such a worker.

    Raises:
        JigongError: there is none.
    """
    known = connection.execute(f"SELECT 1 FROM {quoted(WORKER)} WHERE worker = ?", [worker]).fetchone()
    if known is None:
        raise error(
            f"{facts.as_of} 的数据里没有 {worker} 这个人",
            f"there is no worker {worker} in the data of {facts.as_of}",
            remedy=("核对公民身份号码；新来的人要先接入数据", "check the number; take the data in first"),
        )


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
