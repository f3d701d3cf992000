"""Reads a query into frames, with its WITH names and derived tables written out in place."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Literal, TypeAlias

from sqlglot import exp

from jigong.lake.lineage_frames import (
    NOTHING,
    ROW,
    Cell,
    Column,
    Dependencies,
    Frame,
    Mention,
    NotUnderstood,
    Passed,
    Relation,
    Same,
    Source,
)
from jigong.lake.lineage_scope import Scope, whole
from jigong.lake.lineage_select import Select, only

_MOST_MENTIONS = 4000
"""Beyond so many the text is not a topic any more."""

_SET = {"this", "expression", "distinct", "order", "with_"}
_TABLE = {"this", "alias"}
_FUNCTIONS = {"unnest", "range", "generate_series"}
"""Table functions of DuckDB's that read nothing but their arguments."""


@dataclass(frozen=True, slots=True)
class Named:
    """A WITH name: its query, the names that came before it, and what it may refer to outside or in ``itself``."""

    node: exp.CTE
    before: "Names"
    outer: Scope | None
    itself: bool


Names: TypeAlias = Mapping[str, Named]


class Reader:
    """Reads queries over classes of data.

    ``classes`` are the columns of each class, ``asked`` those of the table of subjects asked about, and ``given`` the
    names of tables and table functions whose rows no record can change. ``keys`` are columns in which no two records
    of a class agree.
    """

    def __init__(
        self,
        classes: Mapping[str, Sequence[str]],
        keys: Mapping[str, Sequence[str]],
        asked: Sequence[str] | None,
        given: Collection[str],
    ) -> None:
        self._classes = classes
        self._keys = keys
        self._asked = asked
        self._given = given
        self._numbers = count()

    def query(self, node: exp.Expr, names: Names, outer: Scope | None) -> Relation:
        """The rows of a SELECT or UNION.

        Raises:
            NotUnderstood: some part of it is nothing the analysis knows.
        """
        match node:
            case exp.Exists():
                return self.query(node.this, names, outer)
            case exp.Subquery():
                only(node, {"this", "alias"})
                return self.query(node.this, names, outer)
            case exp.Select():
                inside = self._with(node, names, outer)
                return Select(node, Readings(self, inside), outer).relation()
            case exp.SetOperation():
                only(node, _SET)
                inside = self._with(node, names, outer)
                branches = [self.query(part, inside, outer) for part in (node.this, node.expression)]
                return self._union(node, *branches)
        raise NotUnderstood(type(node).__name__)

    def _with(self, node: exp.Expr, names: Names, outer: Scope | None) -> Names:
        found = dict(names)
        tree = node.args.get("with_") or exp.With()
        for cte in tree.expressions:
            name = cte.alias.lower()
            tables = {table.name.lower() for table in cte.this.find_all(exp.Table)}
            itself = bool(tree.args.get("recursive")) and name in tables
            found[name] = Named(cte, dict(found), outer, itself)
        return found

    def mention(self, table: str, kind: Literal["class", "asked", "other"] = "other") -> Mention:
        number = next(self._numbers)
        if number > _MOST_MENTIONS:
            raise NotUnderstood("too long")
        return Mention(number, table, kind)

    def _union(self, node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
        """A row of either side. With EXCEPT and INTERSECT, the other side's equal rows decide whether it is there."""
        if left.other or right.other or len(left.columns) != len(right.columns):
            raise NotUnderstood("columns of a UNION")
        both = self.mention("union")
        columns = {}
        for name, mine, other in zip(
            left.columns, left.columns.values(), right.columns.values(), strict=False
        ):
            sides = ((left.frames, mine), (right.frames, other))
            columns[name] = Column(mine.needs | other.needs, partial(_either, Cell(both, name), sides))
        exists, often = left.exists | right.exists, left.count | right.count
        if not isinstance(node, exp.Union):
            exists |= whole(left) | whole(right)
        if node.args.get("distinct") or not isinstance(node, exp.Union):
            often |= whole(left) | whole(right)
        return Relation(columns, exists, exists | often, left.frames + right.frames)

    # Tables

    def source(self, node: exp.Expr, names: Names, scope: Scope) -> tuple[str, Relation]:
        """What stands in a FROM: its alias and its rows. Others before it in the FROM may be referred to."""
        alias = node.args.get("alias")
        renamed = [] if alias is None else [column.name.lower() for column in alias.args.get("columns") or ()]
        name = "" if alias is None else alias.name.lower()
        match node:
            case exp.Table(this=exp.Identifier()):
                only(node, _TABLE)
                return name or node.name.lower(), _renamed(self._table(node.name.lower(), names), renamed)
            case exp.Table(this=exp.Func() as call):
                only(node, _TABLE)
                function = call.name if isinstance(call, exp.Anonymous) else type(call).sql_names()[0]
                return name or function.lower(), self._function(
                    function.lower(), call.iter_expressions(), scope
                )
            case exp.Unnest():
                return name or "unnest", self._function("unnest", node.expressions, scope)
            case exp.Lateral(this=exp.Subquery() as query):
                return name, _renamed(self.query(query, names, scope), renamed)
            case exp.Subquery():
                return name, _renamed(self.query(node, names, scope), renamed)
            case exp.Values():
                return name or "valueslist", self._function(
                    "unnest", [item for row in node.expressions for item in row.iter_expressions()], scope
                )
        raise NotUnderstood(type(node).__name__)

    def _table(self, name: str, names: Names) -> Relation:
        if name in names:
            return self._named(names[name])
        if name in self._classes:
            mention = self.mention(name, "class")
            row = (mention, ROW)
            columns = {
                c: Column(frozenset({row, (mention, c)}), partial(Passed, Cell(mention, c)))
                for c in self._classes[name]
            }
            key = self._keys.get(name)
            unique = (frozenset(key),) if key else ()
            return Relation(columns, frozenset({row}), frozenset({row}), mention=mention, unique=unique)
        if name == "asked" and self._asked is not None:
            mention = self.mention(name, "asked")
            columns = {c: Column(NOTHING, partial(Passed, Cell(mention, c))) for c in self._asked}
            return Relation(columns, mention=mention, unique=(frozenset(self._asked),))
        if name in self._given:
            return self._open(name, NOTHING)
        raise NotUnderstood(f"table {name}")

    def _function(self, name: str, arguments: Iterable[exp.Expr], scope: Scope) -> Relation:
        if name not in self._given and name not in _FUNCTIONS:
            raise NotUnderstood(f"table function {name}")
        needs = NOTHING.union(*(scope.needs(argument) for argument in arguments))
        return self._open(name, needs)

    def _open(self, name: str, needs: Dependencies) -> Relation:
        """Rows whose columns are not known by name."""
        mention = self.mention(name)
        return Relation(
            {}, needs, needs, other=lambda column: Column(needs, partial(Passed, Cell(mention, column)))
        )

    def _named(self, name: Named) -> Relation:
        """The rows of a WITH name, written out anew for each use."""
        renamed = [column.name.lower() for column in name.node.args["alias"].args.get("columns") or ()]
        try:
            if name.itself:
                raise NotUnderstood("WITH RECURSIVE")
            return _renamed(self.query(name.node.this, name.before, name.outer), renamed)
        except NotUnderstood:
            if name.outer is not None:
                raise
            return self._opaque(name)

    def _opaque(self, name: Named) -> Relation:
        """A WITH name that is not understood: any of its classes may change any of its columns for anybody."""
        frame = Frame()
        needs: set[tuple[Mention, str]] = set()
        for table in tables_within(name.node.this, name.before, self._classes):
            relation = self._table(table, {})
            Source(frame, relation, inner=False)
            needs |= whole(relation)
        found = frozenset(needs)
        return Relation({}, found, found, (frame,), other=lambda _: Column(found))


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads what stands inside a SELECT, which knows the WITH names so far."""

    reader: Reader
    names: Names

    def query(self, node: exp.Expr, scope: Scope) -> Relation:
        return self.reader.query(node, self.names, scope)

    def source(self, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
        return self.reader.source(node, self.names, scope)


def _either(cell: Cell, sides: Iterable[tuple[Sequence[Frame], Column]]) -> Passed:
    """The cell of a UNION's column; in a row of one side it is what that side passes on."""
    for frames, column in sides:
        if column.passed is not None:
            for frame in frames:
                frame.same.append(Same(Passed(cell), column.passed, empty=True))
    return Passed(cell)


def _renamed(relation: Relation, names: Sequence[str]) -> Relation:
    """A relation under an alias that gives its first columns new names."""
    if not names:
        return relation
    if relation.other is not None:
        return relation
    given = dict(zip(relation.columns, names, strict=False))
    columns = {given.get(name, name): column for name, column in relation.columns.items()}
    unique = tuple(frozenset(given.get(name, name) for name in key) for key in relation.unique)
    return Relation(columns, relation.exists, relation.count, relation.frames, relation.mention, unique)


def tables_within(node: exp.Expr, names: Names, classes: Collection[str]) -> tuple[str, ...]:
    """The classes that a query reads, itself or through WITH names, each once."""
    found: dict[str, None] = {}
    for table in node.find_all(exp.Table):
        name = table.name.lower()
        if name in names:
            found.update(dict.fromkeys(tables_within(names[name].node.this, names[name].before, classes)))
        if name in classes:
            found[name] = None
    return tuple(found)
