"""Reads a pack's folder, and the packs it extends, into one :class:`~jigong.packs.pack.Pack`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jigong.kernel.problems import JigongError, Place, error
from jigong.packs.contract import Contract
from jigong.packs.document import read_document
from jigong.packs.layer import Build, read_layer
from jigong.packs.model import (
    Manifest,
    Source,
    Subject,
)
from jigong.packs.pack import (
    ClauseFiles,
    Pack,
    Topic,
    general_conditions,
    kinds_about,
)
from jigong.packs.shape import Placed
from jigong.packs.sources import ASSUMED, ASSUMED_LABEL


def read_pack(folder: Path, *, contracts: bool = True) -> Pack:
    """The pack in ``folder`` laid over those it extends.

    ``contracts=False`` leaves the data contracts unread: enough to judge given facts.

    Raises:
        JigongError: every problem of shape found in any file, with places.
    """
    layers = _layers(folder)
    build = Build()
    for layer in layers:
        read_layer(layer, build, contracts)
    if build.problems:
        raise JigongError(*build.problems)
    return Pack(
        manifest=_whole_manifest(build.manifests),
        declared_sources=frozenset(id_ for part in build.manifests for id_ in part.sources),
        layers=tuple(layers),
        documents=tuple(build.documents),
        contracts=_with_offices(build),
        subjects=build.kinds["subject"],
        topics={name: _with_common(topic, build.common) for name, topic in build.topics.items()},
        parameters=build.kinds["parameter"],
        actions=build.kinds["action"],
        funds=build.kinds["fund"],
        offices=build.kinds["office"],
        words=build.kinds["word list"],
        bank_words=build.kinds["bank word"],
        directory=build.kinds["directory"],
        deadlines=build.kinds["deadline"],
        papers=build.kinds["paper"],
        reports=build.kinds["report"],
        clauses={
            id_: _with_general(files, build.kinds["subject"])
            for id_, files in sorted(build.clauses.items(), key=lambda item: item[1].clause.value.number)
        },
        dimensions=build.kinds["points dimension"],
        tiers=tuple(build.tiers),
        indicators=build.indicators,
        breakdowns=build.kinds["breakdown"],
        sampling=build.kinds["sampling"].get("sampling"),
        credentials=build.kinds["credential"],
        figures=build.kinds["figure"],
        defects=build.kinds["defect"],
        skill_code=build.kinds["skill code"].get("skill code"),
        replaced=tuple(build.replaced),
    )


def _whole_manifest(layers: list[Manifest]) -> Manifest:
    """The manifest of all layers: the name of the highest that does not only amend, and everybody's sources and fields."""
    named = next((m for m in reversed(layers) if not m.amends), layers[-1])
    sources = {key: value for part in layers for key, value in part.sources.items()}
    return named.model_copy(
        update={
            "source": {key: said for part in layers for key, said in part.source.items()},
            "sources": {**sources, ASSUMED: Source(zh=ASSUMED_LABEL.zh, en=ASSUMED_LABEL.en)},
            "readings": tuple({r.id: r for part in layers for r in part.readings}.values()),
            "fields": tuple({f.id: f for part in layers for f in part.fields}.values()),
        }
    )


def _with_general(files: ClauseFiles, subjects: Mapping[str, Placed[Subject]]) -> ClauseFiles:
    """A clause with the conditions that hold for every clause about its subject, and its cases with what they take
    for granted."""
    clause, cases = files.clause, files.cases
    general = general_conditions(clause.value, subjects)
    if not general:
        return files
    kinds = [subjects[kind].value for kind in kinds_about(clause.value, subjects)]
    said = {
        f"conditions.{entry.id}": stated
        for entry in general
        for kind in kinds
        if entry in kind.conditions and (stated := kind.stated(f"conditions.{entry.id}")) is not None
    }
    whole = clause.value.model_copy(
        update={"conditions": (*clause.value.conditions, *general), "source": {**said, **clause.value.source}}
    )
    if cases is not None:
        given = {name: value for kind in kinds for name, value in kind.given.items()}
        cases = replace(cases, value=cases.value.model_copy(update={"base": {**given, **cases.value.base}}))
    return ClauseFiles(replace(clause, value=whole), cases)


def _with_common(topic: Topic, common: Mapping[str, str]) -> Topic:
    """A topic with the common SELECTs that it reads as WITH names, on the line where its SELECT begins."""
    used: list[str] = []

    def use(text: str) -> None:
        for name in common:
            if name not in used and re.search(rf"\b(?:FROM|JOIN)\s+{name}\b", text):
                use(common[name])
                used.append(name)

    use(topic.sql)
    if not used:
        return topic
    names = ", ".join(f"{name} AS ({common[name]})" for name in used)
    begins = re.match(r"(?:\s|--[^\n]*\n)*", topic.sql)
    assert begins is not None
    before, rest = topic.sql[: begins.end()], topic.sql[begins.end() :]
    own = re.match(r"WITH\s+", rest)
    rest = f"WITH {names}, {rest[own.end() :]}" if own else f"WITH {names} {rest}"
    return replace(topic, sql=before + rest)


def _layers(folder: Path) -> list[Path]:
    """The folders of a pack's layers, the lowest first."""
    layers: list[Path] = []
    asked_at: Place | None = None
    next_: Path | None = folder
    while next_ is not None:
        if next_ in layers:
            raise error(
                f"{folder} 的 extends 绕成了圈",
                f"the packs that {folder} extends go round in a circle",
                place=asked_at,
                remedy=("删去其中一个 extends", "remove one extends"),
            )
        if not (next_ / "pack.yaml").is_file():
            raise error(
                f"{next_} 不是技工包：缺少 pack.yaml",
                f"{next_} is not a pack: it has no pack.yaml",
                place=asked_at,
                remedy=(
                    "检查路径；被 extends 的包要放在同一个上级文件夹里",
                    "check the path; a pack that is extended stands beside the one that extends it",
                ),
            )
        layers.insert(0, next_)
        document = read_document(next_ / "pack.yaml")
        beneath = document.data.get("extends") if isinstance(document.data, dict) else None
        asked_at = document.place(("extends",))
        # `.` and `..` have no name, so nothing stands beside them until they are resolved.
        beside = (next_ if next_.name not in ("", "..") else next_.resolve()).parent
        next_ = beside / str(beneath) if beneath else None
    return layers


def _with_offices(build: Build) -> dict[str, Contract]:
    """The contracts by number, each with the id of its office: contracts name departments in words, all else by id."""
    ids = {placed.value.zh: id_ for id_, placed in build.kinds["office"].items()}
    contracts = sorted(build.contracts.values(), key=lambda contract: contract.number)
    return {one.name: replace(one, office=ids.get(one.department.zh)) for one in contracts}
