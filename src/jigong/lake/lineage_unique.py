"""Which columns no two rows agree on: a LEFT JOIN on these finds one row at most, and multiplies nothing."""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from jigong.lake.lineage_frames import Relation
from jigong.lake.lineage_scope import Output, Scope


def unique_columns(scope: Scope, on: Sequence[exp.Expr], *, distinct: bool) -> tuple[frozenset[str], ...]:
    """Sets of columns that no two rows of a SELECT agree on; ``on`` are the keys of its DISTINCT ON."""
    names = {output.name for output in scope.outputs}
    if on:
        found = [_given(scope, [Output("", key) for key in on])]
    elif distinct:
        whole = all(source.relation.other is None for source in scope.names.values())
        found = [frozenset(names)] if whole else []
    elif scope.keys is not None:
        found = [_given(scope, scope.keys)]
    else:
        found = _kept(scope)
    return tuple(columns for columns in found if columns is not None)


def _given(scope: Scope, keys: Sequence[Output]) -> frozenset[str] | None:
    """The names under which a SELECT gives all of ``keys``."""
    found = set()
    for key in keys:
        same = [output.name for output in scope.outputs if output is key or _same(output, key)]
        if not same:
            return None
        found.add(same[0])
    return frozenset(found)


def _same(output: Output, key: Output) -> bool:
    return key.node is not None and output.node == key.node


def _kept(scope: Scope) -> list[frozenset[str] | None]:
    """What is unique in the only source of a SELECT, under the names it gives it."""
    if len(scope.names) != 1:
        return []
    ((alias, source),) = scope.names.items()
    names: dict[str, str] = {}
    for output in scope.outputs:
        match output:
            case Output(starred=(_, column)):
                names[column] = output.name
            case Output(node=exp.Column() as node) if not isinstance(node.this, exp.Star):
                parts = [part.name.lower() for part in node.parts]
                if parts[:-1] in ([], [alias]) and parts[-1] in source.relation.columns:
                    names[parts[-1]] = output.name
    return [
        frozenset(names[column] for column in columns)
        for columns in source.relation.unique
        if names.keys() >= columns
    ]


def single(scope: Scope, alias: str, relation: Relation, join: exp.Join) -> bool:
    """Whether a row finds at most one partner, because the join says what something unique equals."""
    fixed = {column.name.lower() for column in join.args.get("using") or ()}
    on = join.args.get("on")
    for condition in [] if on is None else on.flatten() if isinstance(on, exp.And) else [on]:
        if isinstance(condition, exp.EQ):
            for mine, other in (
                (condition.this, condition.expression),
                (condition.expression, condition.this),
            ):
                if _of(mine, alias) and _elsewhere(other, alias, scope.names):
                    fixed.add(mine.name.lower())
    return any(columns <= fixed for columns in relation.unique)


def _of(node: exp.Expr, alias: str) -> bool:
    """Whether an expression is a column of the source called ``alias``."""
    return isinstance(node, exp.Column) and len(node.parts) == 2 and node.table.lower() == alias


def _elsewhere(node: exp.Expr, alias: str, names: Mapping[str, object]) -> bool:
    """Whether an expression surely reads nothing of the source called ``alias``."""
    if node.find(exp.Query) is not None:
        return False
    tables = [column.parts[0].name.lower() for column in node.find_all(exp.Column)]
    return all(table != alias and table in names for table in tables)
