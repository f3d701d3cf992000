"""What changes for people between two runs: another pack, another date, other knowledge."""

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from jigong.decisions.run import Run


@dataclass(frozen=True, slots=True)
class ClauseDifference:
    """One clause in two runs: who gains and loses an entitlement or money, and the sums.

    ``gain`` and ``lose`` count people (workers, or other subjects) whose sum due rises or falls;
    ``new_yes`` and ``no_longer_yes`` count subjects by verdict.
    """

    clause: str
    gain: int
    lose: int
    new_yes: int
    no_longer_yes: int
    before: Decimal
    after: Decimal
    examples: tuple[tuple[str, Decimal, Decimal], ...]
    """A few people with what was and is due to them, the largest changes first."""

    @property
    def changed(self) -> bool:
        """Whether anything at all differs."""
        return bool(self.gain or self.lose or self.new_yes or self.no_longer_yes)


def difference(before: Run, after: Run, examples: int = 3) -> list[ClauseDifference]:
    """Every clause of either run, in the order of the later one."""
    connection = duckdb.connect()
    names = dict.fromkeys([*(t.clause for t in after.totals), *(t.clause for t in before.totals)])
    return [_clause(connection, clause, before, after, examples) for clause in names]


def _clause(
    connection: duckdb.DuckDBPyConnection, clause: str, before: Run, after: Run, examples: int
) -> ClauseDifference:
    a, b = _rows(before, clause), _rows(after, clause)
    verdicts = connection.execute(
        "SELECT count(*) FILTER (b.verdict = 'yes' AND a.verdict IS DISTINCT FROM 'yes'),"
        " count(*) FILTER (a.verdict = 'yes' AND b.verdict IS DISTINCT FROM 'yes')"
        f" FROM (SELECT * FROM {a} WHERE subject IS NOT NULL) a"
        f" FULL JOIN (SELECT * FROM {b} WHERE subject IS NOT NULL) b USING (subject)"
    ).fetchone()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE people AS SELECT person, coalesce(a.due, 0) AS before, coalesce(b.due, 0) AS after"
        f" FROM ({_sums(a)}) a FULL JOIN ({_sums(b)}) b USING (person)"
    )
    sums = connection.execute(
        "SELECT count(*) FILTER (after > before), count(*) FILTER (after < before),"
        " coalesce(sum(before), 0), coalesce(sum(after), 0) FROM people"
    ).fetchone()
    largest = connection.execute(
        "SELECT person, before, after FROM people WHERE before <> after ORDER BY abs(after - before) DESC, person LIMIT ?",
        [examples],
    ).fetchall()
    assert verdicts is not None
    assert sums is not None
    return ClauseDifference(
        clause, sums[0], sums[1], verdicts[0], verdicts[1], Decimal(sums[2]), Decimal(sums[3]), tuple(largest)
    )


def _rows(run: Run, clause: str) -> str:
    """SQL for a clause's verdicts in a run; no rows where the run did not decide it."""
    if not run.has(clause):
        return "(SELECT '' AS subject, '' AS worker, '' AS verdict, CAST(0 AS DECIMAL(14,2)) AS due LIMIT 0)"
    return f"(SELECT subject, worker, verdict, due FROM {run.rows(clause)})"


def _sums(rows: str) -> str:
    return (
        f"SELECT coalesce(worker, subject) AS person, CAST(sum(coalesce(due, 0)) AS DECIMAL(14,2)) AS due FROM {rows}"
        " GROUP BY 1"
    )
