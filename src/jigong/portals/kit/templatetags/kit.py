"""Words in two languages, money and dates, for templates. Built in: no ``{% load %}`` needed."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from jigong.kernel.text import Text

register = template.Library()


@register.simple_tag(takes_context=True)
def t(context: template.Context, zh: str, en: str, **given: Any) -> SafeString:
    """``{% t "还差 {n} 个月" "{n} more months" n=months %}``: one of two sentences, with values (escaped) put in."""
    sentence = en if context.get("language") == "en" else zh
    return mark_safe(escape(sentence).format(**{key: escape(value) for key, value in given.items()}))


@register.simple_tag(takes_context=True)
def say(context: template.Context, text: Text | None) -> str:
    """``{% say clause.label %}``: a :class:`Text` in the reader's language."""
    return "" if text is None else text.in_("en" if context.get("language") == "en" else "zh")


@register.filter
def yuan(amount: Decimal | int | None) -> str:
    """``{{ amount|yuan }}``: ``5,000`` or ``5,000.50``; a dash for none."""
    if amount is None:
        return "—"
    amount = Decimal(amount)
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


@register.simple_tag(takes_context=True)
def value(context: template.Context, given: Any, unit: str | None = None) -> str:
    """``{% value fact.value fact.unit %}``: a fact's value as a person reads it."""
    english = context.get("language") == "en"
    if given is None:
        return "unknown" if english else "未知"
    if isinstance(given, bool):
        return (("yes" if given else "no") if english else ("是" if given else "否"))  # fmt: skip
    if isinstance(given, date):
        return given.isoformat()
    text = yuan(given) if isinstance(given, Decimal) else str(given)
    units = {
        "yuan": ("元", "yuan"),
        "month": ("个月", "months"),
        "year": ("岁", "years"),
        "hour": ("小时", "hours"),
    }
    if unit in units:
        text += (" " + units[unit][1]) if english else f" {units[unit][0]}"
    return text
