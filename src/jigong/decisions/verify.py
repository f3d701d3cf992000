"""The two engines on the same people: the reference engine decides again what the columnar one wrote."""

from collections.abc import Callable, Mapping
from datetime import date

import duckdb

from jigong.decisions.points import make_points, with_points
from jigong.decisions.run import Run
from jigong.kernel.problems import error
from jigong.lake.facts import FactTables
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted, text_literal
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Rule
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
    for total in run.totals:
        if progress is not None:
            progress(total.clause)
        rule = rulebook.clauses[total.clause].bound(values)
        compared += _clause(
            connection, run, rule, total.per, with_points(facts, total.per, points), facts.as_of
        )
    return compared


def _clause(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    rule: Rule,
    per: str,
    subjects: str,
    as_of: date,
) -> int:
    clause = rule.id
    decider, names = RowRule(rule), rule.columns
    columns = [f"v.{quoted(name)}" for name in names]
    cursor = connection.execute(
        f"SELECT {', '.join([f'v.{quoted(per)}, d.verdict, d.mask, d.known, d.branch, d.amount, d.potential, d.missing', *columns])}"
        f" FROM ({subjects}) v LEFT JOIN (SELECT * FROM read_parquet({text_literal(str(run.verdicts(clause)))})"
        f" WHERE subject IS NOT NULL) d ON v.{quoted(per)} = d.subject"
    )
    compared = 0
    while rows := cursor.fetchmany(10_000):
        for subject, verdict, mask, known, branch, amount, potential, missing, *read in rows:
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
                raise error(
                    f"条款 {clause}：两个引擎对 {subject} 的判定不同：{found} / {expected}",
                    f"clause {clause}: the engines differ on {subject}: {found} / {expected}",
                    remedy=("这是程序的错误，请报告", "this is a fault of the program; please report it"),
                )
        compared += len(rows)
    return compared
