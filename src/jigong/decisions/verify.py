"""The two engines on the same people: the reference engine decides again what the columnar one wrote."""

from collections.abc import Callable, Mapping

import duckdb

from jigong.decisions.points import make_points
from jigong.decisions.run import Run
from jigong.kernel.problems import error
from jigong.lake.facts import FactTables
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted
from jigong.rules.engines.row import RowRule
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
    make_points(connection, pack, rulebook, values, f"DATE '{facts.as_of}'")
    compared = 0
    for total in run.totals:
        if progress is not None:
            progress(total.clause)
        compared += _clause(connection, run, total.clause, total.per, facts, rulebook, values)
    return compared


def _clause(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    clause: str,
    per: str,
    facts: FactTables,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
) -> int:
    rule = rulebook.clauses[clause].bound(values)
    decider = RowRule(rule)
    own = facts.facts_of(per)
    columns = [f"v.{quoted(name)}" if name in own else f"p.{quoted(name)}" for name in rule.facts]
    points = "" if all(name in own for name in rule.facts) else " LEFT JOIN points p ON p.worker = v.worker"
    cursor = connection.execute(
        f"SELECT {', '.join(['d.subject, d.verdict, d.mask, d.known, d.branch, d.amount, d.potential, d.missing', *columns])}"
        f" FROM read_parquet('{run.verdicts(clause)}') d JOIN {quoted(per)} v ON v.{quoted(per)} = d.subject{points}"
    )
    compared = 0
    while rows := cursor.fetchmany(10_000):
        for subject, verdict, mask, known, branch, amount, potential, missing, *read in rows:
            outcome = decider.decide(dict(zip(rule.facts, read, strict=True)), facts.as_of)
            conditions = tuple(
                None if not known >> i & 1 else bool(mask >> i & 1) for i in range(len(rule.conditions))
            )
            found = (verdict, conditions, branch, amount, potential, tuple(missing))
            expected = (
                outcome.verdict,
                outcome.conditions,
                outcome.branch,
                outcome.amount,
                outcome.potential,
                outcome.missing,
            )
            if found != expected:
                raise error(
                    f"条款 {clause}:两个引擎对 {subject} 的判定不同:{found} / {expected}",
                    f"clause {clause}: the engines differ on {subject}: {found} / {expected}",
                    remedy=("这是程序的错误,请报告", "this is a fault of the program; please report it"),
                )
        compared += len(rows)
    return compared
