"""The law in force, for everybody: all clauses by field, and each with its conditions, figures and history."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jigong.kernel.text import Language, Text
from jigong.packs.model import Clause
from jigong.portals.kit import clock
from jigong.portals.kit.access import public
from jigong.portals.kit.look import language_of
from jigong.portals.public.history import history_of
from jigong.portals.public.lawbook import (
    DayLaw,
    awards_of,
    conditions_of,
    ended,
    figures_of,
    law_on,
    law_today,
    read_day,
)
from jigong.rules.rulebook import label_of

_KEPT = "private, max-age=60"
"""The page is the same for everybody but for its frame, so each reader's own browser keeps it."""
_MODES = {
    "proactive": Text(
        "免申即享：系统认定后，本人点一下确认", "No application: found by the data, confirmed with one tap"
    ),
    "application": Text(
        "本人申请：资料已预填，只补缺的", "On application: prefilled, only what is missing is asked"
    ),
    "quota": Text("名额有限：符合的按顺序排", "Limited places: those who qualify are ranked"),
    "lottery": Text("公开摇号：符合的都可参加", "Public draw: all who qualify may enter"),
}
_PERIODS = {
    "once": Text("一次", "once"),
    "year": Text("每年一次", "once a year"),
    "month": Text("每月一次", "once a month"),
}


@public
@require_safe
def law(request: HttpRequest) -> HttpResponse:
    """Every clause in force on a day, under its field of policy."""
    found, wrong = asked(request)
    language = language_of(request)
    wording = found.wording(language)
    fields = [
        (field, [(clause, awards_of(found, clause, wording)) for clause in clauses])
        for field, clauses in found.by_field
    ]
    context = {"law": found, "fields": fields, "count": len(found.clauses), **choice_of_day(found, wrong)}
    return kept(render(request, "public/law.html", context, status=400 if wrong else 200))


@public
@require_safe
def clause(request: HttpRequest, clause: str) -> HttpResponse:
    """One clause on a day: who gets what, every condition, every figure, and how it came to be so."""
    found, wrong = asked(request)
    if clause not in found.pack.clauses:
        return _not_then(request, found, clause)
    entry, language = found.pack.clauses[clause].clause.value, language_of(request)
    wording, pack = found.wording(language), found.pack
    context = {
        "law": found,
        "clause": entry,
        "in_force": entry in found.clauses,
        "field": next((f.label for f in pack.manifest.fields if f.id == entry.field), None),
        "conditions": conditions_of(found, entry, wording),
        "awards": awards_of(found, entry, wording),
        "figures": figures_of(found, entry, language),
        "events": history_of(clause, language),
        "readings": pack.readings_of(entry),
        "how": _how(found, entry, language),
        "source": pack.manifest.sources[entry.basis.source],
        **choice_of_day(found, wrong),
    }
    return kept(render(request, "public/law_clause.html", context, status=400 if wrong else 200))


def asked(request: HttpRequest) -> tuple[DayLaw, str]:
    """The law of the day asked for; and, where that is no day, what was written, with today's law."""
    text = request.GET.get("on", "").strip()
    if not text:
        return law_today(), ""
    day = read_day(text)
    return (law_today(), text[:40]) if day is None else (law_on(day), "")


def choice_of_day(found: DayLaw, wrong: str) -> dict[str, Any]:
    """What the choice of a day needs; ``then`` is what links to other pages of that day carry."""
    other = found.day != clock.today()
    return {"wrong": wrong, "other": other, "then": f"?on={found.day}" if other else ""}


def _not_then(request: HttpRequest, found: DayLaw, clause: str) -> HttpResponse:
    """404; where there is such a clause now, or there was, a page that says so and leads there."""
    entry = law_today().pack.clauses.get(clause)
    once = (entry.clause.value, None) if entry is not None else ended(clause)
    if once is None:
        raise Http404
    context = {"clause": once[0], "then": once[1], "day": found.day}
    return render(request, "public/law_none.html", context, status=404)


def _how(found: DayLaw, clause: Clause, language: Language) -> dict[str, Any]:
    """How it reaches people: who decides, from which fund, how often, to whom, and among how many."""
    pack, delivery, wording = found.pack, clause.delivery, found.wording(language)
    others = [
        c for c in found.clauses if clause.exclusion and c.exclusion == clause.exclusion and c.id != clause.id
    ]
    ranks = found.rulebook.ranks[clause.id]
    return {
        "mode": _MODES[delivery.mode],
        "period": _PERIODS[delivery.period],
        "subject": label_of(pack, clause.per),
        "office": pack.offices[delivery.office].value.label if delivery.office else None,
        "fund": pack.funds[clause.fund].value.label if clause.fund else None,
        "borne": [pack.funds[a.borne.fund].value.label for a in clause.awards if a.borne is not None],
        "to_employer": delivery.payee == "enterprise",
        "quota": wording.figure(delivery.quota) if delivery.quota else "",
        "rank": [wording.rule(expression) for expression, _ in ranks],
        "others": others,
    }


def kept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = _KEPT
    return response
