"""How decisions look in the terminal."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jigong.cli.console import UNITS, Screen
from jigong.decisions.run import Run
from jigong.insight.difference import ClauseDifference
from jigong.insight.missing import MissingPrice
from jigong.insight.portrait import IndicatorValue
from jigong.insight.ways import StepTotal
from jigong.kernel.text import Text, counted
from jigong.packs.model import Clause
from jigong.packs.pack import Pack

_MOST_MISSING = 12


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
    screen.say(
        f"其余 {idle} 类数据没有造成待定",
        f"{counted(idle, 'other class leaves', 'other classes leave')} nothing undecided",
    )


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
                f"  例：{person} {was:,} → {is_:,} 元({entry.clause})",
                f"  e.g. {person} {was:,} → {is_:,} yuan ({entry.clause})",
            )


def indicators(screen: Screen, values: Sequence[IndicatorValue], pack: Pack, by: str | None) -> None:
    """Indicators beside the published figures."""
    rows = []
    for value in values:
        placed = pack.indicators[value.indicator]
        indicator = placed.indicator.value
        published = "; ".join(
            f"{screen.cell(_short(figure.value))}{' %' if figure.unit else ''} ({figure.on}, {figure.source}"
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
                UNITS[indicator.unit],
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
