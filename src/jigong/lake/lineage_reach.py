"""From a mention of a class back to who asks: the shortest chain of equal cells, and its SQL."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jigong.lake.lineage_frames import Cell, Frame, Mention, NotUnderstood, Same, Source
from jigong.lake.sql import name as quoted

_MOST_WORLDS = 256
"""Beyond so many combinations of UNION branches everybody is taken."""


@dataclass(frozen=True, slots=True)
class Link:
    """A column that equals one of the step before; ``empty`` says that both may be NULL."""

    mine: str
    other: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One mention of a chain, and what links it to the step before."""

    mention: Mention
    links: tuple[Link, ...]


Chain = tuple[Step, ...]
"""Steps from who asks to the row that changes. The columns that the first step's equal belong to who asks."""


@dataclass
class World:
    """What holds whenever a row of some mention matters: one branch of every UNION on the way."""

    chosen: Mapping[Source, Frame]
    same: list[Same] = field(default_factory=list)
    required: set[Source] = field(default_factory=set)
    frames: set[Frame] = field(default_factory=set)
    open: dict[Source, None] = field(default_factory=dict)

    def fill(self, frame: Frame) -> None:
        """A row of ``frame`` is there."""
        if frame in self.frames:
            return
        self.frames.add(frame)
        self.same += frame.same
        for source in frame.sources:
            if source.inner:
                self.require(source)

    def require(self, source: Source) -> None:
        """A row of ``source`` is there."""
        if source in self.required:
            return
        self.required.add(source)
        self.same += source.same
        frames = source.relation.frames
        if source in self.chosen:
            self.fill(self.chosen[source])
        elif len(frames) > 1:
            self.open[source] = None
        elif frames and not frames[0].always:
            self.fill(frames[0])
        elif frames:
            # It gives a row whatever there is to gather, so nothing need hold inside.
            self.frames.add(frames[0])

    def settle(self) -> None:
        """Cells that are equal are not NULL: what they are read through has a row as well."""
        while waiting := [
            source
            for pair in self.same
            for passed in (() if pair.empty else (pair.one, pair.other))
            for source in passed.through
            if source not in self.required and source.frame in self.frames
        ]:
            for source in waiting:
                self.require(source)


def worlds(target: Mention) -> list[World]:
    """Every way in which a row of ``target`` may come to matter.

    Raises:
        NotUnderstood: there are too many.
    """
    chosen: dict[Source, Frame] = {}
    assert target.source is not None
    above = [target.source]
    while (owner := above[-1].frame.owner) is not None:
        chosen[owner] = above[-1].frame
        above.append(owner)
    found: list[World] = []
    for world in _branches(above, chosen):
        found.append(world)
        if len(found) > _MOST_WORLDS:
            raise NotUnderstood("too many branches")
    return found


def _branches(above: Sequence[Source], chosen: Mapping[Source, Frame]) -> Iterator[World]:
    world = World(chosen)
    for source in above:
        world.fill(source.frame)
        world.require(source)
    world.settle()
    if not world.open:
        yield world
        return
    undecided = next(iter(world.open))
    for frame in undecided.relation.frames:
        yield from _branches(above, {**chosen, undecided: frame})


def chain(world: World, start: Cell, target: Mention) -> Chain | None:
    """The shortest chain of mentions of classes from the cell ``start`` to ``target``; None if nothing links them."""
    groups = _Groups()
    for same in world.same:
        groups.unite(same)
    days = groups.days()
    at: dict[Mention, dict[Cell, str]] = {}
    for cell in sorted(groups.cells(), key=lambda cell: (cell.mention.number, cell.column)):
        mention, key = cell.mention, groups.of(cell)
        if mention.kind == "class" and mention.source in world.required and key not in days:
            at.setdefault(mention, {}).setdefault(key, cell.column)
    first = groups.of(start)
    came_from: dict[Mention, Step] = {
        m: Step(m, (Link(keys[first], start.column),)) for m, keys in at.items() if first in keys
    }
    before: dict[Mention, Mention | None] = dict.fromkeys(came_from)
    waiting = deque(came_from)
    while waiting and target not in came_from:
        here = waiting.popleft()
        for mention, keys in at.items():
            shared = [key for key in keys if key in at[here]]
            if shared and mention not in came_from:
                links = (Link(keys[key], at[here][key], empty=not groups.is_filled(key)) for key in shared)
                came_from[mention] = Step(mention, tuple(links))
                before[mention] = here
                waiting.append(mention)
    if target not in came_from:
        return None
    steps: list[Step] = []
    place: Mention | None = target
    while place is not None:
        steps.append(came_from[place])
        place = before[place]
    return tuple(reversed(steps))


class _Groups:
    """Cells that are equal to one another."""

    def __init__(self) -> None:
        self._parent: dict[Cell, Cell] = {}
        self._filled: set[Cell] = set()

    def of(self, cell: Cell) -> Cell:
        """The cell that stands for all that are equal to this one."""
        above = self._parent.setdefault(cell, cell)
        while above != cell:
            cell, above = above, self._parent[above]
        return cell

    def unite(self, same: Same) -> None:
        one, other = self.of(same.one.cell), self.of(same.other.cell)
        self._parent[other] = one
        if not same.empty:
            self._filled.add(one)

    def is_filled(self, cell: Cell) -> bool:
        """Whether cells equal to this one are sure to have a value."""
        return any(self.of(filled) == self.of(cell) for filled in self._filled)

    def cells(self) -> list[Cell]:
        return list(self._parent)

    def days(self) -> set[Cell]:
        """What stands for the days asked about, which link everybody with everybody."""
        return {self.of(c) for c in self._parent if c.mention.kind == "asked" and c.column == "as_of"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes chains as SQL.

    ``ghost_table`` gives the table of a class's ghosts. ``broad`` are the (class, column) in which many records say
    the same: a ghost that only these link is nobody's.
    """

    ghost_table: Callable[[str], str]
    broad: Collection[tuple[str, str]]

    def asked(self, steps: Chain, subject: str) -> str:
        """The (subject, ``as_of``, ghost) that a chain links."""
        return self._sql(
            steps, f"asked.{quoted(subject)}, asked.as_of", ["asked"], f"= asked.{quoted(subject)}"
        )

    def values(self, steps: Chain, name: str) -> str:
        """The (value of ``name``, ghost) that a chain links; the value stands in the first step itself."""
        first = "ghost" if len(steps) == 1 else "t1"
        head = f"{first}.{quoted(steps[0].links[0].mine)} AS {quoted(name)}"
        return self._sql(steps, head, [], "IS NOT NULL")

    def _sql(self, steps: Chain, head: str, tables: Sequence[str], first: str) -> str:
        """``first`` is what must hold of the cells in which the chain begins."""
        names = [f"t{place}" for place in range(1, len(steps))] + ["ghost"]
        classes = [quoted(step.mention.table) for step in steps]
        classes[-1] = self.ghost_table(steps[-1].mention.table)
        tables = [*tables, *(f"{table} {name}" for table, name in zip(classes, names, strict=True))]
        tests = [[f"{names[0]}.{quoted(link.mine)} {first}" for link in steps[0].links]]
        for place, step in enumerate(steps[1:], 1):
            before, here = names[place - 1 : place + 1]
            tests.append(
                [
                    f"{here}.{quoted(link.mine)} {'IS NOT DISTINCT FROM' if link.empty else '='} {before}.{quoted(link.other)}"
                    for link in step.links
                ]
            )
        known = [test for step in tests[:-1] for test in step]
        select = f"SELECT DISTINCT {head}, ghost._ghost AS ghost FROM {', '.join(tables)} WHERE "
        parts = self._to_ghost(steps[-1], tests[-1])
        return " UNION ".join(select + " AND ".join([*known, *part]) for part in parts)

    def _to_ghost(self, step: Step, tests: Sequence[str]) -> Iterator[list[str]]:
        """The conditions that link the ghost, in parts.

        A cell of the ghost that is NULL may be anything, so it links by the others; a ghost with none of them links
        nobody. Each part has one cell that must be equal, because DuckDB has no fast join for an OR.
        """
        broad = [(step.mention.table, link.mine) in self.broad for link in step.links]
        order = sorted(range(len(tests)), key=lambda place: broad[place])
        cells = [f"ghost.{quoted(link.mine)}" for link in step.links]
        for number, place in enumerate(order):
            if number > 0 and broad[place]:
                return
            empty = [f"{cells[other]} IS NULL" for other in order[:number]]
            later = [f"({tests[other]} OR {cells[other]} IS NULL)" for other in order[number + 1 :]]
            yield [tests[place], *empty, *later]
