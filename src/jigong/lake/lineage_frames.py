"""What a SELECT is made of once its WITH names and derived tables are written out in place.

Every mention of a table is a *mention* of its own; every FROM with its WHERE is a *frame* of *sources*. A cell is a
column of a mention; cells that a query wants equal are *same* within the frame, or with the source, that says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

ROW = ""
"""Stands for a column in a dependency: not what a row says, but that it is there."""


class NotUnderstood(Exception):  # noqa: N818  (nothing is wrong: the caller takes more dependence instead)
    """The analysis does not know what a piece of SQL does."""


@dataclass(eq=False, slots=True)
class Mention:
    """One mention of a table. Only rows of a class can change; ``asked`` is given, and others have no rows to wait for."""

    number: int
    table: str
    kind: Literal["class", "asked", "other"]
    source: "Source | None" = None


Dependency: TypeAlias = tuple[Mention, str]
Dependencies: TypeAlias = frozenset[Dependency]
"""What a value depends on: columns of mentions of classes, and :data:`ROW` for whether rows are there."""

NOTHING: Dependencies = frozenset()


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a mention."""

    mention: Mention
    column: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A cell that reaches a place unchanged, read through sources: where it is not NULL, these have a row."""

    cell: Cell
    through: frozenset["Source"] = frozenset()


@dataclass(frozen=True, slots=True)
class Same:
    """Two cells that are equal where the frame or source that says so has a row.

    They are not NULL, unless they may be ``empty`` together, as for rows of one group.
    """

    one: Passed
    other: Passed
    empty: bool = False


@dataclass(eq=False)
class Column:
    """A column of a relation: what its value depends on, and the cell it passes on unchanged, if it does.

    The cell is looked for only when somebody compares it, since that may take a second reading of a FROM.
    ``fields`` are those of a struct, where they are known one by one.
    """

    needs: Dependencies
    find: Callable[[], Passed | None] = lambda: None
    fields: "Mapping[str, Column]" = field(default_factory=dict)

    @cached_property
    def passed(self) -> Passed | None:
        return self.find()

    def field(self, path: Sequence[str]) -> "Column":
        """What lies under the names of ``path`` in a struct."""
        if not path:
            return self
        inner = self.fields.get(path[0])
        return Column(self.needs) if inner is None else inner.field(path[1:])

    def needing(
        self, more: Dependencies, through: Callable[[Passed | None], Passed | None] = lambda passed: passed
    ) -> "Column":
        """The same column where it depends on ``more``, and its cell is passed on ``through`` something."""
        fields = {name: inner.needing(more, through) for name, inner in self.fields.items()}
        return Column(self.needs | more, lambda: through(self.passed), fields)


@dataclass(eq=False, slots=True)
class Relation:
    """Rows of a table or query.

    ``exists`` is what decides which rows there are, ``count`` also how often each is there. ``frames`` has one frame
    for a SELECT and several for a UNION, of which a row comes from one; ``mention`` is set for a table.
    ``unique`` are sets of columns that no two rows agree on. ``other`` gives a column that ``columns`` does not name,
    where they are not all known.
    """

    columns: Mapping[str, Column]
    exists: Dependencies = NOTHING
    count: Dependencies = NOTHING
    frames: "tuple[Frame, ...]" = ()
    mention: Mention | None = None
    unique: tuple[frozenset[str], ...] = ()
    other: Callable[[str], Column] | None = None

    def column(self, name: str) -> Column | None:
        found = self.columns.get(name)
        return self.other(name) if found is None and self.other is not None else found


@dataclass(eq=False, slots=True)
class Frame:
    """One FROM with its WHERE. ``same`` holds in every row of it.

    ``owner`` is the source whose rows it makes. ``always`` says that there is a row even if the FROM has none, as for
    an aggregate without GROUP BY.
    """

    owner: "Source | None" = None
    sources: "list[Source]" = field(default_factory=list)
    same: list[Same] = field(default_factory=list)
    exists: Dependencies = NOTHING
    count: Dependencies = NOTHING
    always: bool = False


class Source:
    """One relation in a frame.

    A row of the frame has a row of every ``inner`` source. It may have one of any other (a LEFT JOIN, a subquery, or
    the rows it competes with), and then ``same`` holds; ``guard`` is what decides whether it has.
    """

    __slots__ = ("frame", "guard", "inner", "relation", "same")

    def __init__(
        self, frame: Frame, relation: Relation, *, inner: bool, guard: Dependencies = NOTHING
    ) -> None:
        self.frame = frame
        self.relation = relation
        self.inner = inner
        self.guard = guard
        self.same: list[Same] = []
        frame.sources.append(self)
        for made in relation.frames:
            made.owner = self
        if relation.mention is not None:
            relation.mention.source = self

    def read(self, name: str) -> Column | None:
        """A column as the frame reads it: NULL where there is no row, hence the guard."""
        column = self.relation.column(name)
        if column is None:
            return None
        return column.needing(NOTHING if self.inner else self.guard, self.through)

    def through(self, passed: Passed | None) -> Passed | None:
        return None if passed is None else Passed(passed.cell, passed.through | {self})
