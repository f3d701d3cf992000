"""Who comes first where there is a quota, and who still could."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from jigong.packs.model import Clause, ParameterValue
from jigong.rules.engines.duckdb import Columns
from jigong.rules.nodes import Expression, bind

Ranks: TypeAlias = Sequence[tuple[Expression, bool]]
"""Expressions to order by, each with whether the largest comes first."""

PLACES = ("rank", "rank_best", "rank_worst", "order_sure", "order_best")


def score_names(ranks: Ranks) -> list[str]:
    """The columns of the scores: of each expression what is certain, and the best it can still come to."""
    return [name for place in range(len(ranks)) for name in (f"score{place}", f"score{place}_best")]


def scores_sql(ranks: Ranks, values: Mapping[str, ParameterValue], nodes: Columns) -> list[str]:
    """SQL, over ``nodes``, for each of :func:`score_names`; NULL where nothing is certain, or the best has no limit."""
    found: list[str] = []
    for expression, falling in ranks:
        least, most = nodes.bounds(bind(expression, values))
        found += (least, most) if falling else (most, least)
    return found


def places_sql(decided: str, clause: Clause, ranks: Ranks, day: date, endless: bool = False) -> str:
    """SELECT of ``subject`` and ``PLACES`` for everybody in ``decided`` (subject, verdict, scores) but those with a no.

    ``rank`` is the place among those entitled, by what is certain of everybody's score. ``rank_best`` and
    ``rank_worst`` are the places between which it can still lie once everything is known, also that of somebody
    who is undecided, were they entitled. ``order_sure`` and ``order_best`` are positions in one order of the
    certain and the best scores of all of them, 1 the first: somebody can come to stand before another only
    if their ``order_best`` is below the other's ``order_sure``. So places can be counted among some of the people.
    With ``endless`` there may be subjects nobody has seen, several of one worker: then no place has a worst.
    """
    # Ties are broken by a hash nobody can choose, the same in every run for the date.
    lot = f"sha256('{day}|{clause.id}|' || subject) AS lot"
    count = range(len(ranks))
    open_ = " OR ".join(f"score{i} IS NULL OR score{i} IS DISTINCT FROM score{i}_best" for i in count)
    sure, best = ("".join(f", score{i}{end} AS s{i}" for i in count) for end in ("", "_best"))
    # What is not known at all is last for certain, and first at best.
    order = "".join(
        f"CASE WHEN s{i} IS NOT NULL THEN 1 WHEN sure THEN 2 ELSE 0 END, s{i} {'DESC' if falling else 'ASC'}, "
        for i, (_, falling) in enumerate(ranks)
    )
    scores = "".join(f", {name}" for name in score_names(ranks))
    worst = "CAST(NULL AS INTEGER)" if endless else "CAST(s.best_ones AS INTEGER)"
    return (
        "WITH scores AS MATERIALIZED ("
        f" SELECT subject, verdict = 'yes' AS yes, {open_ or 'FALSE'} AS open, {lot}{scores}"
        f" FROM {decided} WHERE verdict <> 'no'), ordered AS MATERIALIZED ("
        " SELECT subject, yes, sure, open, row_number() OVER following AS position,"
        # A running sum is ten times as fast as a count with a filter.
        " sum(CAST(sure AND yes AS INTEGER)) OVER following AS sure_ones,"
        " sum(CAST(NOT sure OR NOT open AS INTEGER)) OVER following AS best_ones FROM ("
        f"  SELECT subject, yes, open, lot, TRUE AS sure{sure} FROM scores"
        f"  UNION ALL SELECT subject, yes, open, lot, FALSE{best} FROM scores WHERE open)"
        f" WINDOW following AS (ORDER BY {order}lot, subject, sure ROWS UNBOUNDED PRECEDING))"
        " SELECT s.subject, CAST(CASE WHEN s.yes THEN s.sure_ones END AS INTEGER) AS rank,"
        " CAST(coalesce(b.sure_ones + 1, s.sure_ones + CAST(NOT s.yes AS INTEGER)) AS INTEGER) AS rank_best,"
        f" {worst} AS rank_worst, CAST(s.position AS INTEGER) AS order_sure,"
        " CAST(coalesce(b.position, s.position) AS INTEGER) AS order_best"
        " FROM (SELECT * FROM ordered WHERE sure) s LEFT JOIN (SELECT * FROM ordered WHERE NOT sure) b USING (subject)"
    )
