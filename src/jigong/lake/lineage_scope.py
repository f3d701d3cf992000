"""What the expressions of one SELECT depend on, and which cells they pass on unchanged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from jigong.lake.lineage_frames import (
    NOTHING,
    Column,
    Dependencies,
    Frame,
    NotUnderstood,
    Passed,
    Relation,
    Same,
    Source,
)
from jigong.lake.lineage_functions import bare, chosen, is_aggregate, is_blind


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a SELECT gives: an expression, or what a star stands for there, a column of a source."""

    name: str
    node: exp.Expr | None
    starred: tuple[str, str] | None = None


@dataclass
class Scope:
    """The names one SELECT can see, and its frame.

    ``keys`` are what rows are grouped by, None where they are not. ``query`` reads a query inside an expression;
    ``again`` reads FROM and WHERE once more, for other rows of the same frame.
    """

    frame: Frame
    query: "ReadQuery"
    again: "Callable[[], Scope]"
    outer: "Scope | None"
    names: dict[str, Source] = field(default_factory=dict)
    merged: dict[str, Source] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    having: list[exp.Expr] = field(default_factory=list)
    keys: list[Output] | None = None

    def __post_init__(self) -> None:
        self._queries: dict[int, tuple[exp.Expr, Source, Relation]] = {}
        self._rivals: dict[tuple[str, ...], Scope] = {}
        self._busy: set[str] = set()

    # Names

    def resolve(self, parts: Sequence[str]) -> Column:
        """The column a dotted name stands for. What follows a column are fields of a struct, which pass nothing on."""
        found = self._named(parts)
        if found is None:
            raise NotUnderstood(f"column {'.'.join(parts)}")
        return found

    def _named(self, parts: Sequence[str]) -> Column | None:
        first, rest = parts[0], parts[1:]
        if rest and first in self.names:
            column = self.names[first].read(rest[0])
            if column is not None:
                return column.field(rest[1:])
        if first in self.merged:
            found = [self.merged[first].read(first)]
        else:
            found = [source.read(first) for source in self.names.values() if first in source.relation.columns]
        if not found:
            found = [self._own(first)]
        if found[0] is None:
            # Then it belongs outside, or to a source whose columns are not known.
            outside = None if self.outer is None else self.outer._named(parts)
            unknown = [
                source.read(first) for source in self.names.values() if source.relation.other is not None
            ]
            if outside is not None and (rest or not unknown):
                return outside
            found = [*unknown, outside]
        if all(column is None for column in found) and first in self.names:
            source = self.names[first]
            found = [source.read(column) for column in source.relation.columns]
        known = [column for column in found if column is not None]
        if len(known) == 1:
            return known[0].field(rest)
        return Column(_union(column.needs for column in known)) if known else None

    def _own(self, name: str) -> Column | None:
        output = next((o for o in self.outputs if o.name == name and o.node is not None), None)
        if output is None or name in self._busy:
            return None
        self._busy.add(name)
        try:
            column = self.column(output)
            passed = column.passed
            return Column(column.needs, lambda: passed, column.fields)
        finally:
            self._busy.discard(name)

    def column(self, output: Output) -> Column:
        """What the SELECT gives as this column."""
        node = output.node
        if output.starred is not None:
            source, name = output.starred
            found = self.names[source].read(name)
            assert found is not None
            return found
        assert node is not None
        return Column(self.needs(node), lambda: self.passed(node), self.fields(node))

    def fields(self, node: exp.Expr) -> Mapping[str, Column]:
        """The fields of a struct, or of one that is chosen among the rows, each with what it alone depends on."""
        match node:
            case exp.Column() if not isinstance(node.this, exp.Star):
                return self.resolve([part.name.lower() for part in node.parts]).fields
            case exp.Struct():
                return {
                    item.name.lower(): self.column(Output("", item.expression))
                    for item in node.expressions
                    if isinstance(item, exp.PropertyEQ)
                }
        argument = chosen(node)
        if not isinstance(argument, exp.Struct):
            return {}
        found = {}
        for place, item in enumerate(argument.expressions):
            if not isinstance(item, exp.PropertyEQ):
                continue
            # The field of the chosen struct is the field's expression chosen in the same way.
            one = node.copy()
            inner = chosen(one)
            assert inner is not None
            inner.replace(inner.expressions[place].expression)
            found[item.name.lower()] = self.column(Output("", one))
        return found

    # Expressions

    def needs(self, node: exp.Expr) -> Dependencies:
        """What the value of an expression depends on, apart from which rows the frame has."""
        match node:
            case exp.Column() if not isinstance(node.this, exp.Star):
                return self.resolve([part.name.lower() for part in node.parts]).needs
            case exp.Subquery() | exp.Query():
                return self._subquery(node)
            case exp.Exists():
                return self._source(node)[1].exists
            case exp.In() if (query := node.args.get("query")) is not None:
                relation = self._source(query)[1]
                return self.needs(node.this) | whole(relation) | relation.exists
            case exp.Window():
                return self._window(node)
            case exp.Star() | exp.Column() | exp.Columns() | exp.PositionalColumn():
                raise NotUnderstood(type(node).__name__)
            case exp.Count(this=exp.Star()):
                return self._gathered(node, NOTHING)
        inner = _union(self.needs(child) for child in node.iter_expressions())
        return self._gathered(node, inner) if is_aggregate(node) else inner

    def _subquery(self, node: exp.Expr) -> Dependencies:
        relation = self._source(node)[1]
        return whole(relation) | relation.exists | relation.count

    def _gathered(self, call: exp.Expr, inner: Dependencies) -> Dependencies:
        """An aggregate also depends on which rows there are to gather, and most on how often each is there."""
        found = inner | self.frame.exists | self.grouping()
        return found if is_blind(call) else found | self.frame.count

    def grouping(self) -> Dependencies:
        """What decides into which group a row falls."""
        return _union(self.column(key).needs for key in self.keys or ())

    def _window(self, node: exp.Window) -> Dependencies:
        """A window function depends on the row itself and on those that share its partition."""
        rivals = self.rivals(self._partition(node))
        blind = is_blind(bare(node.this))
        found = rivals.frame.exists if blind else rivals.frame.count | rivals.frame.exists
        base = self.windows.get(node.alias.lower()) if node.args.get("alias") else None
        for scope in (self, rivals):
            found |= scope.grouping()
            for part in _parts(node) if base is None else [*_parts(node), *_parts(base)]:
                found |= scope.needs(part)
            for condition in scope.having:
                found |= scope.needs(condition)
        return found

    def _partition(self, node: exp.Window) -> list[exp.Expr]:
        """The expressions of PARTITION BY. Rows of an unknown partition may be any."""
        own = node.args.get("partition_by") or []
        if not own and node.args.get("alias"):
            base = self.windows.get(node.alias.lower())
            own = [] if base is None else base.args.get("partition_by") or []
        return list(own)

    # Cells passed on

    def passed(self, node: exp.Expr) -> Passed | None:
        """The cell an expression gives back unchanged, if it does."""
        match node:
            case exp.Paren():
                return self.passed(node.this)
            case exp.Column() if not isinstance(node.this, exp.Star):
                return self.resolve([part.name.lower() for part in node.parts]).passed
            case exp.Subquery(this=exp.Query()):
                source, relation = self._source(node)
                return source.through(next(iter(relation.columns.values())).passed)
            case exp.Window() if (argument := chosen(node.this)) is not None:
                return self._of_rival([Output("", key) for key in self._partition(node)], argument)
        call = bare(node)
        if self.keys is not None and isinstance(call, exp.Func) and is_aggregate(call):
            argument = chosen(call)
            return None if argument is None else self._of_rival(self.keys, argument)
        return None

    def _of_rival(self, keys: Iterable[Output], argument: exp.Expr) -> Passed | None:
        """The cell of some row with the same keys; each call may mean another row, so each has a reading of its own."""
        rivals, source = self._reading(list(keys))
        return source.through(rivals.passed(argument))

    # Other rows and queries beside the frame's own

    def rivals(self, keys: Sequence[exp.Expr]) -> "Scope":
        """The rows that share ``keys`` with a row, all rows where there are none: another reading of the FROM."""
        place = tuple(key.sql(dialect="duckdb") for key in keys)
        if place not in self._rivals:
            self._rivals[place] = self._reading([Output("", key) for key in keys])[0]
        return self._rivals[place]

    def _reading(self, keys: Sequence[Output]) -> "tuple[Scope, Source]":
        rivals = self.again()
        frame = rivals.frame
        # These are the rows that are gathered, not what they become.
        frame.always = False
        source = Source(self.frame, Relation({}, frame.exists, frame.count, (frame,)), inner=False)
        for key in keys:
            mine, other = self.column(key).passed, source.through(rivals.column(key).passed)
            if mine is not None and other is not None:
                source.same.append(Same(mine, other, empty=True))
        return rivals, source

    def _source(self, node: exp.Expr) -> tuple[Source, Relation]:
        """The rows of a query inside an expression, as a source of the frame."""
        if id(node) not in self._queries:
            relation = self.query(node, self)
            self._queries[id(node)] = node, Source(self.frame, relation, inner=False), relation
        return self._queries[id(node)][1:]

    # Conditions

    def equalities(self, condition: exp.Expr, *, holds: bool) -> list[Same]:
        """Cells that a condition wants equal; ``holds`` says that it is true of every row of the frame."""
        match condition:
            case exp.And():
                parts = (condition.this, condition.expression)
                return [pair for part in parts for pair in self.equalities(part, holds=holds)]
            case exp.Paren():
                return self.equalities(condition.this, holds=holds)
            case exp.EQ() | exp.NullSafeEQ():
                left, right = _items(condition.this), _items(condition.expression)
                # DuckDB takes NULL in a tuple to equal NULL.
                empty = len(left) > 1 or isinstance(condition, exp.NullSafeEQ)
                return _pairs(map(self.passed, left), map(self.passed, right), empty=empty)
            case exp.In() if condition.args.get("query") is not None:
                source, relation = self._source(condition.args["query"])
                source.inner = source.inner or holds
                columns = (source.through(column.passed) for column in relation.columns.values())
                return _pairs(map(self.passed, _items(condition.this)), columns, empty=False)
            case exp.Exists():
                source, _ = self._source(condition)
                source.inner = source.inner or holds
        return []


class ReadQuery(Protocol):
    """Reads a query that stands in an expression of a scope."""

    def __call__(self, node: exp.Expr, scope: Scope, /) -> Relation: ...


def whole(relation: Relation) -> Dependencies:
    """What all columns of a relation together depend on."""
    return _union(column.needs for column in relation.columns.values())


def _pairs(left: Iterable[Passed | None], right: Iterable[Passed | None], *, empty: bool) -> list[Same]:
    pairs = zip(left, right, strict=False)
    return [Same(one, other, empty) for one, other in pairs if one is not None and other is not None]


def _items(node: exp.Expr) -> list[exp.Expr]:
    return list(node.expressions) if isinstance(node, exp.Tuple) else [node]


def _parts(window: exp.Window) -> list[exp.Expr]:
    """What a window function reads; the function itself gathers nothing into a group."""
    call = window.this
    found: list[exp.Expr] = [part for part in window.iter_expressions() if part is not call]
    while isinstance(call, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        found += [part for part in call.iter_expressions() if part is not call.this]
        call = call.this
    return found + [part for part in call.iter_expressions() if not isinstance(part, exp.Star)]


def _union(parts: Iterable[Dependencies]) -> Dependencies:
    return NOTHING.union(*parts)
