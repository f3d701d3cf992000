"""Words in two languages, money, dates and small pieces of pages. Built in: no ``{% load %}`` needed.

Words
    ``{% t "还差 {n} 个月" "{n} more {n:month|months}" n=months %}`` one of two sentences with values (escaped) put in;
    ``{% t "…" "…" as title %}`` keeps it. ``{% say clause.label %}`` a ``Text`` in the reader's language.
Values
    ``{{ amount|yuan }}`` → ``5,000``; ``{% money amount %}`` → ``5,000 元`` with the unit set small;
    ``{% value fact.value fact.unit %}`` any fact as a person reads it; ``{% day date %}`` → ``2023年1月1日`` / ``1 Jan 2023``;
    ``{% moment at %}`` the same with hours; ``{% deadline date %}`` → a badge “还有 3 天”.
Signs
    ``{% icon "check" %}``, ``{% icon "check" "icon-lg" %}`` from ``assets/icons.txt``; ``{% verdict True %}`` ✓ ✗ ?;
    ``{% state entitlement.state %}`` a badge in words and colour; ``{% on_hold entitlement %}`` one more while it is held;
    ``{% holds entitlement %}`` why it is held, and what ends that;
    ``{% ring 62 100 %}`` a ring that fills.
    ``{% provisional clause "fund" %}`` a badge where no source states a part of a thing, or (without a part) some or all of it.
Pieces (includes)
    ``{% nothing "inbox" "还没有消息" "No messages yet" %}``; ``{% pagination page %}`` of a Django ``Page``;
    ``{% steps entitlement %}`` its timeline: steps, and holds put on and lifted;
    ``{% masked "3301**********1236" url %}`` a masked value, and where ``url`` is given a button that asks for it.
Tables
    ``<table class="table kit-cards">`` with ``data-label`` on each ``<td>`` becomes cards on a phone.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from math import pi
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from jigong.delivery.hold_words import waits_words
from jigong.delivery.holds import open_holds
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.replay.models import Adjustment, StatementKind
from jigong.delivery.replay.recoveries import MOST_WORDS
from jigong.delivery.states import MOVES, STATE_LABELS, State
from jigong.delivery.timeline import HoldEvent, timeline_of
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.shown import UNITS, day_text, value_text, yuan
from jigong.kernel.text import Language, Text
from jigong.packs.contract import Column
from jigong.packs.sources import ASSUMED_LABEL, Sourced
from jigong.portals.kit.templatetags.words import escaped, language_of

register = template.Library()

_STATE_COLOURS = {
    State.PROPOSED: "orange",
    State.CORRECTED: "orange",
    State.CONFIRMED: "azure",
    State.PASSED: "azure",
    State.APPROVED: "azure",
    State.PAID: "green",
    State.DECLINED: "red",
    State.APPEALED: "purple",
}
_VERDICTS: dict[bool | None, tuple[str, str, Text]] = {
    True: ("check", "yes", Text("符合", "holds")),
    False: ("x", "no", Text("不符合", "does not hold")),
    None: ("question-mark", "unknown", Text("待定", "cannot be told")),
}
_PROVISIONAL: dict[str, Text | None] = {
    "enacted": None,
    "partly": Text("部分暂定", "partly provisional"),
    "assumed": Text("暂定", "provisional"),
}
SOON = 7
"""A deadline this many days away or nearer is shown in a warning colour."""


# Values


register.filter(yuan)


@register.simple_tag(takes_context=True)
def money(context: template.Context, amount: Decimal | int | None, size: str = "") -> SafeString:
    """An amount with its unit set small; ``size`` is ``big`` or ``huge``."""
    unit = UNITS["yuan"].in_(language_of(context))
    return SafeString(f'<span class="kit-money {escape(size)}">{yuan(amount)}<small>{unit}</small></span>')


@register.simple_tag(takes_context=True)
def value(context: template.Context, given: Any, unit: str | None = None) -> str:
    """A fact's value as a person reads it."""
    return value_text(given, unit, language_of(context))


def cell_text(column: Column, given: Any, language: Language) -> str:
    """What a record holds in one column; in English the label its contract gives a code."""
    if language == "en":
        given = next((known.label for known in column.values if known.value == given), given)
    return value_text(given, None, language)


@register.simple_tag(takes_context=True)
def cell(context: template.Context, column: Column, given: Any) -> str:
    """:func:`cell_text` in the reader's language."""
    return cell_text(column, given, language_of(context))


@register.simple_tag(takes_context=True)
def day(context: template.Context, given: date | None) -> str:
    """``2023年1月1日`` / ``1 Jan 2023``; nothing for None."""
    return "" if given is None else day_text(given, language_of(context))


@register.simple_tag(takes_context=True)
def moment(context: template.Context, given: datetime | None) -> str:
    """A day with hours and minutes, on the site's clock."""
    if given is None:
        return ""
    local = timezone.localtime(given)
    return f"{day_text(local.date(), language_of(context))} {local:%H:%M}"


@register.simple_tag(takes_context=True)
def deadline(context: template.Context, given: date | None) -> SafeString:
    """How long until a day, as a badge whose colour warns."""
    if given is None:
        return mark_safe("")
    left, english = (given - context["today"]).days, language_of(context) == "en"
    if left < 0:
        colour, text = "red", f"{-left} days overdue" if english else f"逾期 {-left} 天"
    elif left == 0:
        colour, text = "red", "due today" if english else "今天到期"
    else:
        colour = "orange" if left <= SOON else "secondary"
        text = f"{left} days left" if english else f"还有 {left} 天"
    return format_html('<span class="badge bg-{}-lt" title="{}">{}</span>', colour, given.isoformat(), text)


# Signs


@cache
def _sprite() -> str:
    return static("vendor/icons.svg")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, extra: str = "") -> SafeString:
    """A sign from the sprite; decoration only, so readers of screens skip it."""
    return format_html(
        '<svg class="icon {}" width="24" height="24" aria-hidden="true"><use href="{}#{}"/></svg>', extra, _sprite(), name
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def verdict(context: template.Context, holds: bool | None) -> SafeString:
    """✓ ✗ ? as a round mark with its meaning in words for readers of screens. Also takes yes, no, undecided."""
    if isinstance(holds, str):
        holds = {"yes": True, "no": False}.get(holds)
    return _mark(holds, language_of(context))


@cache
def _mark(holds: bool | None, language: Language) -> SafeString:
    name, kind, text = _VERDICTS[holds]
    return format_html(
        '<span class="kit-mark kit-mark-{}" role="img" aria-label="{}">{}</span>', kind, text.in_(language), icon(name)
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def state(context: template.Context, given: str) -> SafeString:
    """The state of an entitlement as a badge."""
    known = State(given)
    colour = _STATE_COLOURS.get(known, "secondary")
    return format_html(
        '<span class="badge bg-{}-lt">{}</span>',
        colour,
        escaped(STATE_LABELS[known].in_(language_of(context))),
    )


@register.simple_tag(takes_context=True)
def on_hold(context: template.Context, entitlement: Entitlement) -> SafeString:
    """A badge while the entitlement is held; nothing otherwise."""
    if not entitlement.held:
        return SafeString("")
    label = Text("暂缓办理", "on hold").in_(language_of(context))
    return format_html(' <span class="badge bg-yellow-lt">{}{}</span>', icon("hourglass"), label)


@register.inclusion_tag("kit/holds.html", takes_context=True)
def holds(context: template.Context, entitlement: Entitlement | None) -> dict[str, Any]:
    """Why an entitlement is held, since when, what ends that and by when; nothing where nothing holds it."""
    shown = []
    if entitlement is not None and entitlement.held:
        pack = law_of_run(current_run()).pack
        shown = [(hold, waits_words(hold, pack)) for hold in open_holds(entitlement)]
    return {"holds": shown, "language": language_of(context), "look": context.get("look")}


@register.inclusion_tag("kit/recovery.html", takes_context=True)
def recovery(context: template.Context, adjustment: Adjustment, url: str) -> dict[str, Any]:
    """How a recovery stands, as its payee reads it: what they said, what is paid and left, and what they can send to ``url``."""
    asks = ""
    if adjustment.may_speak:
        asks = StatementKind.HEARING.value
    elif adjustment.may_appeal(context["today"]):
        asks = StatementKind.APPEAL.value
    return {
        "a": adjustment, "asks": asks, "url": url, "most": MOST_WORDS, "today": context["today"],
        "language": language_of(context), "look": context.get("look"),
    }  # fmt: skip


@register.simple_tag
def waits(hold: Hold) -> list[Text]:
    """What a hold waits for, and who has to deliver it, line by line."""
    return waits_words(hold, law_of_run(current_run()).pack)


@register.simple_tag(takes_context=True)
def provisional(context: template.Context, thing: Sourced, part: str = "") -> SafeString:
    """A badge where no source states a part of a thing; without a part, where none states some or all of it."""
    if part:
        missing = _PROVISIONAL["assumed"] if thing.is_assumed(part) else None
    else:
        missing = _PROVISIONAL[thing.status]
    if missing is None:
        return SafeString("")
    language = language_of(context)
    return format_html(
        '<span class="badge bg-yellow-lt" title="{}">{}</span>',
        ASSUMED_LABEL.in_(language), missing.in_(language),
    )  # fmt: skip


@register.simple_tag
def ring(given: int, most: int, extra: str = "") -> SafeString:
    """A ring that fills by ``given`` of ``most``; the words beside it say what it is."""
    radius = 42
    length = 2 * pi * radius
    filled = length * min(max(given / most, 0), 1) if most else 0
    return format_html(
        '<svg class="kit-ring {}" viewBox="0 0 100 100" aria-hidden="true">'
        '<circle class="kit-ring-track" cx="50" cy="50" r="{r}"/>'
        '<circle class="kit-ring-fill" cx="50" cy="50" r="{r}" stroke-dasharray="{} {}" transform="rotate(-90 50 50)"/></svg>',
        extra, f"{filled:.1f}", f"{length:.1f}", r=radius,
    )  # fmt: skip


# Pieces


# A loop has an {% empty %} of its own, so inside one only the other name works.
@register.inclusion_tag("kit/empty.html", takes_context=True, name="empty")
@register.inclusion_tag("kit/empty.html", takes_context=True)
def nothing(context: template.Context, sign: str, zh: str, en: str, hint: str = "") -> dict[str, Any]:
    """What to show where there is nothing: a sign, a sentence, a hint."""
    return {"sign": sign, "text": Text(zh, en), "hint": hint, "language": language_of(context)}


@register.inclusion_tag("kit/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any, parameter: str = "page") -> dict[str, Any]:
    """Links to the other pages of a Django ``Page``; every other parameter of the address stays."""
    query = context["request"].GET.copy()
    query.pop(parameter, None)
    rest = query.urlencode()
    return {"page": page, "prefix": f"?{rest + '&' if rest else ''}{parameter}=", "language": language_of(context)}  # fmt: skip


@register.inclusion_tag("kit/steps.html", takes_context=True)
def steps(context: template.Context, given: Any) -> dict[str, Any]:
    """A timeline, the newest last: of an entitlement, or of what was read of one already."""
    first = Text("系统判定符合，等待确认", "found to be due; waiting for confirmation")
    again = Text("应得有变化，等待确认", "what is due has changed; waiting for confirmation")
    if isinstance(given, Entitlement):
        given = timeline_of(given)
    told = [
        (step, step.label)
        if isinstance(step, HoldEvent)
        else (step, MOVES[step.move].label if step.move in MOVES else again if step.from_state else first)
        for step in given
    ]
    return {"steps": told, "language": language_of(context), "look": context.get("look")}


@register.inclusion_tag("kit/masked.html", takes_context=True)
def masked(context: template.Context, shown: str, url: str = "") -> dict[str, Any]:
    """A masked value; ``url`` answers htmx with the whole one, and records who asked."""
    return {"shown": shown, "url": url, "language": language_of(context)}
