"""Every worker's points: items, capped dimensions, total and tier."""

from collections.abc import Mapping, Sequence

import duckdb

from jigong.lake.facts import PERSON, FactTables
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted, text_literal, to_sql
from jigong.rules.nodes import bind
from jigong.rules.rulebook import POINTS_TOTAL, Rulebook, points_fact

WORKER = PERSON


def points_sql(
    pack: Pack, rulebook: Rulebook, values: Mapping[str, ParameterValue], table: str, today: str
) -> str:
    """One SELECT over workers: each item, each dimension, the total and the tier.

    An item whose facts are missing counts nothing towards its dimension and stays missing in its
    own column, so that a reader sees what is not known.
    """
    items, sums = [], []
    for dimension in rulebook.points:
        names = []
        for item in dimension.items:
            value = to_sql(bind(item.value, values), today)
            if item.cap is not None:
                # DuckDB's least would take the cap for a missing value.
                value = f"CASE WHEN {value} IS NOT NULL THEN least({value}, {values[item.cap]}) END"
            name = quoted(f"{dimension.id}.{item.id}")
            items.append(f"CAST({value} AS INTEGER) AS {name}")
            names.append(f"coalesce({name}, 0)")
        sums.append(
            f"CAST(least({' + '.join(names)}, {values[dimension.cap]}) AS INTEGER)"
            f" AS {quoted(points_fact(dimension.id))}"
        )
    total = " + ".join(quoted(points_fact(d.id)) for d in rulebook.points) or "0"
    tiers = [(tier.value.id, values[tier.value.from_]) for tier in pack.tiers]
    tier = " ".join(
        f"WHEN {POINTS_TOTAL} >= {from_} THEN {text_literal(id_)}" for id_, from_ in reversed(tiers)
    )
    return (
        f"SELECT *, {f'CASE {tier} END' if tier else 'NULL'} AS tier FROM ("
        f"SELECT *, CAST({total} AS INTEGER) AS {POINTS_TOTAL} FROM ("
        f"SELECT *, {', '.join(sums) or 'NULL AS no_dimension'} FROM ("
        f"SELECT {quoted(WORKER)}, {', '.join(items) or 'NULL AS no_item'} FROM {table})))"
    )


def with_points(facts: FactTables, per: str, points: Sequence[str]) -> str:
    """A SELECT of every subject of one kind with its facts and, where it has a worker, the ``points`` facts."""
    if not points or not (per == WORKER or WORKER in facts.subjects[per].links):
        return f"SELECT * FROM {quoted(per)}"
    columns = ", ".join(f"p.{quoted(name)}" for name in points)
    return f"SELECT v.*, {columns} FROM {quoted(per)} v LEFT JOIN points p USING ({WORKER})"


def make_points(
    connection: duckdb.DuckDBPyConnection,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    today: str,
) -> Sequence[str]:
    """Create the table ``points`` from the view of workers; returns the names of the points facts."""
    sql = points_sql(pack, rulebook, values, quoted(WORKER), today)
    connection.execute(f"CREATE OR REPLACE TABLE points AS {sql} ORDER BY {quoted(WORKER)}")
    return [points_fact(d.id) for d in rulebook.points] + ([POINTS_TOTAL] if rulebook.points else [])
