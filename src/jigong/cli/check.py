"""Everything ``jigong pack check`` finds in a pack."""

from datetime import date

from jigong.kernel.problems import Problem
from jigong.lake.check import check_facts, parameters_of_facts
from jigong.packs.check import check_structure
from jigong.packs.pack import Pack
from jigong.rules.check import check_rules
from jigong.rules.nodes import Expression, parameters_of
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on


def check_pack(pack: Pack, day: date) -> list[Problem]:
    """Every problem of a pack whose files have the right shape.

    Raises:
        JigongError: an expression is not in the language, or a parameter has no value on ``day``.
    """
    structure = check_structure(pack)
    rulebook = read_rulebook(pack)
    values = values_on(pack, day)
    return [
        *structure,
        *check_facts(pack, values, day),
        *_unread(pack, rulebook),
        *check_rules(pack, rulebook),
    ]


def _unread(pack: Pack, rulebook: Rulebook) -> list[Problem]:
    """Parameters nobody reads."""
    read = parameters_of_facts(pack) | set(parameters_of(*_expressions(rulebook)))
    read |= {placed.value.budget for placed in pack.funds.values()}
    read |= {tier.value.from_ for tier in pack.tiers}
    read |= {dimension.cap for dimension in rulebook.points}
    read |= {item.cap for dimension in rulebook.points for item in dimension.items if item.cap}
    read |= {files.clause.value.delivery.quota or "" for files in pack.clauses.values()}
    return [
        placed.problem(
            (),
            f"参数 {name} 没有任何地方用到",
            f"nobody reads parameter {name}",
            remedy=("用上它,或删去", "use it, or remove it"),
        )
        for name, placed in pack.parameters.items()
        if name not in read
    ]


def _expressions(rulebook: Rulebook) -> list[Expression | None]:
    found: list[Expression | None] = list(rulebook.over_time.values())
    for rule in rulebook.clauses.values():
        found += [condition.holds for condition in rule.conditions]
        found += [part for award in rule.awards for part in (award.when, award.amount)]
    found += [expression for ranks in rulebook.ranks.values() for expression, _ in ranks]
    found += [item.value for dimension in rulebook.points for item in dimension.items]
    for indicator in rulebook.indicators.values():
        found += [indicator.where, indicator.value, indicator.over_where, indicator.over_sum]
    return found
