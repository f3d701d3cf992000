"""Of overlapping awards only the highest (就高不重复): which clause of a group a worker keeps, and which could still give more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jigong.decisions.points import WORKER
from jigong.lake.facts import FactTables
from jigong.packs.model import Clause, ParameterValue
from jigong.rules.engines.duckdb import text_literal

PAYS = "verdict = 'yes' AND amount > 0 AND coalesce(in_quota, TRUE)"
"""SQL for a row that competes within its group: its amount is settled."""
OUTBID = "STRUCT(clause VARCHAR, most DECIMAL(14,2))[]"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one clause of a group gives a worker: ``sure`` is settled, ``most`` the most it can still come to (None: no limit known)."""

    number: int
    clause: str
    sure: Decimal
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class Outbid:
    """A clause of the group that is not decided and could still give more than the one that is kept: up to ``most``."""

    clause: str
    most: Decimal | None


def contest(claims: Iterable[Claim]) -> tuple[str | None, tuple[Outbid, ...]]:
    """The clause a worker keeps of a group, the highest of what is settled, and those that could still outbid it.

    None is kept where nothing is settled. On a tie the lower number is kept. As long as nobody could outbid it, no
    further data changes what the kept clause gives.
    """
    ordered = sorted(claims, key=lambda claim: (-claim.sure, claim.number))
    if not ordered or ordered[0].sure <= 0:
        return None, ()
    kept, others = ordered[0], sorted(ordered[1:], key=lambda claim: claim.number)
    higher = (o for o in others if o.most is None or (-o.most, o.number) < (-kept.sure, kept.number))
    return kept.clause, tuple(Outbid(other.clause, other.most) for other in higher)


def remaining(dues: Sequence[Decimal], given: Decimal) -> list[Decimal]:
    """What is still due of the awards of a clause whose group has already given so much, the first set off first.

    Where a clause that was kept is paid although another could outbid it, and that other is decided later, its worker
    is due the difference: ``given`` is then what was paid for awards whose ``outbid_by`` named the clause that is kept now.
    It is never below zero: what was given more than the higher clause gives is not asked back.
    """
    left = []
    for due in dues:
        off = min(due, given)
        given -= off
        left.append(due - off)
    return left


def unseen_sql(facts: FactTables, per: str) -> str | None:
    """SELECT of the workers who may have a subject of a kind that is not known, over a view of ``points``; None: nobody can."""
    if per == WORKER or WORKER not in facts.subjects[per].links:
        return None
    if not facts.subjects[per].listed:
        return "SELECT worker FROM points"
    return f"SELECT DISTINCT subject AS worker FROM open WHERE kind = {text_literal(per)} AND link = {text_literal(WORKER)}"


def exclusion_sql(
    clauses: Sequence[Clause],
    tables: Mapping[str, str],
    unseen: Mapping[str, str],
    values: Mapping[str, ParameterValue],
) -> str:
    """SELECT of clause, worker, ``excluded_by`` and ``outbid_by``, as :func:`contest` has it, for every worker and group.

    ``tables`` has the decided rows of each clause, and beside them ``most``, the most each could give. ``unseen`` gives by clause SQL
    for the workers who may have more subjects than are known: no limit is known of what they could come to.
    """
    parts = []
    for clause in clauses:
        head = f"SELECT {clause.number} AS number, {text_literal(clause.id)} AS clause, {text_literal(clause.exclusion or '')} AS grp, worker"
        quota = clause.delivery.quota if clause.delivery.mode == "quota" else None
        # Who may still come to lie within the quota may still be paid.
        may = f"coalesce(rank_best <= {values[quota]}, TRUE)" if quota is not None else "TRUE"
        parts.append(
            f"{head}, coalesce(sum(amount) FILTER ({PAYS}), 0) AS sure,"
            f" coalesce(sum(greatest(most, 0)) FILTER ({may}), 0) AS most, bool_or({may} AND most IS NULL) AS endless"
            f" FROM {tables[clause.id]} WHERE verdict <> 'no' AND worker IS NOT NULL GROUP BY worker"
        )
        if clause.id in unseen:
            parts.append(f"{head}, 0, 0, TRUE FROM ({unseen[clause.id]})")
    nothing = "SELECT 0 AS number, '' AS clause, '' AS grp, '' AS worker, 0 AS sure, 0 AS most, FALSE AS endless LIMIT 0"
    order = "PARTITION BY worker, grp ORDER BY sure DESC, number"
    return (
        "WITH claims AS (SELECT number, clause, grp, worker, sum(sure) AS sure, sum(most) AS most, bool_or(endless) AS endless"
        f" FROM ({' UNION ALL '.join(parts) or nothing}) GROUP BY ALL),"
        f" kept AS (SELECT *, first_value(clause) OVER ({order}) AS highest, first_value(number) OVER ({order}) AS its_number,"
        f" first_value(sure) OVER ({order}) AS its_sum FROM claims),"
        " others AS (SELECT * FROM kept WHERE clause <> highest AND its_sum > 0)"
        f" SELECT clause, worker, highest AS excluded_by, CAST(NULL AS {OUTBID}) AS outbid_by FROM others WHERE sure > 0"
        f" UNION ALL SELECT highest, worker, NULL, CAST(list({{'clause': clause, 'most':"
        f" CASE WHEN NOT endless THEN TRY_CAST(most AS DECIMAL(14,2)) END}} ORDER BY number) AS {OUTBID}) FROM others"
        " WHERE endless OR most > its_sum OR (most = its_sum AND number < its_number) GROUP BY highest, worker"
    )
