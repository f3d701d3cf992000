"""What one can say of a pack without understanding its expressions: dates, ids, sources, texts."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from jigong.kernel.problems import Problem, nearest
from jigong.packs.model import ParameterEntry
from jigong.packs.pack import Pack, last_day
from jigong.packs.shape import Placed

_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "integer": int,
    "decimal": (int, Decimal),
    "boolean": bool,
    "string": str,
    "date": date,
    "list of string": (tuple, str),
}


def check_structure(pack: Pack) -> list[Problem]:
    """Gaps and overlaps in dated values, values of the wrong type, ids that nothing has, missing texts."""
    return [
        *(problem for name, placed in pack.parameters.items() for problem in _parameter(name, placed, pack)),
        *_actions(pack),
        *_funds(pack),
        *_clauses(pack),
        *_indicators(pack),
        *_points(pack),
    ]


def _parameter(name: str, placed: Placed[ParameterEntry], pack: Pack) -> Iterator[Problem]:
    entry = placed.value
    for index, dated in enumerate(entry.values):
        path = ("values", index)
        if not isinstance(dated.value, _PYTHON_TYPES[entry.type]) or (
            isinstance(dated.value, bool) and entry.type != "boolean"
        ):
            yield placed.problem(
                (*path, "value"),
                f"{name} 是 {entry.type},这里的值却是 {dated.value!r}",
                f"{name} is {entry.type}, but this value is {dated.value!r}",
                remedy=("改正值,或改正 type", "correct the value, or the type"),
            )
        yield from _unknown(placed, (*path, "source"), dated.source, pack.manifest.sources, "来源", "source")
        if dated.to is not None and dated.to < dated.from_:
            yield placed.problem(
                (*path, "to"),
                "结束早于开始",
                "it ends before it begins",
                remedy=("改正日期", "correct the dates"),
            )
        if index + 1 < len(entry.values):
            yield from _join(name, placed, index)


def _join(name: str, placed: Placed[ParameterEntry], index: int) -> Iterator[Problem]:
    """The seam between a value and the next one: in order, without gap or overlap."""
    entry = placed.value
    next_from, end = entry.values[index + 1].from_, last_day(entry, index)
    path = ("values", index + 1, "from")
    if next_from <= entry.values[index].from_ or next_from <= end:
        yield placed.problem(
            path,
            f"{name}:从 {next_from} 起的值与前一个(至 {end})重叠",
            f"{name}: the value from {next_from} overlaps the one before (until {end})",
            remedy=("让后一个从前一个结束的次日开始", "let it begin the day after the other ends"),
        )
    elif next_from > end + timedelta(days=1):
        yield placed.problem(
            path,
            f"{name}:{end + timedelta(days=1)} 至 {next_from - timedelta(days=1)} 没有值",
            f"{name}: no value from {end + timedelta(days=1)} to {next_from - timedelta(days=1)}",
            remedy=(
                "补上中间的值,或删去前一个的 to",
                "add a value between, or remove the `to` of the one before",
            ),
        )


def _actions(pack: Pack) -> Iterator[Problem]:
    for placed in pack.actions.values():
        action = placed.value
        yield from _unknown(placed, ("fact",), action.fact, pack.facts, "事实", "fact")
        if (action.grows is None) == (action.days is None):
            yield placed.problem(
                (),
                f"行动 {action.id} 须写 grows 或 days 之一",
                f"action {action.id} needs either grows or days",
                remedy=("逐月增长写 grows,一次办成写 days", "grows for month by month, days for at once"),
            )


def _funds(pack: Pack) -> Iterator[Problem]:
    for placed in pack.funds.values():
        yield from _unknown(placed, ("budget",), placed.value.budget, pack.parameters, "参数", "parameter")


def _clauses(pack: Pack) -> Iterator[Problem]:
    fields = {field.id for field in pack.manifest.fields}
    numbers: dict[int, str] = {}
    for files in pack.clauses.values():
        placed, clause = files.clause, files.clause.value
        yield from _unknown(placed, ("field",), clause.field, fields, "领域", "field")
        yield from _unknown(placed, ("per",), clause.per, pack.subjects, "主体", "subject")
        yield from _unknown(
            placed, ("basis", "source"), clause.basis.source, pack.manifest.sources, "来源", "source"
        )
        if clause.fund is not None:
            yield from _unknown(placed, ("fund",), clause.fund, pack.funds, "基金", "fund")
        if clause.delivery.quota is not None:
            yield from _unknown(
                placed, ("delivery", "quota"), clause.delivery.quota, pack.parameters, "参数", "parameter"
            )
        elif clause.delivery.mode in ("quota", "lottery"):
            yield placed.problem(
                ("delivery",),
                f"{clause.delivery.mode} 需要写明 quota 参数",
                f"{clause.delivery.mode} needs its quota parameter",
                remedy=("加上 quota: 主题.名称", "add quota: topic.name"),
            )
        for index, condition in enumerate(clause.conditions):
            for action in condition.change:
                change = ("conditions", index, "change")
                yield from _unknown(placed, change, action, pack.actions, "行动", "action")
        for ids, path in (
            ([c.id for c in clause.conditions], ("conditions",)),
            ([a.id for a in clause.awards], ("awards",)),
        ):
            for id_ in {id_ for id_ in ids if ids.count(id_) > 1}:
                yield placed.problem(
                    path, f"{id_} 用了两次", f"{id_} is used twice", remedy=("另起名字", "rename one")
                )
        if clause.number in numbers:
            yield placed.problem(
                ("number",),
                f"第 {clause.number} 条已是 {numbers[clause.number]}",
                f"number {clause.number} is {numbers[clause.number]} already",
                remedy=("换一个编号", "choose another number"),
            )
        numbers[clause.number] = clause.id


def _indicators(pack: Pack) -> Iterator[Problem]:
    for entry in pack.indicators.values():
        placed, indicator = entry.indicator, entry.indicator.value
        yield from _unknown(placed, ("per",), indicator.per, pack.subjects, "主体", "subject")
        if indicator.over is not None:
            yield from _unknown(placed, ("over", "per"), indicator.over.per, pack.subjects, "主体", "subject")
        for index, figure in enumerate(indicator.published):
            path = ("published", index, "source")
            yield from _unknown(placed, path, figure.source, pack.manifest.sources, "来源", "source")
    for breakdown in pack.breakdowns.values():
        for fact in breakdown.value.facts:
            yield from _unknown(breakdown, ("fact",), fact, pack.facts, "事实", "fact")


def _points(pack: Pack) -> Iterator[Problem]:
    for tier in pack.tiers:
        yield from _unknown(tier, ("from",), tier.value.from_, pack.parameters, "参数", "parameter")


def _unknown(
    placed: Placed[Any], path: tuple[str | int, ...], name: str, known: Iterable[str], zh: str, en: str
) -> Iterator[Problem]:
    """A problem if ``name`` is not ``known``, with the nearest name."""
    names = list(known)
    if name not in names:
        close = nearest(name, names)
        yield placed.problem(
            path,
            f"没有名为 {name} 的{zh}",
            f"there is no {en} named {name}",
            remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )
