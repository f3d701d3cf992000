"""Both engines, asked the same thing in the same form."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from jigong.rules.engines.duckdb import BRANCH_NONE, BRANCH_OPEN, Columns, decide_sql
from jigong.rules.engines.row import RowRule, compile_bounds, compile_expressions, natural
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import Expression, Type, Value

Person = Mapping[str, Value | None]
_ARROW = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "decimal": pa.decimal128(12, 2),
    "string": pa.string(),
    "date": pa.date32(),
}
_TODAY = '"as_of"'


class Duck:
    """The columnar engine on an in-memory database."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")

    def values(
        self, expressions: Sequence[Expression], types: Mapping[str, Type], people: Sequence[Person]
    ) -> list[tuple[Any, ...]]:
        """For each person the value of each expression; ``people`` carry their own ``as_of``."""
        nodes = Columns(_TODAY)
        columns = ", ".join(f"{nodes.value(expression)} AS v{i}" for i, expression in enumerate(expressions))
        with self._table(types, people) as table:
            return self._connection.execute(
                f"SELECT {columns} FROM {nodes.over(table)} ORDER BY position"
            ).fetchall()

    def bounds(
        self, expressions: Sequence[Expression], types: Mapping[str, Type], people: Sequence[Person]
    ) -> list[tuple[Any, ...]]:
        """For each person the least and the most of each number."""
        nodes = Columns(_TODAY)
        ends = [end for expression in expressions for end in nodes.bounds(expression)]
        columns = ", ".join(f"{end} AS b{i}" for i, end in enumerate(ends))
        with self._table(types, people) as table:
            rows = self._connection.execute(
                f"SELECT {columns} FROM {nodes.over(table)} ORDER BY position"
            ).fetchall()
        return [tuple(zip(row[::2], row[1::2], strict=True)) for row in rows]

    def outcomes(self, rule: Rule, types: Mapping[str, Type], people: Sequence[Person]) -> list[Outcome]:
        """For each person the outcome, unpacked from its columns."""
        with self._table(types, people) as table:
            sql = decide_sql([rule], table, ["position", _TODAY], _TODAY)
            rows = self._connection.execute(f"SELECT * FROM ({sql}) ORDER BY position").fetchall()
        return [_outcome(rule, *row[2:]) for row in rows]

    @contextmanager
    def _table(self, types: Mapping[str, Type], people: Sequence[Person]) -> Iterator[str]:
        kinds = {**{name: _ARROW[type_.kind] for name, type_ in types.items()}, "as_of": pa.date32()}
        arrays = {name: pa.array([p.get(name) for p in people], kind) for name, kind in kinds.items()}
        table = pa.table({"position": pa.array(range(len(people)), pa.int32()), **arrays})
        self._connection.register("people", table)
        try:
            yield "people"
        finally:
            self._connection.unregister("people")


def row_values(expressions: Sequence[Expression], people: Sequence[Person]) -> list[tuple[Any, ...]]:
    """What :meth:`Duck.values` gives, from the engine for one subject."""
    evaluate = compile_expressions(expressions)
    return [
        tuple(
            natural(value, expression.type)
            for value, expression in zip(evaluate(person, _day(person)), expressions, strict=True)
        )
        for person in people
    ]


def row_bounds(expressions: Sequence[Expression], people: Sequence[Person]) -> list[tuple[Any, ...]]:
    """What :meth:`Duck.bounds` gives, from the engine for one subject."""
    evaluate = compile_bounds(expressions)
    return [
        tuple(
            (natural(least, expression.type), natural(most, expression.type))
            for (least, most), expression in zip(evaluate(person, _day(person)), expressions, strict=True)
        )
        for person in people
    ]


def row_outcomes(rule: Rule, people: Sequence[Person]) -> list[Outcome]:
    """What :meth:`Duck.outcomes` gives, from the engine for one subject."""
    decider = RowRule(rule)
    return [decider.decide(person, _day(person)) for person in people]


def _day(person: Person) -> date:
    day = person["as_of"]
    assert isinstance(day, date)
    return day


def _outcome(
    rule: Rule,
    verdict: Any,
    mask: int,
    known: int,
    branch: int,
    amount: Decimal | None,
    potential: Decimal | None,
    most: Decimal | None,
    missing: int,
    conflict: int | None,
) -> Outcome:
    awards = rule.awards
    return Outcome(
        verdict,
        tuple(bool(mask >> i & 1) if known >> i & 1 else None for i in range(len(rule.conditions))),
        None if branch in (BRANCH_OPEN, BRANCH_NONE) else awards[branch].id,
        amount,
        potential,
        tuple(name for i, name in enumerate(rule.facts) if missing >> i & 1),
        None if conflict is None else (awards[conflict // 1000].id, awards[conflict % 1000].id),
        most,
    )
