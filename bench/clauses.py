"""The pack's clauses and points, bound to the date: what every contender is given to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from bench.harness import ROOT
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.rules.model import Rule
from jigong.rules.nodes import Expression, Fact, Type, bind, walk
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on

PACK = ROOT / "packs" / "qiantang"
DAY = date(2023, 1, 1)
WORKER = "worker"


@dataclass(frozen=True)
class Book:
    """A pack ready to decide on :data:`DAY`."""

    pack: Pack
    rulebook: Rulebook
    values: Mapping[str, ParameterValue]

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every clause, bound."""
        return {id_: rule.bound(self.values) for id_, rule in self.rulebook.clauses.items()}

    @cached_property
    def kinds(self) -> Mapping[str, Sequence[str]]:
        """The clauses of each kind of subject; workers first."""
        kinds: dict[str, list[str]] = {WORKER: []}
        for id_, files in self.pack.clauses.items():
            kinds.setdefault(files.clause.value.per, []).append(id_)
        return kinds

    @cached_property
    def points(self) -> Sequence[tuple[str, Sequence[tuple[str, Expression, int | None]], int]]:
        """Dimensions: id, items (id, bound value, cap), cap."""
        return [
            (
                d.id,
                [(i.id, bind(i.value, self.values), self._whole(i.cap) if i.cap else None) for i in d.items],
                self._whole(d.cap),
            )
            for d in self.rulebook.points
        ]

    def expressions(self, kind: str) -> list[Expression]:
        """Everything that is computed about one kind of subject."""
        found = [e for id_ in self.kinds[kind] for e in expressions_of(self.rules[id_])]
        if kind == WORKER:
            found += [value for _, items, _ in self.points for _, value, _ in items]
        return found

    def facts(self, kind: str) -> dict[str, Type]:
        """Types of the facts that are read about one kind of subject, the linked worker's among them."""
        return {
            node.name: node.type
            for expression in self.expressions(kind)
            for node in walk(expression)
            if isinstance(node, Fact)
        }

    def owner(self, fact: str) -> str:
        """The kind of subject a fact belongs to."""
        return self.pack.fact_topics[fact].header.value.subject

    def _whole(self, parameter: str) -> int:
        value = self.values[parameter]
        assert isinstance(value, int)
        return value


def expressions_of(rule: Rule) -> list[Expression]:
    """Every condition, branch condition and amount of a rule."""
    parts: list[Expression] = [condition.holds for condition in rule.conditions]
    parts += [part for award in rule.awards for part in (award.when, award.amount) if part is not None]
    return parts


def read_book() -> Book:
    """The pack of this repository."""
    pack = read_pack(PACK)
    return Book(pack, read_rulebook(pack), values_on(pack, DAY))
