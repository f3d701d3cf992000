"""The two engines on the same people: the reference engine decides again what the columnar one wrote."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import duckdb

from jigong.decisions.exclusion import PAYS, Claim, Outbid, contest, unseen_sql
from jigong.decisions.points import make_points, with_points
from jigong.decisions.run import Run
from jigong.kernel.problems import JigongError, error
from jigong.lake.facts import FactTables
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted
from jigong.rules.engines.row import RowRule
from jigong.rules.engines.row_money import ZERO
from jigong.rules.model import Outcome, Rule
from jigong.rules.rulebook import Rulebook

Progress = Callable[[str], None]


def disagreements(
    run: Run,
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    progress: Progress | None = None,
) -> int:
    """Decide everybody of ``run`` again, one by one; returns how many verdicts were compared.

    Raises:
        JigongError: the first subject on whom the engines differ, and in what.
    """
    connection = facts.connect()
    points = make_points(connection, pack, rulebook, values, f"DATE '{facts.as_of}'", run.absent)
    compared = 0
    contests: dict[tuple[str, str], list[Claim]] = {}
    for total in run.totals:
        if progress is not None:
            progress(total.clause)
        rule, clause = rulebook.clauses[total.clause].bound(values), pack.clauses[total.clause].clause.value
        claims = _Claims(clause, values, connection, facts) if clause.exclusion is not None else None
        subjects = with_points(facts, total.per, points)
        compared += _clause(connection, run, rule, total.per, subjects, facts.as_of, claims)
        for claim, worker in claims.all() if claims is not None else ():
            contests.setdefault((clause.exclusion or "", worker), []).append(claim)
    _contested(connection, run, pack, contests)
    return compared


class _Claims:
    """What one clause of an exclusion group gives each worker, and could, added up subject by subject."""

    def __init__(
        self,
        clause: Clause,
        values: Mapping[str, ParameterValue],
        connection: duckdb.DuckDBPyConnection,
        facts: FactTables,
    ) -> None:
        self._clause = clause
        self.quota = (
            values[clause.delivery.quota]
            if clause.delivery.mode == "quota" and clause.delivery.quota
            else None
        )
        unseen = unseen_sql(facts, clause.per)
        self._endless = {worker for (worker,) in connection.execute(unseen).fetchall()} if unseen else set()
        self._sums: dict[str, tuple[Decimal, Decimal]] = {}

    def add(self, worker: str, outcome: Outcome, in_quota: bool | None, rank_best: int | None) -> None:
        """One subject of a worker, with its place in the queue where there is one."""
        if outcome.verdict == "no":
            return
        sure, most = self._sums.get(worker, (ZERO, ZERO))
        if outcome.verdict == "yes" and outcome.amount is not None and in_quota is not False:
            sure += max(outcome.amount, ZERO)
        if rank_best is None or self.quota is None or rank_best <= self.quota:  # type: ignore[operator]
            most += max(outcome.most or ZERO, ZERO)
            if outcome.most is None:
                self._endless.add(worker)
        self._sums[worker] = sure, most

    def all(self) -> Iterator[tuple[Claim, str]]:
        """Each claim with its worker."""
        for worker in self._sums.keys() | self._endless:
            sure, most = self._sums.get(worker, (ZERO, ZERO))
            yield (
                Claim(self._clause.number, self._clause.id, sure, None if worker in self._endless else most),
                worker,
            )


def _contested(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    pack: Pack,
    contests: Mapping[tuple[str, str], Sequence[Claim]],
) -> None:
    """See that of each group every worker keeps the clause the run says, and could be outbid by those it says."""
    for total in run.totals:
        group = pack.clauses[total.clause].clause.value.exclusion
        if group is None:
            continue
        rows = connection.execute(
            f"SELECT worker, excluded_by, outbid_by FROM {run.rows(total.clause)}"
            f" WHERE {PAYS} AND worker IS NOT NULL"
        ).fetchall()
        for worker, excluded_by, outbid_by in rows:
            kept, higher = contest(contests[group, worker])
            expected = (None, higher) if kept == total.clause else (kept, ())
            found = excluded_by, tuple(Outbid(**other) for other in outbid_by or ())
            if found != expected:
                raise _differ(total.clause, worker, found, expected)


def _differ(clause: str, subject: str, found: object, expected: object) -> JigongError:
    return error(
        f"条款 {clause}：两个引擎对 {subject} 的判定不同：{found} / {expected}",
        f"clause {clause}: the engines differ on {subject}: {found} / {expected}",
        remedy=("这是程序的错误，请报告", "this is a fault of the program; please report it"),
    )


def _clause(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    rule: Rule,
    per: str,
    subjects: str,
    as_of: date,
    claims: _Claims | None,
) -> int:
    """Compare one clause; what it gives each worker is added to ``claims``."""
    clause = rule.id
    place = (
        ["d.in_quota", "d.rank_best"] if claims is not None and claims.quota is not None else ["NULL", "NULL"]
    )
    worker = "d.worker" if claims is not None else "NULL"
    decider, names = RowRule(rule), rule.columns
    columns = [f"v.{quoted(name)}" for name in names]
    cursor = connection.execute(
        f"SELECT {', '.join([f'v.{quoted(per)}, d.verdict, d.mask, d.known, d.branch, d.amount, d.potential, d.missing', worker, *place, *columns])}"
        f" FROM ({subjects}) v LEFT JOIN (SELECT * FROM {run.rows(clause)}"
        f" WHERE subject IS NOT NULL) d ON v.{quoted(per)} = d.subject"
    )
    compared = 0
    while rows := cursor.fetchmany(10_000):
        for (
            subject,
            verdict,
            mask,
            known,
            branch,
            amount,
            potential,
            missing,
            its_worker,
            in_quota,
            rank_best,
            *read,
        ) in rows:
            outcome = decider.decide(dict(zip(names, read, strict=True)), as_of)
            conditions = tuple(
                None if not (known or 0) >> i & 1 else bool(mask >> i & 1)
                for i in range(len(rule.conditions))
            )
            found = (verdict, conditions, branch, amount, potential, tuple(missing or ()))
            expected = (
                outcome.verdict,
                outcome.conditions,
                outcome.branch,
                outcome.amount,
                outcome.potential,
                outcome.missing,
            )
            if found != expected:
                raise _differ(clause, subject, found, expected)
            if claims is not None and its_worker is not None:
                claims.add(its_worker, outcome, in_quota, rank_best)
        compared += len(rows)
    return compared
