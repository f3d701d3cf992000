"""Who gains and who loses between two runs, all clauses taken together: by town, industry, tier and the like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from jigong.decisions.points import WORKER
from jigong.decisions.run import Run
from jigong.lake.facts import FactTables
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted

TIER = "tier"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One group (None: not known): how many people's sum due rises or falls, and the sums in yuan."""

    group: str | None
    gain: int
    lose: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """Everybody together, by group of each breakdown, and how many decisions wait for data in either run."""

    whole: GroupChange
    groups: Mapping[str, tuple[GroupChange, ...]]
    undecided: tuple[int, int]


def people_change(before: Run, after: Run, facts: FactTables, pack: Pack) -> PeopleChange:
    """Compare what is due to each person in two runs; groups are those of ``facts``, tiers those before.

    Enterprises that are paid themselves count as people without a group.
    """
    connection = facts.connect()
    connection.execute(
        "CREATE TEMP TABLE change AS SELECT person, coalesce(a.due, 0) AS before, coalesce(b.due, 0) AS after"
        f" FROM ({_sums(before)}) a FULL JOIN ({_sums(after)}) b USING (person)"
    )
    (whole,) = _grouped(connection, "NULL", "change")
    groups = {}
    for id_, breakdown in pack.breakdowns.items():
        fact = next((f for f in breakdown.value.facts if f in facts.facts_of(WORKER)), None)
        # By the subject itself (each enterprise) is no overview.
        if fact is not None and id_ not in pack.subjects:
            groups[id_] = _grouped(
                connection, f"w.{quoted(fact)}", f"change LEFT JOIN {quoted(WORKER)} w ON w.{WORKER} = person"
            )
    groups[TIER] = _grouped(
        connection, "p.tier", f"change LEFT JOIN {before.points} p ON p.{WORKER} = person"
    )
    return PeopleChange(whole, groups, (_undecided(before), _undecided(after)))


def _sums(run: Run) -> str:
    parts = [
        f"SELECT coalesce(worker, subject) AS person, due FROM {run.rows(t.clause)} WHERE due > 0"
        for t in run.totals
    ]
    rows = " UNION ALL ".join(parts) or "SELECT '' AS person, 0 AS due LIMIT 0"
    return f"SELECT person, CAST(sum(due) AS DECIMAL(18,2)) AS due FROM ({rows}) GROUP BY person"


def _grouped(connection: duckdb.DuckDBPyConnection, by: str, source: str) -> tuple[GroupChange, ...]:
    rows: Sequence[tuple[str | None, int, int, Decimal, Decimal]] = connection.execute(
        f"SELECT {by}, count(*) FILTER (after > before), count(*) FILTER (after < before),"
        f" coalesce(sum(before), 0), coalesce(sum(after), 0) FROM {source} GROUP BY 1 ORDER BY 1 NULLS LAST"
    ).fetchall()
    found = tuple(GroupChange(g, up, down, Decimal(a), Decimal(b)) for g, up, down, a, b in rows)
    return found or (GroupChange(None, 0, 0, Decimal(0), Decimal(0)),)


def _undecided(run: Run) -> int:
    return sum(total.undecided for total in run.totals)
