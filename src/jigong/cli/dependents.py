"""What hangs on each class of data: the facts it feeds and the clauses that read them."""

from dataclasses import dataclass

from jigong.lake.uses import sources_of
from jigong.packs.pack import Pack
from jigong.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Dependents:
    """Facts fed by a class, and clauses that read at least one of them."""

    facts: tuple[str, ...]
    clauses: tuple[str, ...]


def dependents(pack: Pack, rulebook: Rulebook) -> dict[str, Dependents]:
    """By class, what depends on it."""
    facts: dict[str, list[str]] = {name: [] for name in pack.contracts}
    for topic in pack.topics.values():
        for fact in topic.header.value.facts:
            for name in sources_of(pack, fact):
                facts.setdefault(name, []).append(fact)
    return {
        name: Dependents(
            tuple(fed),
            tuple(id_ for id_, rule in rulebook.clauses.items() if not set(rule.facts).isdisjoint(fed)),
        )
        for name, fed in facts.items()
    }
