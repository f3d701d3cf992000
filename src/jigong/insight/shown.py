"""Values as people read them, in both languages: money, days, and what a fact says."""

from datetime import date
from decimal import Decimal
from typing import Any

from jigong.kernel.text import Language, Text
from jigong.packs.pack import Pack

UNITS = {
    "yuan": Text("元", "yuan"),
    "month": Text("个月", "months"),
    "hour": Text("小时", "hours"),
    "day": Text("天", "days"),
    "person": Text("人", "people"),
    "home": Text("套", "homes"),
    "point": Text("分", "points"),
    "trip": Text("次", "trips"),
}
"""Units a number is followed by; of the others (a rank, an age) the label says enough."""
_CENT = Decimal("0.01")


def yuan(amount: Decimal | int | None) -> str:
    """``5,000`` or ``5,000.50``; parts of a cent as they are; a dash for none."""
    if amount is None:
        return "—"
    amount = Decimal(amount)
    if amount != amount.quantize(_CENT):
        return f"{amount.normalize():,f}"
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def value_text(given: Any, unit: str | None, language: Language) -> str:
    """A value as a person reads it; ``unit`` is that of its fact."""
    english = language == "en"
    if given is None:
        return "unknown" if english else "未知"
    if isinstance(given, bool):
        return ("yes" if given else "no") if english else ("是" if given else "否")
    if isinstance(given, date):
        return day_text(given, language)
    if isinstance(given, (tuple, list)):
        return (", " if english else "、").join(value_text(item, None, language) for item in given)
    if unit == "share":
        return f"{yuan(given * 100)}%"
    text = yuan(given) if isinstance(given, Decimal) or unit == "yuan" else str(given)
    if unit not in UNITS:
        return text
    # A unit's id is its English word for one of it.
    return f"{text} {unit if english and text == '1' else UNITS[unit].in_(language)}"


def fact_text(pack: Pack, name: str, given: Any, language: Language) -> str:
    """A fact's or parameter's value as people call it: the pack's word for a code or a level, else :func:`value_text`."""
    code = pack.skill_code
    if code is not None and name == code.value.level.fact and isinstance(given, int):
        levels = code.value.level.words
        if 0 <= given < len(levels):
            return levels[given].label.in_(language)
    words = pack.words_for(name, given)
    return words.in_(language) if words is not None else value_text(given, unit_of(pack, name), language)


def unit_of(pack: Pack, name: str) -> str | None:
    """The unit of a fact or a parameter."""
    if name in pack.facts:
        return pack.facts[name].unit
    return pack.parameters[name].value.unit if name in pack.parameters else None


def day_text(given: date, language: Language) -> str:
    """``2023年1月1日`` / ``1 Jan 2023``."""
    if language == "en":
        return f"{given.day} {given:%b %Y}"
    return f"{given.year}年{given.month}月{given.day}日"
