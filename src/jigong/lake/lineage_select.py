"""Reads one SELECT: its FROM and WHERE into a frame, and what it gives into a relation."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from sqlglot import exp

from jigong.lake.lineage_frames import (
    NOTHING,
    Column,
    Dependencies,
    Frame,
    NotUnderstood,
    Relation,
    Same,
    Source,
)
from jigong.lake.lineage_functions import MULTIPLYING, bare, is_aggregate
from jigong.lake.lineage_scope import Output, Scope
from jigong.lake.lineage_unique import single, unique_columns

_PARTS = {"expressions", "distinct", "limit", "operation_modifiers", "from_", "joins", "where", "group", "having",
          "qualify", "windows", "order", "offset", "with_"}  # fmt: skip


class Inside(Protocol):
    """Reads the queries and tables inside a SELECT."""

    def query(self, node: exp.Expr, scope: Scope, /) -> Relation: ...

    def source(self, node: exp.Expr, scope: Scope, /) -> tuple[str, Relation]: ...


class Select:
    """Reads one SELECT."""

    def __init__(self, node: exp.Select, inside: Inside, outer: Scope | None) -> None:
        only(node, _PARTS)
        self._node = node
        self._inside = inside
        self._outer = outer

    def relation(self) -> Relation:
        node, scope = self._node, self._scope()
        frame = scope.frame
        exists, often = frame.exists, frame.count
        if scope.keys is not None:
            exists = NOTHING if frame.always else exists
            often = exists if frame.always else exists | scope.grouping()
        exists |= NOTHING.union(*(scope.needs(decides) for decides in self._deciding(scope)))
        columns = {output.name: scope.column(output) for output in scope.outputs}
        on = self._distinct_on()
        if on:
            columns = self._first_of_each(scope, columns, on)
        if node.args.get("distinct"):
            # Equal rows become one: which columns differ now decides how many there are.
            often = NOTHING.union(*(column.needs for column in columns.values()))
            often |= scope.grouping() if on else NOTHING
            often |= frame.count if self._others(scope) is not None else NOTHING
        for name in ("limit", "offset"):
            if (clause := node.args.get(name)) is not None:
                needs = self._competing(scope, []) | scope.needs(clause.expression)
                columns = {name: column.needing(needs) for name, column in columns.items()}
                exists |= needs
        unique = (
            () if _multiplying(scope) else unique_columns(scope, on, distinct=bool(node.args.get("distinct")))
        )
        return Relation(columns, exists, exists | often, (frame,), None, unique, self._others(scope))

    def _deciding(self, scope: Scope) -> list[exp.Expr]:
        """What decides which rows remain once they are gathered, and how many become of each."""
        clauses = [self._node.args.get(name) for name in ("having", "qualify")]
        return [clause.this for clause in clauses if clause is not None] + _multiplying(scope)

    def _distinct_on(self) -> list[exp.Expr]:
        distinct = self._node.args.get("distinct")
        on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
        return list(on.expressions) if isinstance(on, exp.Tuple) else [on] if on is not None else []

    def _others(self, scope: Scope) -> Callable[[str], Column] | None:
        """What a star gives beside the columns that are known."""
        stars = any(_star(item) is not None for item in self._node.expressions)
        unknown = [source for source in scope.names.values() if source.relation.other is not None]
        if not stars or not unknown:
            return None

        def other(name: str) -> Column:
            found = [column for source in unknown if (column := source.read(name)) is not None]
            return found[0] if len(found) == 1 else Column(NOTHING.union(*(c.needs for c in found)))

        return other

    def _first_of_each(
        self, scope: Scope, columns: Mapping[str, Column], keys: Sequence[exp.Expr]
    ) -> dict[str, Column]:
        """DISTINCT ON: beside the keys themselves, whatever a row says depends on those it competes with."""
        needs = self._competing(scope, keys)
        nodes = {output.name: output.node for output in scope.outputs}
        return {
            name: column if nodes[name] in keys else column.needing(needs) for name, column in columns.items()
        }

    def _competing(self, scope: Scope, keys: Sequence[exp.Expr]) -> Dependencies:
        """What decides which of the rows that share ``keys`` comes first."""
        rivals = scope.rivals(keys)
        found = rivals.frame.exists | (NOTHING if keys else rivals.frame.count)
        order = self._node.args.get("order")
        for here in (scope, rivals):
            found |= here.grouping()
            for item in [*keys, *(order.expressions if order is not None else ())]:
                found |= self._ordering(here, item.this if isinstance(item, exp.Ordered) else item)
            for decides in self._deciding(here):
                found |= here.needs(decides)
            if self._node.args.get("distinct") and not keys:
                found |= NOTHING.union(*(here.column(output).needs for output in here.outputs))
        return found

    def _ordering(self, scope: Scope, node: exp.Expr) -> Dependencies:
        """ORDER BY looks for a column that the SELECT gives first, and takes a number for its place."""
        if isinstance(node, exp.Literal) and node.is_int:
            return scope.column(scope.outputs[int(node.this) - 1]).needs
        if isinstance(node, exp.Column) and len(node.parts) == 1:
            named = [
                scope.column(output).needs for output in scope.outputs if output.name == node.name.lower()
            ]
            if named:
                return named[0] | scope.needs(node)
        return scope.needs(node)

    # FROM, WHERE and GROUP BY

    def _scope(self) -> Scope:
        node = self._node
        frame = Frame()
        scope = Scope(frame, self._inside.query, self._scope, self._outer)
        start = node.args.get("from_")
        if start is not None:
            self._add(scope, start.this, None)
        for join in node.args.get("joins") or ():
            self._add(scope, join.this, join)
        scope.having = [] if node.args.get("having") is None else [node.args["having"].this]
        scope.windows = {w.name.lower(): w for w in node.args.get("windows") or ()}
        scope.outputs = _outputs(node, scope)
        if (where := node.args.get("where")) is not None:
            frame.same += scope.equalities(where.this, holds=True)
            frame.exists |= scope.needs(where.this)
        frame.count |= frame.exists
        scope.keys = _keys(node, scope.outputs)
        frame.always = scope.keys == []
        return scope

    def _add(self, scope: Scope, node: exp.Expr, join: exp.Join | None) -> None:
        """One more relation of the FROM, with what it is joined on."""
        frame = scope.frame
        name, relation = self._inside.source(node, scope)
        inner = join is None or _is_inner(join)
        source = Source(frame, relation, inner=inner, guard=relation.exists)
        shared = [column.name.lower() for column in (join.args.get("using") or ())] if join else []
        needs = relation.exists
        for column in shared:
            first = _shared(scope, column)
            mine, other = first.read(column), source.read(column)
            if mine is None or other is None:
                raise NotUnderstood(f"USING {column}")
            scope.merged[column] = first
            needs |= mine.needs | other.needs
            if mine.passed is not None and other.passed is not None:
                source.same.append(Same(mine.passed, other.passed))
        if name in scope.names:
            raise NotUnderstood(f"{name} twice")
        scope.names[name or f"({len(scope.names)})"] = source
        if join is not None and (on := join.args.get("on")) is not None:
            source.same += scope.equalities(on, holds=inner)
            needs |= scope.needs(on)
        source.guard = needs
        frame.exists |= needs if inner else NOTHING
        if join is None or not single(scope, name, relation, join):
            frame.count |= needs | relation.count


def only(node: exp.Expr, known: Collection[str]) -> None:
    """Nothing but what the analysis knows may stand in a part of a query."""
    unknown = [name for name, value in node.args.items() if value and name not in known]
    if unknown:
        raise NotUnderstood(", ".join(unknown))


def _is_inner(join: exp.Join) -> bool:
    """Whether a join drops rows without a partner; others than INNER, CROSS and LEFT are not understood."""
    only(join, {"this", "on", "using", "side", "kind"})
    if join.side not in ("", "LEFT") or join.kind not in ("", "INNER", "CROSS", "OUTER"):
        raise NotUnderstood(f"{join.side} {join.kind} JOIN")
    return join.side == ""


def _shared(scope: Scope, name: str) -> Source:
    """The source with the column that a USING compares with."""
    if name in scope.merged:
        return scope.merged[name]
    for source in scope.names.values():
        if name in source.relation.columns:
            return source
    raise NotUnderstood(f"USING {name}")


def _star(node: exp.Expr) -> exp.Star | None:
    star = node.this if isinstance(node, exp.Column) else node
    return star if isinstance(star, exp.Star) else None


def _outputs(node: exp.Select, scope: Scope) -> list[Output]:
    """The columns a SELECT gives. A name that comes again gets a number, as DuckDB does it."""
    found: list[Output] = []
    for item in node.expressions:
        star = _star(item)
        if star is None:
            named = isinstance(item, exp.Alias | exp.Column | exp.Dot)
            inner = item.this if isinstance(item, exp.Alias) else item
            found.append(Output(item.output_name.lower() if named else f"({len(found)})", inner))
        else:
            of = item.table.lower() if isinstance(item, exp.Column) else None
            found += _starred(star, scope, of)
    names: dict[str, int] = {}
    for place, output in enumerate(found):
        again = names.get(output.name, 0)
        names[output.name] = again + 1
        if again:
            found[place] = Output(f"{output.name}_{again}", output.node, output.starred)
    return found


def _starred(star: exp.Star, scope: Scope, of: str | None) -> list[Output]:
    only(star, {"except_", "replace", "rename"})
    if of is not None and of not in scope.names:
        raise NotUnderstood(f"{of}.*")
    without = {column.name.lower() for column in star.args.get("except_") or ()}
    replaced = {item.alias.lower(): item.this for item in star.args.get("replace") or ()}
    renamed = {item.this.name.lower(): item.alias.lower() for item in star.args.get("rename") or ()}
    found = []
    for alias, source in scope.names.items():
        for name in source.relation.columns if of in (None, alias) else ():
            if name in without or (of is None and scope.merged.get(name, source) is not source):
                continue
            starred = None if name in replaced else (alias, name)
            found.append(Output(renamed.get(name, name), replaced.get(name), starred))
    return found


def _keys(node: exp.Select, outputs: Sequence[Output]) -> list[Output] | None:
    """What a SELECT groups its rows by: nothing at all for aggregates alone, None if it keeps every row."""
    gathers = [output.node is not None and _gathers(output.node) for output in outputs]
    group = node.args.get("group")
    if group is None:
        having = node.args.get("having")
        return [] if any(gathers) or having is not None else None
    if group.args.get("all"):
        return [output for output, gathered in zip(outputs, gathers, strict=True) if not gathered]
    only(group, {"expressions"})
    return [_key(key, outputs) for key in group.expressions]


def _key(node: exp.Expr, outputs: Sequence[Output]) -> Output:
    if isinstance(node, exp.Rollup | exp.Cube | exp.GroupingSets):
        raise NotUnderstood(type(node).__name__)
    if isinstance(node, exp.Literal) and node.is_int:
        return outputs[int(node.this) - 1]
    return Output("", node)


def _gathers(node: exp.Expr) -> bool:
    """Whether an expression has an aggregate of its own SELECT; window functions and subqueries keep theirs."""
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Window):
        inside = [
            *bare(node.this).iter_expressions(),
            *(part for part in node.iter_expressions() if part is not node.this),
        ]
        return any(_gathers(part) for part in inside)
    return is_aggregate(node) or any(_gathers(child) for child in node.iter_expressions())


def _multiplying(scope: Scope) -> list[exp.Expr]:
    """Expressions that make several rows of one."""
    nodes = [output.node for output in scope.outputs if output.node is not None]
    return [node for node in nodes if node.find(*MULTIPLYING) is not None]
