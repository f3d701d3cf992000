"""Decides given facts with either engine: the door for cases, officials and programs."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

import duckdb

from jigong.kernel.names import own
from jigong.packs.authored import in_time
from jigong.rules.engines.duckdb import decide_sql, quoted, sql_type, text_literal
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import Fact, Type, Value, fact_of, walk

Engine = Literal["row", "duckdb"]

_MEMORY, _SECONDS = "2GB", 60
"""What the columnar engine may take for a few people."""


def judge(
    rule: Rule, people: Sequence[Mapping[str, Value | None]], as_of: date, engine: Engine
) -> list[Outcome]:
    """The outcome of a bound rule for each of ``people``: facts by name, absent or None is missing.

    Bounds of a ranged fact have names of their own (:func:`jigong.rules.nodes.least_of`).
    """
    if engine == "row":
        decider = RowRule(rule)
        return [decider.decide(facts, as_of) for facts in people]
    return _by_duckdb(rule, people, as_of)


def _by_duckdb(rule: Rule, people: Sequence[Mapping[str, Value | None]], as_of: date) -> list[Outcome]:
    types = _column_types(rule)
    rows = [
        f"({number}{''.join(f', {_constant(facts.get(name), type_)}' for name, type_ in types.items())})"
        for number, facts in enumerate(people)
    ]
    if not rows:
        return []
    number = own("number")
    names = ", ".join([number, *(quoted(name) for name in types)])
    table = f"(SELECT * FROM (VALUES {', '.join(rows)}) given({names}))"
    sql = decide_sql([rule], table, [number], f"DATE '{as_of}'")
    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection, in_time(connection, None, _SECONDS):
        found = connection.execute(f"{sql} ORDER BY {number}").fetchall()
    return [_outcome(rule, row) for row in found]


def _column_types(rule: Rule) -> dict[str, Type]:
    types = {
        node.name: node.type
        for expression in rule.expressions
        for node in walk(expression)
        if isinstance(node, Fact)
    }
    return {column: types[fact_of(column)] for column in rule.columns}


def _constant(value: Value | None, type_: Type) -> str:
    if value is None:
        text = "NULL"
    elif isinstance(value, bool):
        text = str(value)
    else:
        text = text_literal(str(value))
    kind = "INTEGER" if type_.kind == "integer" else sql_type(type_)
    return f"CAST({text} AS {kind})"


def _outcome(rule: Rule, row: tuple[Any, ...]) -> Outcome:
    _, verdict, mask, known, branch, amount, potential, most, missing, conflict = row
    conditions = tuple(
        None if not known >> i & 1 else bool(mask >> i & 1) for i in range(len(rule.conditions))
    )
    pair = None
    if conflict is not None:
        first, second = divmod(int(conflict), 1000)
        pair = (rule.awards[first].id, rule.awards[second].id)
    return Outcome(
        verdict,
        conditions,
        rule.awards[branch].id if branch >= 0 else None,
        cast(Decimal | None, amount),
        cast(Decimal | None, potential),
        tuple(name for i, name in enumerate(rule.facts) if missing >> i & 1),
        pair,
        cast(Decimal | None, most),
    )
