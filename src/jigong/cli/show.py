"""How decisions look in the terminal."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from rich.markup import escape

from jigong.cli.console import VERDICTS, Screen
from jigong.decisions.run import Run
from jigong.insight.difference import ClauseDifference
from jigong.insight.explain import Explained, ExplainedPart, ExplainedWorker, FactValue, Standing
from jigong.insight.missing import MissingPrice
from jigong.insight.portrait import IndicatorValue
from jigong.insight.ways import FoundWay, StepTotal
from jigong.kernel.text import Text
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.rules.paths import Way

_MARK = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]?[/]"}
_MOST_MISSING = 12
_UNITS = {
    "yuan": Text("元", "yuan"),
    "percent": Text("%", "%"),
    "person": Text("人", "people"),
    "household": Text("户", "households"),
    "enterprise": Text("家", "enterprises"),
    "event": Text("人次/件", "events"),
    "per_1000": Text("每千人", "per 1,000"),
    "month": Text("个月", "months"),
}


def run_as_json(run: Run) -> dict[str, Any]:
    """A run for a program."""
    return {
        "id": run.id,
        "folder": run.folder,
        "pack": run.pack,
        "pack_hash": run.pack_hash,
        "snapshot": run.snapshot,
        "known_on": run.known_on,
        "as_of": run.as_of,
        "workers": run.workers,
        "clauses": run.totals,
    }


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


def run_totals(screen: Screen, run: Run, pack: Pack) -> None:
    """How many are due what, and how much from which fund."""
    rows = []
    funds: dict[str, Decimal] = {}
    for total in run.totals:
        clause = pack.clauses[total.clause].clause.value
        fund = pack.funds[total.fund].value.label if total.fund else None
        if total.fund:
            funds[total.fund] = funds.get(total.fund, Decimal(0)) + total.due
        rows.append(
            (
                f"{clause.number:>2}\u00a0{screen(clause.label)}",
                total.yes,
                total.undecided,
                total.excluded or None,
                total.due_people,
                total.due if total.due else None,
                fund,
            )
        )
    screen.table(
        [
            (Text("条款", "clause"), "left"),
            (Text("符合", "yes"), "right"),
            (Text("待定", "undecided"), "right"),
            (Text("就高让位", "gives way"), "right"),
            (Text("应享人数", "people due"), "right"),
            (Text("应付(元)", "due (yuan)"), "right"),
            (Text("基金", "fund"), "left"),
        ],
        rows,
    )
    for id_, amount in funds.items():
        label = pack.funds[id_].value.label
        screen.say(f"  {label.zh}:{amount:,} 元", f"  {label.en}: {amount:,} yuan")


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
            _explained_clause(screen, entry, pack)


def _explained_clause(screen: Screen, entry: Explained, pack: Pack) -> None:
    style = {"yes": "bold green", "no": "bold red", "undecided": "bold yellow"}[entry.verdict]
    amount = f" {entry.amount:,} {screen(_UNITS['yuan'])}" if entry.amount else ""
    status = "" if entry.clause.status == "enacted" else screen(Text("〔假定〕", " [assumed]"))
    head = f"{entry.clause.number:>2} {screen(entry.clause.label)}{status}"
    screen.out.print(
        f"\n[{style}]{escape(screen(VERDICTS[entry.verdict]))}{escape(amount)}[/]  [bold]{escape(head)}[/]"
    )
    if entry.subject is None:
        label = pack.subjects[entry.clause.per].value.label
        why = (
            Text(f"没有可判定的{label.zh}", f"no {label.en} to decide about")
            if entry.verdict == "no"
            else Text(f"{label.zh}的数据没有到", f"the data about {label.en} did not come")
        )
        screen.out.print("   " + escape(screen(why)), style="dim")
        return
    if entry.clause.per != "worker":
        label = pack.subjects[entry.clause.per].value.label
        screen.out.print(f"   {escape(screen(label))} {escape(entry.subject)}", style="dim")
    if entry.branch_label is not None:
        screen.out.print(f"   → {escape(screen(entry.branch_label))}")
    if entry.standing is not None:
        _standing(screen, entry.standing, pack)
    for part in entry.conditions:
        _part(screen, part, pack)
    for fact in entry.award:
        screen.out.print(f"   [dim]= {escape(_fact(screen, fact, pack))}[/]")
    if entry.missing:
        screen.out.print(
            "   " + escape(screen(Text("还缺:", "missing: ")) + _names(screen, entry.missing, pack)),
            style="yellow",
        )
    if entry.way is not None:
        screen.out.print(f"   [cyan]↗ {escape(way_text(screen, entry.way, pack))}[/]")


def _standing(screen: Screen, standing: Standing, pack: Pack) -> None:
    """Which clause is kept instead, or the place in the queue."""
    if standing.excluded_by is not None:
        kept = pack.clauses[standing.excluded_by].clause.value.label
        text = Text(f"就高不重复:由“{kept.zh}”代替", f"the higher counts: {kept.en} is paid instead")
        screen.out.print(f"   {escape(screen(text))}", style="yellow")
    if standing.rank is not None:
        within = (
            Text("名额之内", "within the quota")
            if standing.in_quota
            else Text("名额之外", "outside the quota")
        )
        text = Text(f"排第 {standing.rank} 位,{within.zh}", f"place {standing.rank}, {within.en}")
        screen.out.print(f"   {escape(screen(text))}")


def _part(screen: Screen, part: ExplainedPart, pack: Pack) -> None:
    screen.out.print(f"   {_MARK[part.holds]} {escape(screen(part.label))}")
    for fact in part.facts:
        screen.out.print(f"       [dim]{escape(_fact(screen, fact, pack))}[/]")


def _fact(screen: Screen, fact: FactValue, pack: Pack) -> str:
    value = screen.cell(fact.value) if fact.value is not None else screen(Text("未知", "not known"))
    unit = f" {screen(_UNITS[fact.unit])}" if fact.unit in _UNITS and fact.value is not None else ""
    sources = "; ".join(
        f"{screen(pack.contracts[e.data_class].label)} {e.file}:{e.line}"
        + (f" ({e.holds_from})" if e.holds_from else "")
        for e in fact.evidence[:2]
    )
    more = f" +{len(fact.evidence) - 2}" if len(fact.evidence) > 2 else ""
    return f"{screen(fact.label)} = {value}{unit}" + (f"  ← {sources}{more}" if sources else "")


def way_text(screen: Screen, way: Way, pack: Pack) -> str:
    """A way in one sentence."""
    steps = screen(Text(";", "; ")).join(_step(screen, step, pack) for step in way.steps)
    worth = f"{way.worth:,} {screen(_UNITS['yuan'])}" if way.worth else screen(Text("即可享受", "entitled"))
    return screen(
        Text(f"最短路径:{steps} → {way.on} 起{worth}", f"shortest way: {steps} → {worth} from {way.on}")
    )


def _step(screen: Screen, step: Any, pack: Pack) -> str:
    action = screen(pack.actions[step.action].value.label)
    if step.months is not None:
        return screen(Text(f"{action}(再 {step.months} 个月)", f"{action} ({step.months} more months)"))
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


def one_step(screen: Screen, totals: Sequence[StepTotal], pack: Pack, most: int = 15) -> None:
    """How many are one step away from what."""
    screen.table(
        [
            (Text("只差一步", "one step away"), "left"),
            (Text("可得", "from"), "left"),
            (Text("人数", "people"), "right"),
            (Text("值(元)", "worth (yuan)"), "right"),
        ],
        [
            (
                pack.actions[total.action].value.label,
                _with_limit(screen, pack.clauses[total.clause].clause.value),
                total.people,
                total.yuan or None,
            )
            for total in totals[:most]
        ],
    )


def _with_limit(screen: Screen, clause: Clause) -> str:
    """A clause's label, marked where being entitled does not yet mean getting it."""
    limits = {"quota": Text("(按名额)", " (by quota)"), "lottery": Text("(摇号)", " (by lottery)")}
    return screen(clause.label) + screen(limits.get(clause.delivery.mode, ""))


def missing(screen: Screen, price: MissingPrice, pack: Pack) -> None:
    """Which missing data costs the most."""
    screen.table(
        [
            (Text("数据类", "class"), "left"),
            (Text("部门", "department"), "left"),
            (Text("待定人数", "people undecided"), "right"),
            (Text("涉及条款", "clauses"), "right"),
            (Text("悬而未决(元)", "yuan undecided"), "right"),
        ],
        [
            (
                pack.contracts[entry.data_class].label,
                pack.contracts[entry.data_class].department,
                entry.people,
                entry.clauses,
                entry.yuan,
            )
            for entry in price.classes[:_MOST_MISSING]
            if entry.people
        ],
    )
    idle = sum(1 for entry in price.classes if not entry.people)
    screen.say(f"其余 {idle} 类数据没有造成待定", f"the other {idle} classes leave nothing undecided")


def differences(screen: Screen, found: Sequence[ClauseDifference], after: Pack, before: Pack) -> None:
    """Who gains and who loses, clause by clause."""
    rows = [
        (
            (after if entry.clause in after.clauses else before).clauses[entry.clause].clause.value.label,
            entry.gain,
            entry.lose,
            entry.new_yes,
            entry.no_longer_yes,
            entry.before,
            entry.after,
            entry.after - entry.before,
        )
        for entry in found
        if entry.changed
    ]
    if not rows:
        screen.say("没有任何人受影响", "nobody is affected")
        return
    screen.table(
        [
            (Text("条款", "clause"), "left"),
            (Text("得益人数", "gain"), "right"),
            (Text("受损人数", "lose"), "right"),
            (Text("新符合", "new yes"), "right"),
            (Text("不再符合", "no longer yes"), "right"),
            (Text("原应付(元)", "before (yuan)"), "right"),
            (Text("现应付(元)", "after (yuan)"), "right"),
            (Text("差额(元)", "difference"), "right"),
        ],
        rows,
    )
    for entry in found:
        for person, was, is_ in entry.examples:
            screen.say(
                f"  例:{person} {was:,} → {is_:,} 元({entry.clause})",
                f"  e.g. {person} {was:,} → {is_:,} yuan ({entry.clause})",
            )


def indicators(screen: Screen, values: Sequence[IndicatorValue], pack: Pack, by: str | None) -> None:
    """Indicators beside the published figures."""
    rows = []
    for value in values:
        placed = pack.indicators[value.indicator]
        indicator = placed.indicator.value
        published = "; ".join(
            f"{screen.cell(_short(figure.value))} ({figure.on}, {figure.source}"
            + (screen(Text(",目标", ", target")) if figure.kind == "target" else "")
            + ")"
            for figure in indicator.published
        )
        quality = value.quality
        label = (
            screen(indicator.label) if value.group is None else f"{screen(indicator.label)} · {value.group}"
        )
        rows.append(
            (
                screen(placed.dimension.label),
                label,
                _short(value.value),
                _UNITS[indicator.unit],
                "—" if quality is None else f"{quality * 100:.1f}",
                published or None,
            )
        )
    screen.table(
        [
            (Text("维度", "dimension"), "left"),
            (Text("指标", "indicator"), "left"),
            (Text("值", "value"), "right"),
            (Text("单位", "unit"), "left"),
            (Text("数据齐备%", "known %"), "right"),
            (Text("公开数字", "published"), "left"),
        ],
        rows,
    )
    if by is not None:
        screen.say("无此分组的指标未列出", "indicators without this breakdown are left out")


def indicator_series(
    screen: Screen, series: Sequence[tuple[date, Sequence[IndicatorValue]]], pack: Pack
) -> None:
    """Overall indicators, a column for each date."""
    by_day = [
        {value.indicator: value.value for value in values if value.group is None} for _, values in series
    ]
    screen.table(
        [(Text("指标", "indicator"), "left"), *((str(day), "right") for day, _ in series)],
        [
            (placed.indicator.value.label, *(_short(values.get(id_)) for values in by_day))
            for id_, placed in pack.indicators.items()
        ],
    )


def _short(value: Decimal | None) -> Decimal | int | None:
    """A figure with at most two decimals, and none where it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else value.quantize(Decimal("0.01"))


def _names(screen: Screen, facts: Sequence[str], pack: Pack) -> str:
    return screen(Text("、", ", ")).join(screen(_label(name, pack)) for name in facts)


def _label(name: str, pack: Pack) -> Text:
    """What people call a fact, or a kind of subject."""
    if name in pack.facts:
        return pack.facts[name].label
    return pack.subjects[name].value.label if name in pack.subjects else Text(name, name)
