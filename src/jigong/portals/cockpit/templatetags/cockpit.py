"""How the cockpit writes numbers: large sums short, small cells as fewer than five or not at all, indicators with their unit."""

from collections.abc import Mapping
from decimal import Decimal

from django import template

from jigong.kernel.text import Text
from jigong.portals.cockpit.cells import FEWEST

register = template.Library()
_TEN_THOUSAND = 10_000
_UNITS = {
    "yuan": Text(" 元", " yuan"),
    "percent": Text("%", "%"),
    "person": Text(" 人", ""),
    "household": Text(" 户", ""),
    "enterprise": Text(" 家", ""),
    "event": Text(" 次", ""),
    "per_1000": Text("‰", "‰"),
}
"""The unit after a number; English counts need none, the name says what is counted."""


@register.simple_tag(takes_context=True)
def short(context: template.Context, amount: Decimal | None) -> str:
    """A sum of yuan for a headline: ``1,234.5 万元`` or ``12.3m yuan``; a dash for none."""
    if amount is None:
        return "—"
    if context.get("language") == "en":
        for size, letter in ((1_000_000, "m"), (1_000, "k")):
            if abs(amount) >= 10 * size or (letter == "m" and abs(amount) >= size):
                return f"{_tenths(amount / size)}{letter} yuan"
        return f"{amount:,.0f} yuan"
    if abs(amount) >= _TEN_THOUSAND:
        return f"{_tenths(amount / _TEN_THOUSAND)} 万元"
    return f"{amount:,.0f} 元"


def _tenths(amount: Decimal) -> str:
    return f"{amount:,.1f}".removesuffix(".0")


@register.simple_tag(takes_context=True)
def count(context: template.Context, people: int | None, hidden: str = "") -> str:
    """A count of people; fewer than five where it is hidden. With ``hidden`` given, it may be hidden for another's sake."""
    if people is None and hidden:
        return "not shown" if context.get("language") == "en" else "不显示"
    if people is None:
        return f"fewer than {FEWEST}" if context.get("language") == "en" else f"少于 {FEWEST}"
    return f"{people:,}"


@register.simple_tag(takes_context=True)
def measured(context: template.Context, value: Decimal | None, unit: str) -> str:
    """An indicator's value with its unit; a dash where it is not known."""
    if value is None:
        return "—"
    places = 2 if unit in ("percent", "per_1000") and value != value.to_integral_value() else 0
    text = f"{value:,.{places}f}"
    return text + _UNITS[unit].in_("en" if context.get("language") == "en" else "zh")


@register.filter
def share(part: float | None) -> str:
    """A share from 0 to 1 as a percentage; a dash for none."""
    return "—" if part is None else f"{part:.1%}"


@register.filter
def times_ten(share_: int) -> int:
    """Hundredths as thousandths."""
    return share_ * 10


@register.filter
def has(charts: Mapping[str, object], name: str) -> bool:
    """Whether there is a chart of this name."""
    return name in charts
