"""The price of missing data: how many people and how much money each class of data leaves undecided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from jigong.decisions.run import Run
from jigong.lake.coverage import Coverage
from jigong.lake.snapshot import Snapshot
from jigong.lake.uses import sources_of
from jigong.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact that keeps verdicts or amounts open: for how many people, over how much money.

    Where nobody can tell who has a subject at all, ``fact`` is the kind of subject.
    """

    fact: str
    classes: tuple[str, ...]
    people: int
    clauses: int
    yuan: Decimal


@dataclass(frozen=True, slots=True)
class MissingClass:
    """A class of data whose absence keeps verdicts open; all facts it feeds taken together."""

    data_class: str
    people: int
    clauses: int
    yuan: Decimal


@dataclass(frozen=True, slots=True)
class MissingPrice:
    """Facts and classes, the dearest first. Every class of the pack is listed, also at nothing."""

    facts: tuple[MissingFact, ...]
    classes: tuple[MissingClass, ...]


def price_of_missing(run: Run, pack: Pack, snapshot: Snapshot) -> MissingPrice:
    """What missing facts cost in ``run``, which was made on ``snapshot``.

    The money of one open decision is the amount it would come to, or the mean amount due under the
    clause where that cannot be told. A decision that waits for several facts counts for each; within
    one class it counts once. Where some of a fact's classes never came or are stale, those are blamed; else those of
    which rows wait; else all of them.
    """
    connection = duckdb.connect()
    _load(connection, run)
    facts = [row[0] for row in connection.execute("SELECT DISTINCT fact FROM waiting").fetchall()]
    blamed = {fact: _blamed(pack, fact, snapshot, run.as_of) for fact in facts}
    connection.execute("CREATE TABLE blamed (fact VARCHAR, class VARCHAR)")
    if pairs := [(fact, name) for fact, classes in blamed.items() for name in classes]:
        connection.executemany("INSERT INTO blamed VALUES (?, ?)", pairs)
    by_fact = connection.execute(
        "SELECT fact, count(DISTINCT person), count(DISTINCT clause), sum(yuan) FROM waiting"
        " GROUP BY fact ORDER BY 4 DESC, 2 DESC, 1"
    ).fetchall()
    by_class = connection.execute(
        "SELECT class, count(DISTINCT person), count(DISTINCT clause), sum(yuan) FROM ("
        " SELECT DISTINCT class, clause, subject, person, yuan FROM waiting JOIN blamed USING (fact))"
        " GROUP BY class ORDER BY 4 DESC, 2 DESC, 1"
    ).fetchall()
    priced = [MissingClass(name, people, clauses, yuan) for name, people, clauses, yuan in by_class]
    named = {entry.data_class for entry in priced}
    priced += [MissingClass(name, 0, 0, Decimal(0)) for name in pack.contracts if name not in named]
    return MissingPrice(
        tuple(
            MissingFact(fact, blamed[fact], people, clauses, yuan) for fact, people, clauses, yuan in by_fact
        ),
        tuple(priced),
    )


def _load(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Create ``waiting``: one row for each fact each open decision waits for."""
    parts = [
        f"SELECT '{total.clause}' AS clause, subject, coalesce(worker, subject) AS person, unnest(missing) AS fact,"
        f" coalesce(potential, (SELECT avg(amount) FROM {run.rows(total.clause)} WHERE amount > 0), 0) AS yuan"
        f" FROM {run.rows(total.clause)} WHERE len(missing) > 0"
        for total in run.totals
    ]
    body = (
        " UNION ALL ".join(parts)
        or "SELECT '' AS clause, '' AS subject, '' AS person, '' AS fact, 0 AS yuan LIMIT 0"
    )
    connection.execute(
        f"CREATE TABLE waiting AS SELECT clause, subject, person, fact, CAST(yuan AS DECIMAL(14,2)) AS yuan FROM ({body})"
    )


def absent(classes: Iterable[str], coverage: Coverage, as_of: date) -> tuple[str, ...]:
    """Those of some classes that never came, or cannot be relied on any more on ``as_of``."""
    return tuple(name for name in classes if (day := coverage.relied_until([name])) is None or day < as_of)


def _blamed(pack: Pack, fact: str, snapshot: Snapshot, as_of: date) -> tuple[str, ...]:
    classes = sources_of(pack, fact)
    return (
        absent(classes, snapshot.coverage, as_of)
        or tuple(name for name in classes if snapshot.waiting.of(name))
        or classes
    )
