"""The law of one day: a pack's rules with that day's values, ready to judge anybody."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from jigong.decisions.parameters import parameters_on
from jigong.decisions.run import in_force
from jigong.insight.ways import Beginning, beginning, finder
from jigong.lake.facts import FactTables, SubjectTable
from jigong.packs.model import Clause, ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Rule
from jigong.rules.paths import PathFinder
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on

Made = TypeVar("Made")


@dataclass(frozen=True)
class Law:
    """A pack on a day. What is derived from it is made once and kept, so one object serves a whole process."""

    pack: Pack
    rulebook: Rulebook
    values: Mapping[str, ParameterValue]
    day: date
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What follows from the law alone, whoever it is about: made when it is first asked for."""
        if key not in self._kept:
            self._kept[key] = make()
        found: Made = self._kept[key]
        return found

    @property
    def clauses(self) -> list[Clause]:
        """The clauses in force, in the order of their numbers."""
        entries = (files.clause.value for files in self.pack.clauses.values())
        return self.kept("clauses", lambda: [clause for clause in entries if in_force(clause, self.day)])

    def rule(self, clause: str) -> RowRule:
        """The clause as the reference engine judges it."""
        bound = self.rulebook.clauses[clause].bound
        return self.kept(("rule", clause), lambda: RowRule(bound(self.values)))

    def bound(self, clause: str) -> Rule:
        """The clause with the day's values in it."""
        return self.rule(clause).rule

    def finder(self, clause: str) -> PathFinder:
        """The path finder of the clause."""
        return self.kept(("finder", clause), lambda: finder(self.pack, self.rulebook, self.values, clause))

    def beginning(self, clause: str, subjects: Mapping[str, SubjectTable]) -> Beginning | None:
        """How somebody without a subject may begin."""
        return self.kept(
            ("beginning", clause),
            lambda: beginning(subjects, self.pack, self.rulebook, self.values, clause, self.day),
        )


def law_on(pack: Pack, day: date) -> Law:
    """The law of ``pack`` on ``day``.

    Raises:
        JigongError: a rule is not in the language, or a value it needs has none in force.
    """
    rulebook = read_rulebook(pack)
    return Law(pack, rulebook, values_on(pack, day, parameters_on(pack, rulebook, day)), day)


def law_of(facts: FactTables, pack: Pack, rulebook: Rulebook, values: Mapping[str, ParameterValue]) -> Law:
    """The law under which ``facts`` are decided."""
    return Law(pack, rulebook, values, facts.as_of)
