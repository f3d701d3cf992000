"""Which facts of whom could change if a record were other than we know it: read from a topic's SQL, never listed.

A *ghost* is a row that waits in quarantine, or a record with a cell that could not be read. Whatever it turns out to
say, a fact can change only for those whom a chain of equal cells leads to it. Dates, constants and everything but
equality are left out, since the unreadable cell could be anything; so the answer is too wide rather than too narrow.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from sqlglot import exp

from jigong.lake.lineage_frames import (
    ROW,
    Cell,
    Dependencies,
    Frame,
    Mention,
    NotUnderstood,
    Passed,
    Relation,
    Same,
    Source,
)
from jigong.lake.lineage_reach import Chain, Writer, chain, worlds
from jigong.lake.lineage_read import Reader, tables_within
from jigong.lake.snapshot import PROVENANCE
from jigong.packs.sqltext import parsed

GhostTable: TypeAlias = Callable[[str], str]
"""The table of a class's ghosts, as SQL writes it: the columns of the class, and ``_ghost``, an id."""

Schemas: TypeAlias = Mapping[str, Sequence[str]]
"""The columns of each class."""


@dataclass(frozen=True, slots=True)
class Use:
    """One way in which a fact depends on a class.

    ``columns`` are those which, changed, could change the fact. ``reach`` is SQL for the (subject, ``as_of``,
    ``ghost``) that a ghost could touch, None if it could touch everybody. A ghost whose linking cells are all NULL
    reaches nobody.
    """

    data_class: str
    columns: frozenset[str]
    reach: str | None


@dataclass(frozen=True, slots=True)
class SubjectUse:
    """One way in which a kind of subject depends on a class.

    ``reach_key`` is SQL for the (key, ``ghost``) of subjects whose row a ghost could change; they need not exist.
    ``reach_link`` has for each link SQL for the (value of the link, ``ghost``) whose list of subjects could change.
    None is everybody.
    """

    data_class: str
    columns: frozenset[str]
    reach_key: str | None
    reach_link: Mapping[str, str | None]


_NO_KEYS: Schemas = {}
_DAY = "as_of"


class _Everything(dict[str, tuple[Use, ...]]):
    """Uses of a text that is not understood: the same for whatever fact is asked for."""

    def __init__(self, uses: tuple[Use, ...], names: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(names, uses))
        self._uses = uses

    def __missing__(self, name: str) -> tuple[Use, ...]:
        return self._uses


def fact_uses(
    sql: str,
    subject: str,
    schemas: Schemas,
    program_tables: Collection[str],
    ghost_table: GhostTable,
    *,
    keys: Schemas = _NO_KEYS,
    broad: Collection[tuple[str, str]] = (),
) -> dict[str, tuple[Use, ...]]:
    """What each fact of a topic's SELECT depends on; parameters are filled in.

    ``program_tables`` are tables and table functions whose rows no record changes. ``keys`` are for a class the
    columns that together identify a record. ``broad`` are the (class, column) in which many say the same, as in an
    enumeration: where these alone link a ghost, it is nobody's. Where a text is not understood, every fact depends on
    all of its classes for everybody.

    Raises:
        sqlglot.errors.SqlglotError: the text cannot be parsed.
    """
    given = _Given(_frozen(schemas), _frozen(keys), frozenset(program_tables))
    return _fact_uses(sql, subject, given, Writer(ghost_table, frozenset(broad)))


def subject_uses(
    sql: str,
    key: str,
    links: Sequence[str],
    schemas: Schemas,
    program_tables: Collection[str],
    ghost_table: GhostTable,
    *,
    keys: Schemas = _NO_KEYS,
    broad: Collection[tuple[str, str]] = (),
) -> tuple[SubjectUse, ...]:
    """What the rows of a kind of subject depend on; ``key`` and ``links`` are columns that ``sql`` gives.

    The rest is as for :func:`fact_uses`.
    """
    given = _Given(_frozen(schemas), _frozen(keys), frozenset(program_tables))
    return _subject_uses(sql, key, tuple(links), given, Writer(ghost_table, frozenset(broad)))


def classes_of(uses: Iterable[Use | SubjectUse]) -> tuple[str, ...]:
    """The classes that uses are of, each once."""
    return tuple(dict.fromkeys(use.data_class for use in uses))


_Frozen: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """What is known of tables, in a form that a cache can look up."""

    schemas: _Frozen
    keys: _Frozen
    program_tables: frozenset[str]

    def classes(self) -> dict[str, list[str]]:
        own = [name for name, _ in PROVENANCE]
        return {name: list(dict.fromkeys([*columns, *own])) for name, columns in self.schemas}

    def read(self, tree: exp.Expr, asked: Sequence[str] | None) -> Relation:
        return Reader(self.classes(), dict(self.keys), asked, self.program_tables).query(tree, {}, None)


def _frozen(schemas: Schemas) -> _Frozen:
    return tuple((name, tuple(columns)) for name, columns in schemas.items())


# Parsing takes longer than many a topic itself, and texts are asked about again for every day.
@lru_cache(maxsize=512)
def _fact_uses(sql: str, subject: str, given: _Given, writer: Writer) -> dict[str, tuple[Use, ...]]:
    tree = parsed(sql)
    heads = (subject, _DAY)
    try:
        relation = given.read(tree, heads)
        if relation.other is not None:
            raise NotUnderstood("columns that are not named")
        back = _Back(relation, (subject,))
        facts = {name: column.needs for name, column in relation.columns.items() if name not in heads}
        return {
            fact: _merged(_uses(needs | relation.exists, back, subject, writer))
            for fact, needs in facts.items()
        }
    except (NotUnderstood, RecursionError):
        classes = given.classes()
        every = tuple(Use(name, frozenset(classes[name]), None) for name in tables_within(tree, {}, classes))
        names = tree.named_selects if isinstance(tree, exp.Query) else ()
        return _Everything(every, (name for name in names if name not in (*heads, "*")))


@lru_cache(maxsize=512)
def _subject_uses(
    sql: str, key: str, links: tuple[str, ...], given: _Given, writer: Writer
) -> tuple[SubjectUse, ...]:
    tree = parsed(sql)
    heads = (key, *links)
    try:
        relation = given.read(tree, None)
        if any(head not in relation.columns for head in heads):
            raise NotUnderstood("columns that are not named")
        return _of_subject(relation, _Back(relation, heads), heads, writer)
    except (NotUnderstood, RecursionError):
        classes = given.classes()
        return tuple(
            SubjectUse(name, frozenset(classes[name]), None, dict.fromkeys(links))
            for name in tables_within(tree, {}, classes)
        )


class _Back:
    """Finds the way from a mention back to the row that a query gives."""

    def __init__(self, relation: Relation, heads: Sequence[str]) -> None:
        row = Mention(-1, "row", "other")
        self._frame = Frame()
        self._source = Source(self._frame, relation, inner=True)
        self._heads = {name: Cell(row, name) for name in heads}

    def chains(self, target: Mention, head: str) -> list[Chain] | None:
        """Chains from a column of the row to ``target``, one for each way it may come to matter; None: no chain."""
        cell, column = self._heads[head], self._source.read(head)
        if column is None or column.passed is None:
            return None
        # Only this column is sure to have a value.
        self._frame.same = [Same(Passed(cell), column.passed)]
        found: list[Chain] = []
        for world in worlds(target):
            steps = chain(world, cell, target)
            if steps is None:
                return None
            found.append(steps)
        return found


def _columns(needs: Dependencies) -> dict[Mention, set[str]]:
    """The columns of each mention in a dependency, in the order of the text."""
    found: dict[Mention, set[str]] = {}
    for mention, column in sorted(needs, key=lambda need: (need[0].number, need[1])):
        found.setdefault(mention, set()).update(() if column == ROW else (column,))
    return found


def _uses(needs: Dependencies, back: _Back, subject: str, writer: Writer) -> Iterable[Use]:
    for mention, columns in _columns(needs).items():
        chains = back.chains(mention, subject)
        if chains is None:
            yield Use(mention.table, frozenset(columns), None)
            continue
        for steps in chains:
            yield Use(mention.table, frozenset(columns), writer.asked(steps, subject))
            # A record on the way may be a ghost as well, and then it is not among those the chain goes through. The
            # same record may even stand in both places.
            for place, step in enumerate(steps[:-1], 1):
                linking = {link.mine for link in step.links} | {link.other for link in steps[place].links}
                linking |= columns if step.mention.table == mention.table else set()
                yield Use(step.mention.table, frozenset(linking), writer.asked(steps[:place], subject))


def _merged(uses: Iterable[Use]) -> tuple[Use, ...]:
    """Uses with the same reach as one."""
    found: dict[tuple[str, str | None], frozenset[str]] = {}
    for use in uses:
        place = (use.data_class, use.reach)
        found[place] = found.get(place, frozenset()) | use.columns
    order = sorted(found, key=lambda place: (place[0], place[1] or ""))
    return tuple(Use(name, found[name, reach], reach) for name, reach in order)


def _of_subject(
    relation: Relation, back: _Back, heads: Sequence[str], writer: Writer
) -> tuple[SubjectUse, ...]:
    columns = _columns(relation.exists.union(*(column.needs for column in relation.columns.values())))
    reach: dict[Mention, dict[str, dict[str, None] | None]] = {m: {h: {} for h in heads} for m in columns}
    for mention in list(columns):
        for head in heads:
            chains = back.chains(mention, head)
            if chains is None:
                reach[mention][head] = None
                continue
            for steps in chains:
                for place, step in enumerate(steps, 1):
                    if step.mention.table == mention.table:
                        columns.setdefault(step.mention, set()).update(columns[mention])
                    at = reach.setdefault(step.mention, {h: {} for h in heads})[head]
                    if at is not None:
                        at[writer.values(steps[:place], head)] = None
    found: dict[tuple[str, tuple[str | None, ...]], set[str]] = {}
    for mention, by_head in reach.items():
        texts = tuple(None if by is None else " UNION ".join(sorted(by)) for by in by_head.values())
        found.setdefault((mention.table, texts), set()).update(columns.get(mention, ()))
    return tuple(
        SubjectUse(name, frozenset(names), texts[0], dict(zip(heads[1:], texts[1:], strict=True)))
        for (name, texts), names in found.items()
    )
