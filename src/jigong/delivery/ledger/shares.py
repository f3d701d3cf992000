"""How an amount is borne by two funds: by parts when it is reserved, and by what each paid when it comes back."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jigong.delivery.models import Entitlement
from jigong.packs.pack import Pack, value_on

_CENT = Decimal("0.01")
ZERO = Decimal(0)


def borne_of(pack: Pack, entitlement: Entitlement, day: date) -> tuple[str, Decimal] | None:
    """The other fund that bears a part of an entitlement's branch, and its share of it on ``day``; None where none does."""
    files = pack.clauses.get(entitlement.clause)
    awards = files.clause.value.awards if files is not None else ()
    borne = next((award.borne for award in awards if award.id == entitlement.branch), None)
    share = value_on(pack.parameters[borne.share].value, day) if borne is not None else None
    if borne is None or not isinstance(share, int | Decimal):
        return None
    return borne.fund, Decimal(share)


def parts_of(fund: str, borne: tuple[str, Decimal] | None, amount: Decimal) -> list[tuple[str, Decimal]]:
    """What each fund bears of an amount, to the cent; the other fund last, and none that bears nothing."""
    part = (amount * borne[1]).quantize(_CENT, ROUND_HALF_UP) if borne is not None else ZERO
    own = [(fund, amount - part)] if part < amount else []
    return own if borne is None or part == 0 else [*own, (borne[0], part)]


def returned(fund: str, paid: Mapping[str, Decimal], amount: Decimal) -> list[tuple[str, Decimal]]:
    """To which funds money that came back belongs: by what each has paid, never more than that."""
    total = sum(paid.values(), ZERO)
    other = next((name for name in paid if name != fund), None)
    if other is None or total == 0:
        return [(fund, amount)]
    part = (amount * paid[other] / total).quantize(_CENT, ROUND_HALF_UP)
    part = min(paid[other], max(part, amount - paid.get(fund, ZERO)))
    return [(name, sum_) for name, sum_ in ((fund, amount - part), (other, part)) if sum_ > 0]
