"""What pages need of a law again and again: made once for each law, kept by the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from jigong.insight.explain import FactValue
from jigong.insight.law import Law
from jigong.insight.shown import fact_text, unit_of
from jigong.insight.words import bounds_words
from jigong.kernel.text import Language, Text
from jigong.lake.uses import sources_of
from jigong.packs.contract import Contract
from jigong.packs.model import Clause
from jigong.portals.kit.arithmetic import AmountPlan, Words
from jigong.rules.rulebook import label_of

_KEPT = 4


@dataclass
class Lawbook:
    """A law with its clauses by field, the classes behind each fact, and how amounts are worked out."""

    law: Law
    _sources: dict[str, tuple[Contract, ...]] = field(default_factory=dict)
    _plans: dict[tuple[str, str], AmountPlan] = field(default_factory=dict)

    @cached_property
    def by_field(self) -> list[tuple[Text, list[Clause]]]:
        """The clauses in force under the name of their field of policy, in the order of the pack."""
        fields = self.law.pack.manifest.fields
        return [
            (entry.label, [clause for clause in self.law.clauses if clause.field == entry.id])
            for entry in fields
        ]

    def sources(self, fact: str) -> tuple[Contract, ...]:
        """The classes of data a fact comes from; none for what the rules make themselves, such as points."""
        if fact not in self._sources:
            self._sources[fact] = tuple(
                self.law.pack.contracts[name] for name in sources_of(self.law.pack, fact)
            )
        return self._sources[fact]

    def plan(self, clause: str, branch: str) -> AmountPlan | None:
        """How the amount of a branch is worked out; None for a benefit in kind."""
        if (clause, branch) not in self._plans:
            pairs = zip(self.law.rulebook.clauses[clause].awards, self.law.bound(clause).awards, strict=True)
            for award, bound in pairs:
                if award.id == branch and award.amount is not None and bound.amount is not None:
                    self._plans[clause, branch] = AmountPlan(award.amount, bound.amount)
        return self._plans.get((clause, branch))

    def label(self, name: str) -> Text:
        """What people call a fact, a parameter, a dimension of points or a kind of subject."""
        return label_of(self.law.pack, name)

    def unit(self, name: str) -> str | None:
        """The unit of a fact or a parameter."""
        return unit_of(self.law.pack, name)

    def shown(self, name: str, value: Any, language: Language) -> str:
        """A value of a fact or parameter in words; the level of a certificate by its name."""
        return fact_text(self.law.pack, name, value, language)

    def read(self, fact: FactValue, language: Language) -> str:
        """A fact as it was read: its value, or what is known of it, such as “at least 7 months”."""
        bounds = bounds_words(fact)
        if bounds is None:
            return self.shown(fact.name, fact.value, language)
        end = fact.most if fact.most is not None else fact.least
        unit = self.shown(fact.name, end, language).removeprefix(str(end))
        return f"{bounds.in_(language)}{unit}"

    def sum_lines(
        self, clause: str, branch: str, facts: Mapping[str, Any], day: date, language: Language
    ) -> list[str]:
        """How the amount of a branch comes about on ``day``, line by line; none for a benefit in kind."""
        plan = self.plan(clause, branch)
        return plan.steps(facts, day, Words(language, self.label, self.unit)) if plan is not None else []


_books: dict[tuple[str, str], Lawbook] = {}


def book_of(law: Law) -> Lawbook:
    """The book of a law."""
    key = (law.pack.hash, str(law.day))
    if key not in _books:
        while len(_books) >= _KEPT:
            _books.pop(next(iter(_books)))
        _books[key] = Lawbook(law)
    return _books[key]
