"""What a rule is, and what deciding it gives, for every engine alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as Choice

from jigong.rules.nodes import Expression, Value, bind, columns_of, facts_of, parameters_of

Verdict = Choice["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One named condition of a rule."""

    id: str
    holds: Expression


@dataclass(frozen=True, slots=True)
class Award:
    """One branch of what a rule gives.

    ``when`` is None for a branch that always applies; ``amount`` is None for a benefit in kind.
    Branches stand in order of ``rank``; equal ranks must not both apply with different amounts.
    ``most`` reads parameters only: an amount above it can only be a fault in the data, and is missing.
    """

    id: str
    rank: int
    when: Expression | None
    amount: Expression | None
    most: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause reduced to what decides it. ``awards`` are in order of rank, then as written."""

    id: str
    conditions: tuple[Condition, ...]
    awards: tuple[Award, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact the rule reads, in a fixed order: the order of the bits of a mask of missing facts."""
        return facts_of(*self.expressions)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name the rule is decided from: its facts, each ranged one followed by its bounds."""
        return columns_of(*self.expressions)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter the rule reads."""
        return parameters_of(*self.expressions)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression of the rule: conditions, then branch by branch."""
        parts = (part for award in self.awards for part in (award.when, award.amount, award.most))
        return (*(condition.holds for condition in self.conditions), *(part for part in parts if part))

    @property
    def pays_money(self) -> bool:
        """Whether any branch has an amount."""
        return any(award.amount is not None for award in self.awards)

    def bound(self, parameters: Mapping[str, Value | tuple[Value, ...]]) -> "Rule":
        """The rule with parameters replaced by their values."""
        return Rule(
            self.id,
            tuple(Condition(c.id, bind(c.holds, parameters)) for c in self.conditions),
            tuple(
                Award(
                    a.id,
                    a.rank,
                    bind(a.when, parameters) if a.when is not None else None,
                    bind(a.amount, parameters) if a.amount is not None else None,
                    bind(a.most, parameters) if a.most is not None else None,
                )
                for a in self.awards
            ),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one engine found for one subject.

    ``amount`` is what is due: None while it cannot be told (or the benefit is in kind), 0 where
    nothing is due. ``potential`` is the amount whatever the verdict: what the subject would get
    were all conditions true. It is known as soon as every branch that may still be the one gives the same.
    ``missing`` names the facts that keep the verdict or amount open, ``branch`` may then be None; of an amount that cannot be
    right it names all the facts it was computed from.
    ``conflict`` names two branches of equal rank that apply with different amounts. ``most`` is the most money
    ``potential`` can come to, whatever data still come; None where no limit is known.
    """

    verdict: Verdict
    conditions: tuple[bool | None, ...]
    branch: str | None
    amount: Decimal | None
    potential: Decimal | None
    missing: tuple[str, ...]
    conflict: tuple[str, str] | None = None
    most: Decimal | None = None
