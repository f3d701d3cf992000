"""Every part of the law and of what surrounds it, with the source that states it, for everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jigong.insight.shown import day_text
from jigong.kernel.text import Language, Text
from jigong.packs.check_sources import SourcedThing, sourced_things
from jigong.packs.figures import Defect, Figure
from jigong.packs.model import Clause, DatedValue
from jigong.packs.pack import Pack
from jigong.packs.sources import ASSUMED, Stated
from jigong.portals.kit.access import public
from jigong.portals.kit.look import language_of
from jigong.portals.public.formula import said
from jigong.portals.public.law import asked, choice_of_day, kept


@dataclass(frozen=True, slots=True)
class ToldSource:
    """Parts of a thing that rest on the same words of the same source; ``assumed`` where no source states them."""

    parts: tuple[Text, ...]
    source: Text
    quote: str | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class ToldThing:
    """A thing of the pack: what it is called, the place on the page, and where its parts come from."""

    anchor: str
    label: str
    sources: tuple[ToldSource, ...]


@dataclass(frozen=True, slots=True)
class ToldKind:
    """Things of one kind, and how many of their parts are stated and assumed."""

    label: Text
    things: tuple[ToldThing, ...]
    stated: int
    assumed: int


@public
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Every part on a day, kind by kind."""
    law, wrong = asked(request)
    kinds = list(_kinds(law.pack, language_of(request)))
    context = {
        "law": law,
        "kinds": kinds,
        "stated": sum(kind.stated for kind in kinds),
        "assumed": sum(kind.assumed for kind in kinds),
        **choice_of_day(law, wrong),
    }
    return kept(render(request, "public/law_sources.html", context, status=400 if wrong else 200))


def _kinds(pack: Pack, language: Language) -> Iterator[ToldKind]:
    for label, group in groupby(sourced_things(pack), key=lambda thing: thing.kind):
        things = list(group)
        parts = [(thing.value, part) for thing in things for part in thing.value.parts()]
        assumed = sum(value.is_assumed(part) for value, part in parts)
        told = tuple(_thing(pack, thing, language) for thing in things)
        yield ToldKind(label, told, len(parts) - assumed, assumed)


def _thing(pack: Pack, thing: SourcedThing, language: Language) -> ToldThing:
    value, label, anchor = thing.value, thing.label.in_(language), ""
    if isinstance(value, Clause):
        anchor = value.id
    if isinstance(value, Figure):
        shown = said(
            pack,
            value.value,
            thing.unit if thing.unit in ("yuan", "person", "home", "month") else None,
            language,
        )
        sign = "%" if thing.unit == "percent" else ""
        label = f"{label}{': ' if language == 'en' else '：'}{shown}{sign} · {day_text(value.on, language)}"
    if isinstance(value, Defect):
        label = f"{label}{': ' if language == 'en' else '：'}{value.reading.label.in_(language)}"
    if isinstance(value, DatedValue):
        colon, since = (": ", " from ") if language == "en" else ("：", "，起始于")
        shown = said(pack, value.value, thing.unit, language)
        label = f"{label}{colon}{shown}{since}{day_text(value.from_, language)}"
    groups: dict[Stated, list[Text]] = {}
    for part, words in value.parts().items():
        groups.setdefault(value.stated(part) or Stated(source=ASSUMED), []).append(words)
    told = tuple(
        ToldSource(tuple(parts), pack.manifest.sources[one.source].label, one.quote, one.source == ASSUMED)
        for one, parts in sorted(groups.items(), key=lambda item: item[0].source == ASSUMED)
    )
    return ToldThing(anchor, label, told)
