"""What every fact and every kind of subject of a pack depends on, read from the pack's own SQL."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlglot import exp
from sqlglot.errors import SqlglotError

from jigong.lake.ghosts import ghost_table
from jigong.lake.lineage import SubjectUse, Use, classes_of, fact_uses, subject_uses
from jigong.lake.topics import PROGRAM_TABLES, with_values
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.packs.sqltext import parsed


@dataclass(frozen=True)
class Uses:
    """For each fact, and for each kind of subject, the classes it depends on and how to get to them."""

    facts: Mapping[str, tuple[Use, ...]]
    subjects: Mapping[str, tuple[SubjectUse, ...]]
    topics: Mapping[str, tuple[str, ...]]
    """The facts of each topic."""
    kinds: Mapping[str, str]
    """The kind of subject of each topic."""
    rises: Mapping[str, frozenset[str]]
    """For each fact that one more record of some class can only raise, those classes."""

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """For each fact, and each kind of subject, the classes it depends on."""
        facts = {name: classes_of(uses) for name, uses in self.facts.items()}
        return facts | {name: classes_of(uses) for name, uses in self.subjects.items()}


def uses_of(pack: Pack, values: Mapping[str, ParameterValue], as_of: date) -> Uses:
    """The dependencies of everything in ``pack``; ``values`` are the parameters on ``as_of``."""
    schemas = {name: [c.name for c in contract.columns] for name, contract in pack.contracts.items()}
    keys = {
        name: [
            *(contract.key if len(contract.key) == 1 else ()),
            *(c.name for c in contract.columns if c.unique),
        ]
        for name, contract in pack.contracts.items()
    }
    broad = frozenset(
        (name, c.name)
        for name, contract in pack.contracts.items()
        for c in contract.columns
        if c.values or c.kind in ("boolean", "date", "month") or c.identifier == "occupation"
    )
    facts: dict[str, tuple[Use, ...]] = {}
    for topic in pack.topics.values():
        header = topic.header.value
        sql = with_values(topic.sql, values, as_of)
        found = fact_uses(sql, header.subject, schemas, PROGRAM_TABLES, ghost_table, keys=keys, broad=broad)
        for fact, entry in header.facts.items():
            if entry.range:
                both = [use for end in ("least", "most") for use in found[f"{fact} {end}"]]
                facts[fact] = tuple(dict.fromkeys(both))
            else:
                facts[fact] = found[fact]
    subjects = {}
    for name, placed in pack.subjects.items():
        sql = with_values(placed.value.sql, values, as_of)
        links = [column for column in given_columns(sql)[1:] if column in pack.subjects]
        subjects[name] = subject_uses(
            sql, name, links, schemas, PROGRAM_TABLES, ghost_table, keys=keys, broad=broad
        )
    return Uses(
        facts,
        subjects,
        {topic.name: tuple(topic.header.value.facts) for topic in pack.topics.values()},
        {topic.name: topic.header.value.subject for topic in pack.topics.values()},
        {name: frozenset(entry.rises) for name, entry in pack.facts.items() if entry.rises},
    )


_sources: dict[int, tuple["weakref.ref[Pack]", Mapping[str, tuple[str, ...]]]] = {}
"""By pack (its ``id``): packs are large, live long, and are asked about fact by fact."""


def sources_of(pack: Pack, name: str) -> tuple[str, ...]:
    """The classes that a fact, or a kind of subject, depends on, in the order of its SQL.

    They are the same on every day: any values of the parameters do.
    """
    kept = _sources.get(id(pack))
    if kept is None or kept[0]() is not pack:
        some = {key: placed.value.values[-1].value for key, placed in pack.parameters.items()}
        uses = uses_of(pack, some, date(2000, 1, 1))
        kept = _sources[id(pack)] = (weakref.ref(pack), uses.classes)
    return kept[1].get(name, ())


def given_columns(sql: str) -> tuple[str, ...]:
    """The columns a text gives; none where it cannot be parsed."""
    try:
        tree = parsed(sql)
    except SqlglotError:
        return ()
    return tuple(tree.named_selects) if isinstance(tree, exp.Query) else ()
