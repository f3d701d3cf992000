"""A pack as one frozen object, all its layers laid over one another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from jigong.kernel.hashing import content_hash, file_hash
from jigong.kernel.problems import Place
from jigong.kernel.text import Text
from jigong.packs.contract import Contract
from jigong.packs.credentials import CredentialKind, SkillCodeContent
from jigong.packs.document import Document
from jigong.packs.enterprise import Paper, Report
from jigong.packs.figures import Defect, Figure
from jigong.packs.measures import Breakdown, Dimension, Indicator, IndicatorDimension, Tier
from jigong.packs.model import (
    Action,
    BankWord,
    Cases,
    Clause,
    ConditionEntry,
    Deadline,
    Directory,
    FactEntry,
    Fund,
    Manifest,
    Office,
    ParameterEntry,
    ParameterValue,
    Reading,
    Subject,
    TopicHeader,
    WordList,
)
from jigong.packs.sampling import Sampling
from jigong.packs.shape import Placed

TOWNS = "towns"
"""The list of words that ``offices.yaml`` gives."""
OCCUPATIONS = "occupations"
"""The list of words for identifiers of the kind ``occupation``, wherever they stand."""


@dataclass(frozen=True)
class Topic:
    """One topic of facts: its header and its SELECT."""

    name: str
    header: Placed[TopicHeader]
    sql: str
    file: Path
    sql_line: int
    """The line of the file on which the SELECT begins."""

    def place(self, line: int = 1, column: int = 1, width: int = 1) -> Place:
        """A place inside the SELECT; lines and columns count from 1."""
        lines = self.sql.splitlines()
        source = lines[line - 1] if line <= len(lines) else None
        return Place(str(self.file), self.sql_line + line - 1, column, source, width)


@dataclass(frozen=True)
class ClauseFiles:
    """One clause and its worked cases."""

    clause: Placed[Clause]
    cases: Placed[Cases] | None


def general_conditions(clause: Clause, subjects: Mapping[str, Placed[Subject]]) -> tuple[ConditionEntry, ...]:
    """The conditions that hold for a clause because of whom it is about."""
    found = [entry for kind in kinds_about(clause, subjects) for entry in subjects[kind].value.conditions]
    return tuple(entry for entry in found if entry.id not in clause.waives)


def kinds_about(clause: Clause, subjects: Mapping[str, Placed[Subject]]) -> list[str]:
    """The kinds of subject a clause is about: its own, and those that this links to."""
    if clause.per not in subjects:
        return []
    sql = subjects[clause.per].value.sql
    links = (kind for kind in subjects if re.search(rf"\bAS\s+{kind}\b", sql, re.IGNORECASE))
    return list(dict.fromkeys([clause.per, *links]))


@dataclass(frozen=True)
class PlacedIndicator:
    """One indicator and the dimension it belongs to."""

    indicator: Placed[Indicator]
    dimension: IndicatorDimension


@dataclass(frozen=True)
class Replaced:
    """Something a layer replaced: what kind of thing, its id, in which layer, and where."""

    kind: str
    id: str
    layer: str
    beneath: str
    place: Place


@dataclass(frozen=True)
class Pack:
    """Everything a place decides. Dictionaries are by id, in the order of the files."""

    manifest: Manifest
    declared_sources: frozenset[str]
    """Sources that the files name; the manifest also has the one that stands for none."""
    layers: tuple[Path, ...]
    """Folders, the lowest layer first."""
    documents: tuple[Document, ...]
    contracts: Mapping[str, Contract]
    subjects: Mapping[str, Placed[Subject]]
    topics: Mapping[str, Topic]
    parameters: Mapping[str, Placed[ParameterEntry]]
    actions: Mapping[str, Placed[Action]]
    funds: Mapping[str, Placed[Fund]]
    offices: Mapping[str, Placed[Office]]
    words: Mapping[str, Placed[WordList]]
    bank_words: Mapping[str, Placed[BankWord]]
    """What the banks' words for the result of a payment mean."""
    directory: Mapping[str, Placed[Directory]]
    deadlines: Mapping[str, Placed[Deadline]]
    papers: Mapping[str, Placed[Paper]]
    reports: Mapping[str, Placed[Report]]
    clauses: Mapping[str, ClauseFiles]
    dimensions: Mapping[str, Placed[Dimension]]
    tiers: tuple[Placed[Tier], ...]
    indicators: Mapping[str, PlacedIndicator]
    breakdowns: Mapping[str, Placed[Breakdown]]
    sampling: Placed[Sampling] | None
    """How decisions are picked for a second look; None where the pack does not say."""
    credentials: Mapping[str, Placed[CredentialKind]]
    """Records that become credentials."""
    skill_code: Placed[SkillCodeContent] | None
    """What the skill code shows; None where the pack does not say."""
    figures: Mapping[str, Placed[Figure]]
    """Figures that sources print."""
    defects: Mapping[str, Placed[Defect]]
    """Where printed texts contradict themselves or each other."""
    replaced: tuple[Replaced, ...]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of every file that decides anything: the name, and the content of all layers."""
        return content_hash(
            [
                [[str(file.relative_to(layer)), file_hash(file)] for file in deciding_files(layer)]
                for layer in self.layers
            ]
        )

    @cached_property
    def facts(self) -> Mapping[str, FactEntry]:
        """Every fact by name."""
        return {
            name: entry for topic in self.topics.values() for name, entry in topic.header.value.facts.items()
        }

    @cached_property
    def fact_topics(self) -> Mapping[str, Topic]:
        """The topic that gives each fact."""
        return {name: topic for topic in self.topics.values() for name in topic.header.value.facts}

    @cached_property
    def _towns(self) -> Mapping[str, Text]:
        return {o.value.town: o.value.label for o in self.offices.values() if o.value.town is not None}

    def readings_of(self, clause: Clause) -> tuple[Reading, ...]:
        """How a clause was read: on its own, and with all others."""
        return (*clause.readings, *self.manifest.readings)

    def words_for(self, fact: str, value: object) -> Text | None:
        """What people call a value of a fact; None where it speaks for itself."""
        entry = self.facts.get(fact)
        if entry is None or isinstance(value, bool) or not isinstance(value, str | int):
            return None
        if entry.values == TOWNS:
            return self._towns.get(str(value))
        if isinstance(entry.values, str):
            given = self.words[entry.values].value
            return self.word(entry.values, str(value)) or Text(f"{given.zh} {value}", f"{given.en} {value}")
        named = entry.values.get(str(value))
        return named.label if named is not None else None

    def occupation(self, code: str) -> Text | None:
        """What people call the occupation with this code; None where the pack does not say."""
        return self.word(OCCUPATIONS, code)

    def word(self, words: str, value: str) -> Text | None:
        """What people call a value of a list; None where the pack does not say."""
        named = self.words[words].value.values.get(value) if words in self.words else None
        return named.label if named is not None else None

    def days_for(self, step: str) -> int:
        """How many days there are for a step; 30 where the pack does not say."""
        return self.deadlines[step].value.days if step in self.deadlines else 30

    def parameters_on(self, day: date) -> dict[str, ParameterValue]:
        """The value of every parameter in force on ``day``; those without one are left out."""
        found = {}
        for name, placed in self.parameters.items():
            value = value_on(placed.value, day)
            if value is not None:
                found[name] = value
        return found


def value_on(entry: ParameterEntry, day: date) -> ParameterValue | None:
    """A parameter's value on ``day``, or None where none is in force."""
    current = None
    for index, dated in enumerate(entry.values):
        if dated.from_ <= day <= last_day(entry, index):
            current = dated.value
    return current


def last_day(entry: ParameterEntry, index: int) -> date:
    """The last day on which the value at ``index`` holds: its own ``to``, or the day before the next."""
    dated = entry.values[index]
    if dated.to is not None:
        return dated.to
    if index + 1 < len(entry.values):
        return entry.values[index + 1].from_ - timedelta(days=1)
    return date.max


def deciding_files(layer: Path) -> list[Path]:
    """Every YAML and SQL file of a layer that a decision may depend on."""
    return sorted(
        file
        for file in layer.rglob("*")
        if file.suffix in (".yaml", ".sql") and file.relative_to(layer).parts[0] != "synthetic"
    )
