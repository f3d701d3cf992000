"""How one worker looks in the terminal: every clause with its reasons, and the ways from no to yes."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from rich.markup import escape

from jigong.cli.console import UNITS, VERDICTS, Screen
from jigong.insight.explain import Explained, ExplainedPart, ExplainedWorker, FactValue, ParameterRead
from jigong.insight.held import Standing
from jigong.insight.ways import FoundWay
from jigong.insight.words import (
    bounds_words,
    nobody_words,
    outbid_words,
    place_words,
    reckoned_words,
    where_words,
    withdrawn_words,
)
from jigong.kernel.text import Text, counted
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.rules.paths import Way

_STATUS = {
    "enacted": Text("", ""),
    "partly": Text("〔部分暂定〕", " [partly assumed]"),
    "assumed": Text("〔暂定〕", " [assumed]"),
}
_MARK = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]?[/]"}


def explained_as_json(found: ExplainedWorker, only: str | None) -> dict[str, Any]:
    """One worker's explanation for a program; clauses by id and name, only ``only`` where given."""
    clauses = []
    for entry in found.clauses:
        if only is None or entry.clause.id == only:
            clause = entry.clause
            named = {
                "id": clause.id,
                "number": clause.number,
                "zh": clause.zh,
                "en": clause.en,
                "status": clause.status,
            }
            rest = {
                field.name: getattr(entry, field.name) for field in fields(entry) if field.name != "clause"
            }
            clauses.append({"clause": named, **rest})
    return {"worker": found.worker, "as_of": found.as_of, "points": found.points, "clauses": clauses}


def explained(screen: Screen, found: ExplainedWorker, pack: Pack, only: str | None) -> None:
    """One worker, every clause with its reasons."""
    points = found.points
    dimensions = ", ".join(
        f"{screen(placed.value.label)} {points[f'points_{id_}']}" for id_, placed in pack.dimensions.items()
    )
    tier = next((t.value for t in pack.tiers if t.value.id == points["tier"]), None)
    screen.say(
        f"{found.worker}  {found.as_of}  积分 {points['points_total']}({dimensions}){tier.zh if tier else ''}",
        f"{found.worker}  {found.as_of}  points {points['points_total']} ({dimensions}) {tier.en if tier else ''}",
        style="bold",
    )
    for entry in found.clauses:
        if only is None or entry.clause.id == only:
            _explained_clause(screen, entry, pack, found.as_of)
    if only is not None and only in pack.clauses:
        _readings(screen, pack, pack.clauses[only].clause.value)


def _readings(screen: Screen, pack: Pack, clause: Clause) -> None:
    """How the clause's text was read where it could be read in more than one way."""
    since = screen(Text(f"{clause.in_force.from_} 起", f"since {clause.in_force.from_}"))
    for reading in pack.readings_of(clause):
        line = f"{screen(Text('解读', 'reading'))} ({since}) {screen(reading.label)}"
        screen.out.print(f"   [dim]{escape(line)}[/]")


def _explained_clause(screen: Screen, entry: Explained, pack: Pack, as_of: date) -> None:
    style = {"yes": "bold green", "no": "bold red", "undecided": "bold yellow"}[entry.verdict]
    amount = f" {entry.amount:,} {screen(UNITS['yuan'])}" if entry.amount else ""
    status = screen(_STATUS[entry.clause.status])
    head = f"{entry.clause.number:>2} {screen(entry.clause.label)}{status}"
    screen.out.print(
        f"\n[{style}]{escape(screen(VERDICTS[entry.verdict]))}{escape(amount)}[/]  [bold]{escape(head)}[/]"
    )
    if entry.subject is None:
        label = pack.subjects[entry.clause.per].value.label
        why = (
            Text(f"没有可判定的{label.zh}", f"no {label.en} to decide about")
            if entry.verdict == "no"
            else Text(f"有一行{label.zh}的数据等着改正", f"a row about {label.en} waits to be put right")
            if entry.waiting
            else Text(f"{label.zh}的数据没有到", f"the data about {label.en} did not come")
        )
        screen.out.print("   " + escape(screen(why)), style="dim")
        _waiting(screen, entry, pack)
        if entry.way is not None:
            screen.out.print(f"   [cyan]↗ {escape(way_text(screen, entry.way, pack))}[/]")
        return
    if entry.clause.per != "worker":
        label = pack.subjects[entry.clause.per].value.label
        screen.out.print(f"   {escape(screen(label))} {escape(entry.subject)}", style="dim")
    if entry.branch_label is not None:
        screen.out.print(f"   → {escape(screen(entry.branch_label))}")
    if entry.standing is not None:
        _standing(screen, entry.standing, pack)
    for part in entry.conditions:
        _part(screen, part, pack, as_of)
    for fact in entry.award:
        screen.out.print(f"   [dim]= {escape(_fact(screen, fact, pack, as_of))}[/]")
    if entry.missing:
        screen.out.print(
            "   " + escape(screen(Text("还缺:", "missing: ")) + _names(screen, entry.missing, pack)),
            style="yellow",
        )
    _waiting(screen, entry, pack)
    if entry.way is not None:
        screen.out.print(f"   [cyan]↗ {escape(way_text(screen, entry.way, pack))}[/]")


def _waiting(screen: Screen, entry: Explained, pack: Pack) -> None:
    """What waits to be put right: what keeps the verdict open, and what nobody can tell whose it is."""
    for ghost in entry.waiting:
        screen.out.print(
            "   " + escape(screen(Text("等着改正：", "waits: ")) + screen(where_words(ghost, pack))),
            style="yellow",
        )
    for one in entry.withdrawn:
        screen.out.print("   " + escape(screen(withdrawn_words(one, pack))), style="yellow")
    if (nobody := nobody_words(entry.nobody, pack)) is not None:
        screen.out.print("   " + escape(screen(nobody)), style="dim")


def _standing(screen: Screen, standing: Standing, pack: Pack) -> None:
    """Which clause is kept instead, or the place in the queue."""
    if standing.excluded_by is not None:
        kept = pack.clauses[standing.excluded_by].clause.value.label
        text = Text(f"就高不重复：由“{kept.zh}”代替", f"the higher counts: {kept.en} is paid instead")
        screen.out.print(f"   {escape(screen(text))}", style="yellow")
    for other in standing.outbid_by:
        screen.out.print(f"   {escape(screen(outbid_words(other, pack)))}", style="yellow")
    if (place := place_words(standing)) is not None:
        within = (
            Text("名额之内", "within the quota")
            if standing.in_quota
            else Text("名额之外", "outside the quota")
        )
        text = (
            Text(f"{place.zh}，{within.zh}", f"{place.en}, {within.en}")
            if standing.rank is not None
            else place
        )
        screen.out.print(f"   {escape(screen(text))}")


def _part(screen: Screen, part: ExplainedPart, pack: Pack, as_of: date) -> None:
    screen.out.print(f"   {_MARK[part.holds]} {escape(screen(part.label))}")
    for fact in part.facts:
        screen.out.print(f"       [dim]{escape(_fact(screen, fact, pack, as_of))}[/]")
    for parameter in part.parameters:
        screen.out.print(f"       [dim]{escape(_rule(screen, parameter))}[/]")


def _rule(screen: Screen, parameter: ParameterRead) -> str:
    """A value of the pack that a condition rests on, with its source."""
    values = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
    shown = screen(Text("、", ", ")).join(screen.cell(value) for value in values[:4])
    more = "…" if len(values) > 4 else ""
    unit = _unit(screen, parameter.unit)
    source = screen(Text("暂定", "assumed")) if parameter.assumed else parameter.source
    return f"{screen(Text('规定', 'rule'))} {screen(parameter.label)} = {shown}{more}{unit} ({source})"


def _unit(screen: Screen, unit: str | None) -> str:
    """A unit after a number, with a blank; nothing where it has none."""
    return f" {screen(UNITS[unit])}" if unit is not None and unit in UNITS else ""


def _fact(screen: Screen, fact: FactValue, pack: Pack, as_of: date) -> str:
    called = pack.words_for(fact.name, fact.value) or fact.value
    bounds = bounds_words(fact)
    value = screen.cell(called) if called is not None else screen(bounds or Text("未知", "not known"))
    unit = _unit(screen, fact.unit) if fact.value is not None or bounds else ""
    sources = "; ".join(
        f"{screen(pack.contracts[e.data_class].label)} {e.file}:{e.line}"
        + (f" ({e.holds_from})" if e.holds_from else "")
        for e in fact.evidence[:2]
    )
    more = f" +{len(fact.evidence) - 2}" if len(fact.evidence) > 2 else ""
    counted = reckoned_words(fact.reckoned, as_of)
    until = f" ({screen(counted)})" if counted else ""
    return f"{screen(fact.label)} = {value}{unit}{until}" + (f"  ← {sources}{more}" if sources else "")


def way_text(screen: Screen, way: Way, pack: Pack) -> str:
    """A way in one sentence."""
    steps = screen(Text(";", "; ")).join(_step(screen, step, pack) for step in way.steps)
    worth = f"{way.worth:,} {screen(UNITS['yuan'])}" if way.worth else screen(Text("即可享受", "entitled"))
    return screen(
        Text(f"最短路径：{steps} → {way.on} 起{worth}", f"shortest way: {steps} → {worth} from {way.on}")
    )


def _step(screen: Screen, step: Any, pack: Pack) -> str:
    action = screen(pack.actions[step.action].value.label)
    if step.months is not None:
        return screen(
            Text(f"{action}(再 {step.months} 个月)", f"{action} ({counted(step.months, 'more month')})")
        )
    target = "" if isinstance(step.target, bool) else f" → {screen.cell(step.target)}"
    return f"{action}{target}"


def ways(screen: Screen, found: Sequence[FoundWay], pack: Pack) -> None:
    """The ways of one worker."""
    if not found:
        screen.say("没有可由本人改变的“不符合”", "nothing that says no can be changed by the worker")
    for entry in found:
        clause = pack.clauses[entry.clause].clause.value
        screen.out.print(
            f"[bold]{clause.number:>2} {escape(screen(clause.label))}[/] {escape(way_text(screen, entry.way, pack))}"
        )


def _names(screen: Screen, facts: Sequence[str], pack: Pack) -> str:
    return screen(Text("、", ", ")).join(screen(_label(name, pack)) for name in facts)


def _label(name: str, pack: Pack) -> Text:
    """What people call a fact, or a kind of subject."""
    if name in pack.facts:
        return pack.facts[name].label
    return pack.subjects[name].value.label if name in pack.subjects else Text(name, name)
