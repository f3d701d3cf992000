"""Which parameters and facts of a pack something reads: all of them, or those one date needs."""

from collections.abc import Collection
from datetime import date

from jigong.decisions.run import in_force
from jigong.lake.check import parameters_of_facts
from jigong.packs.pack import Pack
from jigong.rules.nodes import Expression, facts_of, parameters_of
from jigong.rules.rulebook import Rulebook


def parameters_on(pack: Pack, rulebook: Rulebook, day: date) -> set[str]:
    """The parameters that deciding on ``day`` reads: those of clauses that are not in force are not needed."""
    clauses = [files.clause.value for files in pack.clauses.values() if in_force(files.clause.value, day)]
    return _read(pack, rulebook, [clause.id for clause in clauses])


def parameters_read(pack: Pack, rulebook: Rulebook) -> set[str]:
    """Every parameter that anything in the pack ever reads."""
    budgets = {name for placed in pack.funds.values() for name in (placed.value.budget, placed.value.most)}
    return _read(pack, rulebook, pack.clauses) | budgets


def clause_parameters(pack: Pack, rulebook: Rulebook, clause: str) -> set[str]:
    """The parameters one clause reads: its conditions and awards, what other funds bear,
    its quota and how that is filled."""
    read = set(rulebook.clauses[clause].parameters)
    read |= set(parameters_of(*(expression for expression, _ in rulebook.ranks[clause])))
    entry = pack.clauses[clause].clause.value
    quota = entry.delivery.quota
    shares = {award.borne.share for award in entry.awards if award.borne is not None}
    return read | shares | ({quota} if quota is not None else set())


def shared_parameters(pack: Pack, rulebook: Rulebook) -> set[str]:
    """The parameters that no clause owns: of facts, points, tiers and indicators."""
    read = parameters_of_facts(pack) | set(parameters_of(*_shared(rulebook)))
    read |= {tier.value.from_ for tier in pack.tiers}
    read |= {dimension.cap for dimension in rulebook.points}
    return read | {item.cap for dimension in rulebook.points for item in dimension.items if item.cap}


def facts_read(pack: Pack, rulebook: Rulebook) -> set[str]:
    """Every fact that a rule or anything else of the pack reads."""
    ranks = (expression for rank in rulebook.ranks.values() for expression, _ in rank)
    read = {name for rule in rulebook.clauses.values() for name in rule.facts}
    read |= set(facts_of(*ranks, *_shared(rulebook)))
    read |= {fact for placed in pack.breakdowns.values() for fact in placed.value.facts}
    named = [placed.value.death for placed in pack.subjects.values()]
    named += [placed.value.fact for placed in pack.actions.values()]
    named += [files.clause.value.delivery.paid for files in pack.clauses.values()]
    named += [pack.skill_code.value.level.fact] if pack.skill_code is not None else []
    return read | {name for name in named if name is not None}


def _read(pack: Pack, rulebook: Rulebook, clauses: Collection[str]) -> set[str]:
    own = (clause_parameters(pack, rulebook, id_) for id_ in clauses)
    return shared_parameters(pack, rulebook).union(*own)


def _shared(rulebook: Rulebook) -> list[Expression | None]:
    """The expressions that no clause owns."""
    found: list[Expression | None] = list(rulebook.over_time.values())
    found += [item.value for dimension in rulebook.points for item in dimension.items]
    for indicator in rulebook.indicators.values():
        found += [indicator.where, indicator.value, indicator.over_where, indicator.over_sum]
    return found
