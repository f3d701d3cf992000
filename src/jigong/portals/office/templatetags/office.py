"""Names of what the pack and the database hold, for the office's templates: ``{% load office %}``."""

import json
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jigong.accounts.masking import mask_name
from jigong.accounts.models import Account
from jigong.delivery.former import clause_of
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import MOVES, State
from jigong.delivery.timeline import HoldEvent
from jigong.insight.explain import FactValue
from jigong.insight.shown import fact_text
from jigong.kernel.text import Text
from jigong.portals.kit.lawbook import book_of
from jigong.portals.kit.templatetags.words import language_of
from jigong.portals.office import labels
from jigong.portals.office.shared import law_for, towns

register = template.Library()


def _say(context: template.Context, text: Text) -> str:
    return text.in_(language_of(context))


@register.simple_tag(takes_context=True)
def clause_name(context: template.Context, clause: str) -> str:
    """What a clause is or was called."""
    found = clause_of(clause, law_for(context["request"]).pack)
    return _say(context, found.label) if found else clause


@register.simple_tag(takes_context=True)
def fund_name(context: template.Context, fund: str) -> str:
    """What a fund is called."""
    placed = law_for(context["request"]).pack.funds.get(fund)
    return _say(context, placed.value.label) if placed else fund


@register.simple_tag(takes_context=True)
def office_name(context: template.Context, office: str) -> str:
    """What an office is called."""
    placed = law_for(context["request"]).pack.offices.get(office)
    return _say(context, placed.value.label) if placed else office


@register.simple_tag(takes_context=True)
def class_name(context: template.Context, name: str) -> str:
    """What a class of data is called."""
    contract = law_for(context["request"]).pack.contracts.get(name)
    return _say(context, contract.label) if contract else name


@register.simple_tag(takes_context=True)
def fact_name(context: template.Context, name: str) -> str:
    """What a fact is called."""
    entry = law_for(context["request"]).pack.facts.get(name)
    return _say(context, entry.label) if entry else name


@register.simple_tag(takes_context=True)
def fact_value(context: template.Context, name: str, given: Any) -> str:
    """A fact's value as people call it."""
    return fact_text(law_for(context["request"]).pack, name, given, language_of(context))


@register.simple_tag(takes_context=True)
def fact_read(context: template.Context, fact: FactValue) -> str:
    """A fact as a condition read it: its value, or what is known of it."""
    return book_of(law_for(context["request"])).read(fact, language_of(context))


@register.simple_tag(takes_context=True)
def town_name(context: template.Context, code: str) -> str:
    """What a town is called; its code where no town has it."""
    request = context["request"]
    if not hasattr(request, "office_towns"):
        request.office_towns = {town.town: town.label for town in towns()}
    label = request.office_towns.get(code)
    return _say(context, label) if label else code or "—"


@register.simple_tag(takes_context=True)
def mode_name(context: template.Context, mode: str) -> str:
    """How something is delivered."""
    return _say(context, labels.MODES[mode]) if mode in labels.MODES else mode


@register.simple_tag(takes_context=True)
def verdict_name(context: template.Context, verdict: str) -> str:
    """What a verdict says."""
    return _say(context, labels.VERDICTS[verdict])


@register.simple_tag(takes_context=True)
def source_name(context: template.Context, source: str) -> str:
    """Where a figure comes from."""
    known = law_for(context["request"]).pack.manifest.sources.get(source)
    return _say(context, known.label) if known else source


@register.simple_tag(takes_context=True)
def step_label(context: template.Context, step: Step | HoldEvent) -> str:
    """What a step of an entitlement, or a hold among them, is called."""
    if isinstance(step, HoldEvent):
        return _say(context, step.label)
    return _say(context, MOVES[step.move].label if step.move in MOVES else labels.PROPOSED)


@register.simple_tag(takes_context=True)
def state_badge(context: template.Context, state: str) -> SafeString:
    """The state of an entitlement, as an officer calls it."""
    known = State(state)
    colour = labels.STATE_COLOURS.get(known, "secondary")
    return format_html('<span class="badge bg-{}-lt">{}</span>', colour, _say(context, labels.STATES[known]))


@register.simple_tag
def whose(entitlement: Entitlement) -> str:
    """Whose it is: the person, masked, or the enterprise."""
    if entitlement.person is not None:
        return mask_name(entitlement.person.name)
    return entitlement.organisation.zh if entitlement.organisation else "—"


@register.simple_tag(takes_context=True)
def actor(context: template.Context, account: Account | None) -> str:
    """Who did something: a rule, the worker, or a member of staff by name and office."""
    if account is None:
        return _say(context, labels.BY_RULE)
    if account.person_id is not None:
        return _say(context, labels.BY_WORKER)
    return account.label_zh or account.get_full_name() or account.username


@register.simple_tag
def risk_badge(risk: int) -> SafeString:
    """A risk from 0 to 100; nothing for none."""
    if not risk:
        return format_html("")
    colour = "red" if risk >= 60 else "orange" if risk >= 30 else "secondary"
    return format_html('<span class="badge bg-{}-lt">{}</span>', colour, risk)


@register.filter
def item(given: Any, key: Any) -> Any:
    """What a mapping holds under a key; None for nothing."""
    return given.get(key)


@register.filter
def pairs(detail: str) -> str:
    """The detail of a line of the record as ``name: value``; as it is where it is none."""
    try:
        given = json.loads(detail)
    except ValueError:
        return detail
    if not isinstance(given, dict):
        return detail
    return " · ".join(f"{name}: {value}" for name, value in given.items() if value not in ("", None))


@register.filter
def plain(given: Any) -> str:
    """A value as a form sends it back: dates as ISO, nothing for none."""
    return "" if given is None else str(given)


@register.filter
def percent(share: float | Decimal | None) -> str:
    """A share from 0 to 1 as ``98.5%``; a dash for none."""
    return "—" if share is None else score(share * 100).removesuffix(".0") + "%"


@register.filter
def score(hundredths: float | Decimal) -> str:
    """A number from 0 to 100 to one place; what falls short of 100 is not rounded to it."""
    shown = f"{hundredths:.1f}"
    return "99.9" if shown == "100.0" and hundredths < 100 else shown
