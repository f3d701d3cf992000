"""Every worker's points: items, capped dimensions, total and tier."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import duckdb

from jigong.lake.facts import PERSON, FactTables
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import Columns, quoted, text_literal
from jigong.rules.nodes import bind, columns_of, is_ranged, least_of, most_of
from jigong.rules.rulebook import POINTS_TOTAL, PointsItem, Rulebook, points_fact

WORKER = PERSON
_SAMPLE = 10_000
"""So many workers are asked first whether anybody has an item."""


def points_sql(
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    table: str,
    today: str,
    absent: Collection[str] = (),
    facts: Sequence[str] = (),
) -> str:
    """One SELECT over workers: each item, each dimension, the total and the tier; and after the key ``facts`` of the table, each
    under the name :func:`passed` gives it.

    An item counts from 0 to its cap. What is not known of it counts nothing towards its dimension, and
    the item stays missing in its own column, so that a reader sees it. The numbers of dimensions and
    total, which are shown and ranked by, are therefore the least a worker can have; the most stands
    beside them (:func:`jigong.rules.nodes.most_of`). Items in ``absent``, which nobody has, are out of both.
    """
    return _sums_sql(pack, rulebook, values, f"({_items_sql(rulebook, values, table, today, facts)})", absent)


def passed(fact: str) -> str:
    """The column that passes a fact through :func:`points_sql`, quoted: no name of points."""
    return quoted(f"f {fact}")


def points_columns(rulebook: Rulebook) -> list[str]:
    """The columns of :func:`points_sql` after the key, in their order."""
    found = [column for name, item in _items(rulebook) for column in _columns(name, item)]
    for dimension in rulebook.points:
        found += [points_fact(dimension.id), most_of(points_fact(dimension.id))]
    return [*found, POINTS_TOTAL, most_of(POINTS_TOTAL), "tier"]


def points_facts(rulebook: Rulebook) -> list[str]:
    """The facts that points give to rules: each dimension, and the total."""
    return [points_fact(d.id) for d in rulebook.points] + ([POINTS_TOTAL] if rulebook.points else [])


def points_read_of(rulebook: Rulebook) -> tuple[str, ...]:
    """The columns of workers' facts that points are computed from."""
    return columns_of(*(item.value for _, item in _items(rulebook)))


def _items_sql(
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    table: str,
    today: str,
    facts: Sequence[str] = (),
    only: Collection[str] | None = None,
) -> str:
    """Every worker's items (of ``only`` some), those on ranged facts with their bounds."""
    nodes = Columns(today)
    told = [quoted(WORKER), *(f"{quoted(fact)} AS {passed(fact)}" for fact in facts)]
    columns = [quoted(WORKER), *map(passed, facts)]
    for name, item in _items(rulebook):
        if only is not None and name not in only:
            continue
        value = bind(item.value, values)
        cap = None if item.cap is None else str(values[item.cap])
        # DuckDB takes long to plan what is written out several times: so each bound is computed first.
        ends = dict.fromkeys(nodes.bounds(value))
        named = [quoted(f"{name} {place}") for place in range(len(ends))]
        told += [f"{sql} AS {column}" for sql, column in zip(ends, named, strict=True)]
        least, most = (_counted(column, cap) for column in (named[0], named[-1]))
        exact = least
        if is_ranged(value):
            exact = f"CASE WHEN {least} = {most} THEN {least} END"
            columns.append(f"CAST({least} AS INTEGER) AS {quoted(least_of(name))}")
            columns.append(f"CAST({most} AS INTEGER) AS {quoted(most_of(name))}")
        columns.append(f"CAST({exact} AS INTEGER) AS {quoted(name)}")
    return f"SELECT {', '.join(columns)} FROM (SELECT {', '.join(told)} FROM {nodes.over(table)})"


def _items(rulebook: Rulebook) -> list[tuple[str, PointsItem]]:
    """Every item with the name of its column."""
    return [(f"{d.id}.{item.id}", item) for d in rulebook.points for item in d.items]


def _counted(value: str, cap: str | None) -> str:
    # DuckDB's least would take the cap for a missing value.
    capped = value if cap is None else f"least({value}, {cap})"
    return f"CASE WHEN {value} IS NOT NULL THEN greatest({capped}, 0) END"


def _sums_sql(
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    items: str,
    absent: Collection[str],
) -> str:
    sums = []
    for dimension in rulebook.points:
        cap, fact = str(values[dimension.cap]), points_fact(dimension.id)
        counted = [item for item in dimension.items if f"{dimension.id}.{item.id}" not in absent]
        least, most = (
            zip(*(_ends(dimension.id, item, values, cap) for item in counted), strict=True)
            if counted
            else ((), ())
        )
        for column, parts in ((fact, least), (most_of(fact), most)):
            total = " + ".join(parts) or "0"
            sums.append(f", CAST(least({total}, {cap}) AS INTEGER) AS {quoted(column)}")
    facts = [points_fact(d.id) for d in rulebook.points]
    total = " + ".join(quoted(fact) for fact in facts) or "0"
    total_most = " + ".join(quoted(most_of(fact)) for fact in facts) or "0"
    tiers = [(tier.value.id, values[tier.value.from_]) for tier in pack.tiers]
    tier = " ".join(
        f"WHEN {POINTS_TOTAL} >= {from_} THEN {text_literal(id_)}" for id_, from_ in reversed(tiers)
    )
    return (
        f"SELECT *, {f'CASE {tier} END' if tier else 'CAST(NULL AS VARCHAR)'} AS tier FROM ("
        f"SELECT *, CAST({total} AS INTEGER) AS {POINTS_TOTAL},"
        f" CAST({total_most} AS INTEGER) AS {quoted(most_of(POINTS_TOTAL))} FROM ("
        f"SELECT *{''.join(sums)} FROM {items}))"
    )


def _ends(
    dimension: str, item: PointsItem, values: Mapping[str, ParameterValue], cap: str
) -> tuple[str, str]:
    """The least and the most an item counts for somebody: what is not known of it counts 0, or all there is."""
    name = f"{dimension}.{item.id}"
    least, most = (least_of(name), most_of(name)) if is_ranged(item.value) else (name, name)
    at_most = cap if item.cap is None else str(values[item.cap])
    return f"coalesce({quoted(least)}, 0)", f"coalesce({quoted(most)}, {at_most})"


def with_points(facts: FactTables, per: str, points: Sequence[str]) -> str:
    """A SELECT of every subject of one kind with its facts and, where it has a worker, the ``points`` facts.

    As rules read them: the value where it is exact, and the bounds.
    """
    if not points or not (per == WORKER or WORKER in facts.subjects[per].links):
        return f"SELECT * FROM {quoted(per)}"
    columns = points_as_facts(points, lambda name: f"p.{quoted(name)}")
    return f"SELECT v.*, {', '.join(columns)} FROM {quoted(per)} v LEFT JOIN points p USING ({WORKER})"


def points_as_facts(points: Sequence[str], column: Callable[[str], str]) -> list[str]:
    """SQL for the ``points`` facts as rules read them; ``column`` gives SQL for a column of points."""
    found = []
    for name in points:
        least, most = column(name), column(most_of(name))
        found += [
            f"CASE WHEN {least} = {most} THEN {least} END AS {quoted(name)}",
            f"{least} AS {quoted(least_of(name))}",
            f"{most} AS {quoted(most_of(name))}",
        ]
    return found


def points_read(points: Mapping[str, Any]) -> dict[str, Any]:
    """One worker's row of ``points`` as rules read it; what :func:`with_points` gives for everybody.

    A number without its most was kept when what was not known counted nothing: it is exact.
    """
    read = dict(points)
    for name in [name for name in points if most_of(name) in points and "." not in name]:
        least, most = points[name], points[most_of(name)]
        read |= {name: least if least == most else None, least_of(name): least}
    return read


def make_points(
    connection: duckdb.DuckDBPyConnection,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    today: str,
    absent: Collection[str] | None = None,
) -> Sequence[str]:
    """Create the table ``points`` from the view of workers; returns the names of the points facts.

    ``absent`` are the items nobody has; None where the view has everybody, and it shows.
    """
    if absent is None:
        absent = absent_items(connection, rulebook, values, today)
    sql = points_sql(pack, rulebook, values, quoted(WORKER), today, absent)
    connection.execute(f"CREATE OR REPLACE TABLE points AS {sql} ORDER BY {quoted(WORKER)}")
    return points_facts(rulebook)


def absent_items(
    connection: duckdb.DuckDBPyConnection,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    today: str,
) -> tuple[str, ...]:
    """The items of points of which nothing is known about anybody in the view of workers: their class never came."""
    open_ = dict(_items(rulebook))
    # Nearly always some of the first have each of them; all are asked only about what none of those has.
    for some in (f"(SELECT * FROM {quoted(WORKER)} LIMIT {_SAMPLE})", quoted(WORKER)):
        if open_:
            sql = _items_sql(rulebook, values, some, today, only=open_)
            known = ", ".join(
                f"count(coalesce({', '.join(map(quoted, _columns(*item)))}))" for item in open_.items()
            )
            (counts,) = connection.execute(f"SELECT {known} FROM ({sql})").fetchall()
            open_ = {
                name: item for (name, item), count in zip(open_.items(), counts, strict=True) if not count
            }
    return tuple(open_)


def _columns(name: str, item: PointsItem) -> list[str]:
    return [least_of(name), most_of(name), name] if is_ranged(item.value) else [name]
