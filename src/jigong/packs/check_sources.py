"""Every part of a pack that a person can dispute, with its source; and those that have none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jigong.kernel.problems import Place, Problem, nearest
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.packs.shape import Placed
from jigong.packs.sources import ASSUMED, Sourced


@dataclass(frozen=True)
class SourcedThing:
    """A thing of a pack with parts that have a source or are assumed; ``kind`` is what people call such things."""

    kind: Text
    label: Text
    placed: Placed[Any]
    unit: str | None = None
    """Of a figure: what it is counted in."""

    @property
    def value(self) -> Sourced:
        """The thing itself."""
        thing: Sourced = self.placed.value
        return thing


_KINDS = {
    "fields": Text("政策领域", "Fields of policy"),
    "clauses": Text("条款", "Clauses"),
    "parameters": Text("数值", "Figures"),
    "funds": Text("基金", "Funds"),
    "offices": Text("部门与街道", "Offices and towns"),
    "actions": Text("可以怎么做", "What a person can do"),
    "deadlines": Text("办理期限", "Deadlines"),
    "dimensions": Text("积分", "Points"),
    "tiers": Text("积分档次", "Tiers"),
    "portrait": Text("画像维度", "Dimensions of the portrait"),
    "indicators": Text("指标", "Indicators"),
    "credentials": Text("凭证", "Credentials"),
    "sampling": Text("抽查办法", "How decisions are audited"),
    "skill_code": Text("技工码", "Skill code"),
    "figures": Text("公布的数字", "Published figures"),
    "defects": Text("原文的错漏", "Defects of the printed texts"),
    "programme": Text("总体", "The whole"),
}


def sourced_things(pack: Pack) -> Iterator[SourcedThing]:
    """Everything in a pack that has parts with sources, kind by kind."""
    top = Placed(pack.manifest, pack.documents[0], (), pack.manifest.name)
    yield SourcedThing(_KINDS["programme"], pack.manifest.label, top)
    for index, field in enumerate(pack.manifest.fields):
        yield SourcedThing(
            _KINDS["fields"], field.label, Placed(field, top.document, ("fields", index), top.layer)
        )
    for files in pack.clauses.values():
        label = files.clause.value.label
        number = files.clause.value.number
        yield SourcedThing(
            _KINDS["clauses"], Text(f"第 {number} 条 {label.zh}", f"No. {number} {label.en}"), files.clause
        )
    for entry in pack.parameters.values():
        for index, dated in enumerate(entry.value.values):
            path = (*entry.path, "values", index)
            yield SourcedThing(
                _KINDS["parameters"],
                entry.value.label,
                Placed(dated, entry.document, path, entry.layer),
                entry.value.unit,
            )
    for kind in ("funds", "offices", "actions", "deadlines", "dimensions"):
        for placed in getattr(pack, kind).values():
            yield SourcedThing(_KINDS[kind], placed.value.label, placed)
    for tier in pack.tiers:
        yield SourcedThing(_KINDS["tiers"], tier.value.label, tier)
    seen: set[str] = set()
    for indicator in pack.indicators.values():
        if indicator.dimension.id not in seen:
            seen.add(indicator.dimension.id)
            heading = Placed(
                indicator.dimension, indicator.indicator.document, ("dimension",), indicator.indicator.layer
            )
            yield SourcedThing(_KINDS["portrait"], indicator.dimension.label, heading)
    for indicator in pack.indicators.values():
        yield SourcedThing(_KINDS["indicators"], indicator.indicator.value.label, indicator.indicator)
    for credential in pack.credentials.values():
        yield SourcedThing(_KINDS["credentials"], credential.value.label, credential)
    for figure in pack.figures.values():
        yield SourcedThing(_KINDS["figures"], figure.value.label, figure, figure.value.unit)
    for defect in pack.defects.values():
        yield SourcedThing(_KINDS["defects"], defect.value.label, defect)
    for whole, kind in ((pack.sampling, "sampling"), (pack.skill_code, "skill_code")):
        if whole is not None:
            yield SourcedThing(_KINDS[kind], _KINDS[kind], whole)


def sources(pack: Pack) -> Iterator[Problem]:
    """Parts that have neither a source nor the word ``assumed``, sources that nobody knows, parts that are not there."""
    if ASSUMED in pack.declared_sources:
        yield Problem(
            Text(f"{ASSUMED} 不能作来源的编号", f"{ASSUMED} cannot be the id of a source"),
            Place(str(pack.layers[-1] / "pack.yaml")),
            Text("它表示来源未载明；删去这一项", "it means that no source states a part; remove it"),
        )
    for thing in sourced_things(pack):
        yield from _sources_of(thing, pack)
    printed: list[Placed[Any]] = [*pack.figures.values(), *pack.defects.values()]
    for placed in printed:
        for part, said in placed.value.source.items():
            if said.quote is None:
                yield placed.problem(
                    ("source", part),
                    f"“{placed.value.zh}”没有引原文",
                    f"“{placed.value.en}” does not quote the text",
                    remedy=("写成 {来源编号: 原文}", "write {source: the words of the text}"),
                )


def _sources_of(thing: SourcedThing, pack: Pack) -> Iterator[Problem]:
    placed, value = thing.placed, thing.value
    parts = value.parts()
    for part in parts:
        if value.stated(part) is None:
            yield placed.problem(
                (),
                f"“{thing.label.zh}”的 {part}（{parts[part].zh}）没有来源",
                f"{part} of “{thing.label.en}” has no source",
                remedy=(
                    "在 source 里写明来源编号；来源未载明的写 assumed",
                    "name the source under `source`; where no source states it, write assumed",
                ),
            )
    for name, said in value.source.items():
        if name and not any(part == name or part.startswith(f"{name}.") for part in parts):
            close = nearest(name, list(parts))
            yield placed.problem(
                ("source", name),
                f"“{thing.label.zh}”没有 {name} 这一部分",
                f"“{thing.label.en}” has no part {name}",
                remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
            )
        if said.source not in pack.manifest.sources:
            close = nearest(said.source, list(pack.manifest.sources))
            yield placed.problem(
                ("source", name) if name else ("source",),
                f"没有名为 {said.source} 的来源",
                f"there is no source named {said.source}",
                remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
            )
