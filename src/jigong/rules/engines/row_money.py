"""What branches come to when it is not settled which of them applies, in the reference engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from jigong.rules.engines.row_operators import round_half_up
from jigong.rules.nodes import Type

_LIMIT = 10**14
"""An amount has at most 14 digits, in cents; a larger one is missing."""


@dataclass(frozen=True, slots=True)
class Money:
    """The least and the most a branch comes to, in yuan, None where no limit is known; ``cap`` is the most it can ever be.

    A sum above the cap is a fault in the data, and no amount.
    """

    least: Decimal | None
    most: Decimal | None
    cap: Decimal | None = None

    @property
    def exact(self) -> Decimal | None:
        """The amount, where it is settled."""
        beyond = self.least is not None and self.cap is not None and self.least > self.cap
        return self.least if self.least == self.most and not beyond else None

    @property
    def limit(self) -> Decimal | None:
        """What it comes to at most."""
        return min((end for end in (self.most, self.cap) if end is not None), default=None)


ZERO = Decimal("0.00")
NOTHING = Money(ZERO, ZERO)
Sums: TypeAlias = Sequence[Money | None]
"""What each branch comes to that may be the one; None for a benefit in kind."""


def common(sums: Sums) -> Decimal | None:
    """The amount all of them come to; None where they differ, or may."""
    found = {None if money is None else money.exact for money in sums}
    return found.pop() if len(found) == 1 else None


def most(sums: Sums) -> Decimal | None:
    """The most money any of them comes to; None where no limit is known."""
    limits = [ZERO if money is None else money.limit for money in sums]
    return None if None in limits else max(limit for limit in limits if limit is not None)


def yuan(value: int | None, type_: Type) -> Decimal | None:
    """A number in its smallest unit as an amount, rounded half up to the cent; None when it has too many digits."""
    if value is None:
        return None
    shift = 2 - type_.scale
    cents = value * 10**shift if shift >= 0 else round_half_up(value, 10**-shift)
    return Decimal(cents).scaleb(-2) if abs(cents) < _LIMIT else None
