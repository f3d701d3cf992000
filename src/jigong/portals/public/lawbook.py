"""The law of a day for everybody: which version it is, and each clause as people read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from jigong.decisions.parameters import clause_parameters
from jigong.decisions.run import in_force
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.text import Language, Text
from jigong.lake.topics import parameters_read
from jigong.lake.uses import sources_of
from jigong.packs.model import AwardEntry, Clause, DatedValue, ParameterEntry, PolicyField
from jigong.packs.pack import Pack, last_day
from jigong.portals.kit import clock
from jigong.portals.public.formula import Wording, said
from jigong.rules.engines.row import compile_expressions, natural
from jigong.rules.model import Award
from jigong.rules.nodes import Expression, Fact, Parameter, bind, facts_of
from jigong.rules.rulebook import Rulebook, label_of
from jigong.services.publishing.enums import VersionState
from jigong.services.publishing.models import Draft, Version
from jigong.services.publishing.queries import book, kept

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTING = (VersionState.SCHEDULED, VersionState.IN_FORCE, VersionState.PAST)


@dataclass(frozen=True)
class DayLaw:
    """A pack's rules on a day."""

    pack: Pack
    rulebook: Rulebook
    day: date

    @cached_property
    def clauses(self) -> list[Clause]:
        """Those in force on the day, by number."""
        entries = (files.clause.value for files in self.pack.clauses.values())
        return [entry for entry in entries if in_force(entry, self.day)]

    @cached_property
    def by_field(self) -> list[tuple[PolicyField, list[Clause]]]:
        """The same under their fields of policy; a field without any is left out."""
        fields = [(f, [c for c in self.clauses if c.field == f.id]) for f in self.pack.manifest.fields]
        return [(field, clauses) for field, clauses in fields if clauses]

    def wording(self, language: Language) -> Wording:
        """How the day's law is said."""
        return Wording(self.pack, self.pack.parameters_on(self.day), language)


def law_today() -> DayLaw:
    """The law everybody is decided by now.

    Raises:
        JigongError: nothing was loaded yet.
    """
    law = law_of_run(current_run())
    return DayLaw(law.pack, law.rulebook, clock.today())


def law_on(day: date) -> DayLaw:
    """The law of another day: of the version in force then, or approved to be. Before the first, the first one's.

    Raises:
        JigongError: nothing was loaded yet, or a version's text is no longer kept.
    """
    versions = Version.objects.filter(state__in=_COUNTING).order_by("number")
    version = versions.filter(in_force_on__lte=day).last() or versions.first()
    if day == clock.today() or version is None:
        law = law_of_run(current_run())
        return DayLaw(law.pack, law.rulebook, day)
    return DayLaw(*book(kept(version.pack_hash), version.pack_hash), day)


def ended(clause: str) -> tuple[Clause, date] | None:
    """A clause that was published here and is no longer in the law, and a day on which it was; None if it never was.

    Raises:
        JigongError: a version's text is no longer kept.
    """
    if not Draft.objects.filter(clause=clause, version__isnull=False).exists():
        return None
    for version in Version.objects.filter(state__in=_COUNTING).order_by("-number"):
        pack, _ = book(kept(version.pack_hash), version.pack_hash)
        if clause in pack.clauses:
            return pack.clauses[clause].clause.value, version.in_force_on
    return None


def read_day(text: str) -> date | None:
    """``YYYY-MM-DD`` as a day; None for anything else."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Datum:
    """A fact a condition reads: what it is called, who delivers it, how it was read."""

    label: Text
    classes: tuple[Text, ...]
    departments: tuple[Text, ...]
    reading: Text | None


@dataclass(frozen=True, slots=True)
class ToldCondition:
    """A condition: in a sentence, and exactly (empty where the sentence says no less); ``part`` of the clause."""

    part: str
    label: Text
    rule: str
    data: tuple[Datum, ...]


@dataclass(frozen=True, slots=True)
class ToldAward:
    """A branch: who gets it beyond the conditions, and how much.

    ``amount`` is the sum in words, empty where there is none; ``fixed`` is an amount that depends on nobody.
    """

    part: str
    label: Text
    when: str
    amount: str
    fixed: Decimal | None


@dataclass(frozen=True, slots=True)
class ToldValue:
    """A figure of the law from one day on."""

    shown: str
    from_: date
    source: Text
    note: str
    day_assumed: bool
    """Whether no source states the first day, though one states the value."""


@dataclass(frozen=True, slots=True)
class ToldFigure:
    """A parameter: its value on the day (None: it has none), and those of other days."""

    label: Text
    reading: Text | None
    now: ToldValue | None
    others: tuple[ToldValue, ...]


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """The figures that one source gives, and the day somebody last checked them there."""

    source: Text
    confirmed: date
    figures: tuple[ToldFigure, ...]


def conditions_of(law: DayLaw, clause: Clause, wording: Wording) -> list[ToldCondition]:
    """Every condition of a clause."""
    rule = law.rulebook.clauses[clause.id]
    pairs = zip(clause.conditions, rule.conditions, strict=True)
    return [
        ToldCondition(
            f"conditions.{entry.id}",
            entry.label,
            "" if isinstance(condition.holds, Fact) else wording.rule(condition.holds),
            tuple(data_of(law.pack, condition.holds)),
        )
        for entry, condition in pairs
    ]


def data_of(pack: Pack, *expressions: Expression | None) -> Iterator[Datum]:
    """The facts that expressions read."""
    for name in facts_of(*expressions):
        entry = pack.facts.get(name)
        if entry is None:
            yield Datum(label_of(pack, name), (), (), None)
            continue
        contracts = [pack.contracts[c] for c in sources_of(pack, name) if c in pack.contracts]
        yield Datum(
            entry.label,
            tuple(contract.label for contract in contracts),
            tuple(dict.fromkeys(contract.department for contract in contracts)),
            entry.reading.label if entry.reading else None,
        )


def awards_of(law: DayLaw, clause: Clause, wording: Wording) -> list[ToldAward]:
    """Every branch of a clause, in the order in which they are tried."""
    entries = {entry.id: entry for entry in clause.awards}
    return [
        _award(law, entries[award.id], award, wording) for award in law.rulebook.clauses[clause.id].awards
    ]


def _award(law: DayLaw, entry: AwardEntry, award: Award, wording: Wording) -> ToldAward:
    amount, fixed = award.amount, None
    if amount is not None and not facts_of(amount):
        bound = bind(amount, wording.values)
        (value,) = compile_expressions([bound])({}, law.day)
        fixed = Decimal(str(natural(value, bound.type)))
    sum_ = "" if amount is None or fixed == 0 or isinstance(amount, Parameter) else wording.rule(amount)
    when = wording.rule(award.when) if award.when is not None else ""
    return ToldAward(f"awards.{entry.id}", entry.label, when, sum_, fixed or None)


def figures_of(law: DayLaw, clause: Clause, language: Language) -> list[FigureGroup]:
    """The parameters of a clause by what gives them on the day, in the pack's order."""
    groups: dict[tuple[str, date], list[ToldFigure]] = {}
    for name in clause_figures(law.pack, law.rulebook, clause.id):
        entry = law.pack.parameters[name].value
        now = next((d for i, d in enumerate(entry.values) if d.from_ <= law.day <= last_day(entry, i)), None)
        given = now or entry.values[-1]
        groups.setdefault((given.source_of("value"), given.confirmed), []).append(
            _figure(law.pack, entry, now, language)
        )
    sources = law.pack.manifest.sources
    return [
        FigureGroup(sources[source].label, confirmed, tuple(figures))
        for (source, confirmed), figures in groups.items()
    ]


def clause_figures(pack: Pack, rulebook: Rulebook, clause: str) -> list[str]:
    """What a clause's rules read, and what its facts read of the same files (``shortage.occupations``)."""
    own = clause_parameters(pack, rulebook, clause)
    files = {name.partition(".")[0] for name in own}
    topics = {
        pack.fact_topics[fact].name for fact in rulebook.clauses[clause].facts if fact in pack.fact_topics
    }
    behind = {
        name
        for topic in topics
        for name in parameters_read(pack.topics[topic].sql, pack.parameters)
        if name.partition(".")[0] in files
    }
    return [name for name in pack.parameters if name in own | behind]


def _figure(pack: Pack, entry: ParameterEntry, now: DatedValue | None, language: Language) -> ToldFigure:
    def told(dated: DatedValue) -> ToldValue:
        shown = said(pack, dated.value, entry.unit, language)
        return ToldValue(
            shown,
            dated.from_,
            pack.manifest.sources[dated.source_of("value")].label,
            dated.note or "",
            dated.is_assumed("from") and not dated.is_assumed("value"),
        )

    others = tuple(told(dated) for dated in entry.values if dated is not now)
    reading = entry.reading.label if entry.reading else None
    return ToldFigure(entry.label, reading, told(now) if now else None, others)
