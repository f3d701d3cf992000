"""Trees as SQL over one table, each node computed once: what is long becomes a column of its own.

The reference engine gives each node a name and computes it once. Written out wherever it is used, a node of SQL would
stand there two or three times, and each of its arguments too: a text that doubles with every level of a tree.
"""

from collections.abc import Iterable

from jigong.kernel.names import own, quoted
from jigong.kernel.problems import error
from jigong.rules.engines.duckdb_operators import WRITERS, constant
from jigong.rules.engines.duckdb_ranges import Bounds, bounds_of, exact, settled
from jigong.rules.nodes import (
    Expression,
    Fact,
    Literal,
    Parameter,
    Today,
    compares_bounds,
    has_bounds,
    least_of,
    most_of,
)

SHORT = 300
"""How many characters of SQL are written out wherever they are used: most nodes of most rules."""

LONGEST = 4_000_000
"""How many characters one statement may have: DuckDB takes about a second to plan so many."""


class Columns:
    """The columns that trees are computed from: in layers, each from those before, the first from a table of facts.

    ``today`` is SQL for the date on which trees are decided. The trees read a column for each fact, and two more for
    the bounds of a ranged one. ``name`` begins the names of the columns.
    """

    def __init__(self, today: str, name: str = "node") -> None:
        self._today = today
        self._name = name
        self._layers: list[dict[str, str]] = []
        self._columns: dict[str, str] = {}
        self._depths: dict[str, int] = {}
        self._values: dict[tuple[Expression, bool], str] = {}
        self._bounds: dict[tuple[Expression, bool], Bounds] = {}

    def value(self, node: Expression, wide: bool = False) -> str:
        """A bound tree as an SQL expression over :meth:`over`."""
        if isinstance(node, Literal):
            return constant(node)
        if isinstance(node, Today):
            return self._today
        if isinstance(node, Parameter):
            raise TypeError(f"{node.name} is not bound")
        if isinstance(node, Fact) and not node.ranged:
            return _column(quoted(node.name), node)
        if (node, wide) not in self._values:
            self._values[node, wide] = self._value(node, wide)
        return self._values[node, wide]

    def _value(self, node: Expression, wide: bool) -> str:
        if has_bounds(node, wide):
            ends = self.bounds(node, wide)
            return self._short(exact(ends), ends)
        assert not isinstance(node, Fact | Literal | Parameter | Today)
        if compares_bounds(node, wide):
            spans = [self.bounds(argument, wide) for argument in node.arguments]
            return self._short(settled(node, spans), (end for span in spans for end in span))
        parts = [self.value(argument, wide) for argument in node.arguments]
        return self._short(WRITERS[node.operator](node, parts), parts)

    def bounds(self, node: Expression, wide: bool = False) -> Bounds:
        """The least and the most a bound tree can come to, as SQL expressions; NULL where no limit is known.

        ``wide`` bounds are kept through every fact (:func:`jigong.rules.nodes.is_ranged`).
        """
        if isinstance(node, Fact) and node.ranged:
            ends = (quoted(end) for end in (least_of(node.name), most_of(node.name)))
            least, most = (_column(f"coalesce({quoted(node.name)}, {end})", node) for end in ends)
            return least, most
        if isinstance(node, Fact) or not has_bounds(node, wide):
            value = self.value(node, wide)
            return value, value
        assert not isinstance(node, Literal | Parameter | Today)
        if (node, wide) not in self._bounds:
            spans = [self.bounds(argument, wide) for argument in node.arguments]
            parts = [end for span in spans for end in span]
            least, most = bounds_of(node, spans)
            self._bounds[node, wide] = self._short(least, parts), self._short(most, parts)
        return self._bounds[node, wide]

    def over(self, table: str) -> str:
        """``table`` (a name, or a subquery in brackets) with the columns of every tree that was asked for."""
        for layer in self._layers:
            told = ", ".join(f"{sql} AS {name}" for name, sql in layer.items())
            table = f"(SELECT *, {told} FROM {table})"
        return table

    def _short(self, sql: str, parts: Iterable[str]) -> str:
        """The text itself where it is short, else the name of a column with it, one layer above its ``parts``."""
        depth = max((self._depths.get(part, 0) for part in parts), default=0)
        if len(sql) > SHORT:
            if sql not in self._columns:
                self._columns[sql] = own(self._name, len(self._columns))
                self._layers += [{} for _ in range(depth + 1 - len(self._layers))]
                self._layers[depth][self._columns[sql]] = sql
            sql, depth = self._columns[sql], depth + 1
        self._depths[sql] = depth
        return sql


def _column(sql: str, fact: Fact) -> str:
    # A column of 32 bits would overflow at its edges; the tree counts on ten digits.
    return f"CAST({sql} AS BIGINT)" if fact.type.kind == "integer" else sql


def bounded(sql: str) -> str:
    """``sql`` itself.

    Raises:
        JigongError: it is longer than a statement may be.
    """
    if len(sql) > LONGEST:
        raise error(
            f"规则写成 SQL 有 {len(sql):,} 个字，超过 {LONGEST:,} 个",
            f"the rules come to {len(sql):,} characters of SQL, more than {LONGEST:,}",
            remedy=("把长的表达式改写成事实", "make facts of the long expressions"),
        )
    return sql
