"""Reads one layer: the files of a pack's folder, beside what the packs beneath it gave."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text
from jigong.packs.contract import HEADERS, Contract, read_contracts, read_headers
from jigong.packs.credentials import CredentialKind, SkillCodeContent
from jigong.packs.document import Document, parse_document, read_document, read_text
from jigong.packs.enterprise import Paper, Report
from jigong.packs.figures import Defect, Figure
from jigong.packs.measures import Breakdown, Dimension, IndicatorFile, Tier
from jigong.packs.model import (
    Action,
    BankWord,
    Cases,
    Clause,
    Deadline,
    Directory,
    Fund,
    Manifest,
    Office,
    ParameterEntry,
    Subject,
    TopicHeader,
    WordList,
)
from jigong.packs.pack import (
    ClauseFiles,
    PlacedIndicator,
    Replaced,
    Topic,
)
from jigong.packs.sampling import Sampling
from jigong.packs.shape import Placed, shaped

_HEADER = re.compile(r"\s*/\*[ \t]*\n(?P<yaml>.*?)\*/[ \t]*\n(?P<sql>.*)", re.DOTALL)


@dataclass
class Build:
    """What has been read so far, layer upon layer."""

    problems: list[Problem] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    manifests: list[Manifest] = field(default_factory=list)
    contracts: dict[str, Contract] = field(default_factory=dict)
    headers: dict[str, Sequence[str]] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    common: dict[str, str] = field(default_factory=dict)
    clauses: dict[str, ClauseFiles] = field(default_factory=dict)
    indicators: dict[str, PlacedIndicator] = field(default_factory=dict)
    tiers: list[Placed[Tier]] = field(default_factory=list)
    kinds: dict[str, dict[str, Placed[Any]]] = field(
        default_factory=lambda: {
            kind: {}
            for kind in (
                "subject",
                "parameter",
                "action",
                "fund",
                "office",
                "word list",
                "bank word",
                "directory",
                "deadline",
                "paper",
                "report",
                "points dimension",
                "breakdown",
                "sampling",
                "credential",
                "skill code",
                "figure",
                "defect",
            )
        }
    )
    layer_of: dict[tuple[str, str], str] = field(default_factory=dict)
    replaced: list[Replaced] = field(default_factory=list)

    def document(self, file: Path) -> Document | None:
        """The document in ``file``; None and a problem where it cannot be read."""
        try:
            document = read_document(file)
        except JigongError as bad:
            self.problems += bad.problems
            return None
        self.documents.append(document)
        return document

    def note(self, kind: str, id_: str, layer: str, place: Place) -> bool:
        """Remember that ``layer`` gives ``id_``; False, and a problem, if it gives it twice."""
        before = self.layer_of.get((kind, id_))
        if before == layer:
            self.problems.append(
                Problem(
                    Text(f"{id_} 写了两次", f"{kind} {id_} is given twice"),
                    place,
                    Text("只保留一处，或另起一个 id", "keep one, or choose another id"),
                )
            )
            return False
        if before is not None:
            self.replaced.append(Replaced(kind, id_, layer, before, place))
        self.layer_of[(kind, id_)] = layer
        return True

    def add(self, kind: str, id_: str, placed: Placed[Any] | None) -> None:
        """Add or replace one thing of a kind."""
        if placed is not None and self.note(kind, id_, placed.layer, placed.place()):
            self.kinds[kind][id_] = placed


def read_layer(folder: Path, build: Build, contracts: bool) -> None:
    """Read a pack's folder into ``build``; with what is wrong among its problems. Contracts only where they are wanted."""
    document = build.document(folder / "pack.yaml")
    manifest = shaped(Manifest, document, (), folder.name, build.problems) if document else None
    if manifest is None:
        return
    layer = manifest.value.name
    if any(layer == below.name for below in build.manifests):
        build.problems.append(
            manifest.problem(
                ("name",),
                f"下层的包也叫 {layer}",
                f"a pack beneath is called {layer} too",
                remedy=("每一层用自己的名字", "give each layer a name of its own"),
            )
        )
        return
    build.manifests.append(manifest.value)
    for id_ in manifest.value.sources:
        build.note("source", id_, layer, manifest.place("sources", id_))
    for index, field_ in enumerate(manifest.value.fields):
        build.note("field", field_.id, layer, manifest.place("fields", index, "id"))
    if contracts and (folder / "contracts").is_dir():
        try:
            build.headers |= read_headers(folder / HEADERS)
            read = read_contracts(folder / "contracts", known=build.contracts, headers=build.headers)
        except JigongError as bad:
            build.problems += bad.problems
        else:
            for name, contract in read.items():
                if build.note("contract", name, layer, Place(str(contract.file))):
                    build.contracts[name] = contract
    _read_mapping(folder / "facts" / "subjects.yaml", "subject", Subject, layer, build)
    for file in sorted((folder / "facts").glob("*.sql")):
        _read_topic(file, layer, build)
    for file in sorted((folder / "facts" / "common").glob("*.sql")):
        _read_common(file, layer, build)
    for file in sorted((folder / "parameters").glob("*.yaml")):
        _read_mapping(file, "parameter", ParameterEntry, layer, build, prefix=f"{file.stem}.")
    _read_list(folder / "actions.yaml", "action", Action, layer, build)
    _read_list(folder / "funds.yaml", "fund", Fund, layer, build)
    _read_list(folder / "offices.yaml", "office", Office, layer, build)
    _read_mapping(folder / "words.yaml", "word list", WordList, layer, build)
    _read_mapping(folder / "bank.yaml", "bank word", BankWord, layer, build)
    _read_mapping(folder / "directory.yaml", "directory", Directory, layer, build)
    _read_mapping(folder / "deadlines.yaml", "deadline", Deadline, layer, build)
    _read_list(folder / "papers.yaml", "paper", Paper, layer, build)
    _read_list(folder / "reports.yaml", "report", Report, layer, build)
    _read_whole(folder / "sampling.yaml", "sampling", Sampling, layer, build)
    _read_list(folder / "credentials.yaml", "credential", CredentialKind, layer, build)
    _read_list(folder / "figures.yaml", "figure", Figure, layer, build)
    _read_list(folder / "defects.yaml", "defect", Defect, layer, build)
    _read_whole(folder / "skill_code.yaml", "skill code", SkillCodeContent, layer, build)
    for file in sorted((folder / "clauses").glob("*/clause.yaml")):
        _read_clause(file, layer, build)
    for file in sorted((folder / "points").glob("*.yaml")):
        if file.name == "tiers.yaml":
            _read_tiers(file, layer, build)
        elif document := build.document(file):
            placed = shaped(Dimension, document, (), layer, build.problems)
            build.add("points dimension", placed.value.id if placed else file.stem, placed)
    for file in sorted((folder / "indicators").glob("*.yaml")):
        if file.name == "breakdowns.yaml":
            _read_mapping(file, "breakdown", Breakdown, layer, build)
        else:
            _read_indicators(file, layer, build)


def _read_mapping(file: Path, kind: str, type_: type, layer: str, build: Build, prefix: str = "") -> None:
    """A file of ``id: {…}``; a missing file gives nothing."""
    document = build.document(file) if file.is_file() else None
    if document is None:
        return
    if not isinstance(document.data, dict):
        build.problems.append(document.problem((), "需要一组“键： 值”", "needs keys with values"))
        return
    for key in document.data:
        build.add(kind, prefix + key, shaped(type_, document, (key,), layer, build.problems))


def _read_list(file: Path, kind: str, type_: type, layer: str, build: Build) -> None:
    """A file of ``- id: …``; a missing file gives nothing."""
    document = build.document(file) if file.is_file() else None
    if document is None:
        return
    if not isinstance(document.data, list):
        build.problems.append(document.problem((), "需要一个列表", "needs a list"))
        return
    for index in range(len(document.data)):
        placed = shaped(type_, document, (index,), layer, build.problems)
        if placed is not None:
            build.add(kind, placed.value.id, placed)


def _read_whole(file: Path, kind: str, type_: type, layer: str, build: Build) -> None:
    """The file as a whole is one thing; a missing file gives nothing."""
    document = build.document(file) if file.is_file() else None
    if document is not None:
        build.add(kind, kind, shaped(type_, document, (), layer, build.problems))


def _read_topic(file: Path, layer: str, build: Build) -> None:
    try:
        text = read_text(file)
    except JigongError as bad:
        build.problems += bad.problems
        return
    match = _HEADER.fullmatch(text)
    if match is None:
        build.problems.append(
            Problem(
                Text(f"{file.name} 缺少 /* … */ 中的 YAML 头", f"{file.name} has no YAML header in /* … */"),
                Place(str(file), 1),
                Text("第一行写 /*,随后写 subject 和 facts", "begin with /*, then subject and facts"),
            )
        )
        return
    try:
        # Blank lines stand for what comes before the header, so that line numbers are those of the file.
        before = text.count("\n", 0, match.start("yaml"))
        document = parse_document("\n" * before + match["yaml"], file)
    except JigongError as bad:
        build.problems += bad.problems
        return
    build.documents.append(document)
    header = shaped(TopicHeader, document, (), layer, build.problems)
    if header is not None and build.note("topic", file.stem, layer, header.place()):
        sql_line = text[: match.start("sql")].count("\n") + 1
        build.topics[file.stem] = Topic(file.stem, header, match["sql"], file, sql_line)


def _read_common(file: Path, layer: str, build: Build) -> None:
    """A SELECT that several topics read by the file's name."""
    try:
        lines = read_text(file).splitlines()
    except JigongError as bad:
        build.problems += bad.problems
        return
    if build.note("common SELECT", file.stem, layer, Place(str(file))):
        # In one line, so that the lines of a topic stay what they are.
        build.common[file.stem] = " ".join(line.split("--")[0].strip() for line in lines).strip().rstrip(";")


def _read_clause(file: Path, layer: str, build: Build) -> None:
    document = build.document(file)
    clause = shaped(Clause, document, (), layer, build.problems) if document else None
    cases_file = file.with_name("cases.yaml")
    cases_document = build.document(cases_file) if cases_file.is_file() else None
    cases = shaped(Cases, cases_document, (), layer, build.problems) if cases_document else None
    if clause is None:
        return
    if clause.value.id != file.parent.name:
        build.problems.append(
            clause.problem(
                ("id",),
                f"id 是 {clause.value.id}，文件夹却叫 {file.parent.name}",
                f"the id is {clause.value.id} but the folder is called {file.parent.name}",
                remedy=("让两者一致", "make them the same"),
            )
        )
    if build.note("clause", clause.value.id, layer, clause.place("id")):
        build.clauses[clause.value.id] = ClauseFiles(clause, cases)


def _read_tiers(file: Path, layer: str, build: Build) -> None:
    document = build.document(file)
    if document is None:
        return
    if not isinstance(document.data, list):
        build.problems.append(document.problem((), "需要一个列表", "needs a list"))
        return
    build.note("tiers", "tiers", layer, document.place())
    tiers = [shaped(Tier, document, (index,), layer, build.problems) for index in range(len(document.data))]
    build.tiers = [tier for tier in tiers if tier is not None]


def _read_indicators(file: Path, layer: str, build: Build) -> None:
    document = build.document(file)
    whole = shaped(IndicatorFile, document, (), layer, build.problems) if document else None
    if document is None or whole is None:
        return
    for index, indicator in enumerate(whole.value.indicators):
        placed = Placed(indicator, document, ("indicators", index), layer)
        if build.note("indicator", indicator.id, layer, placed.place("id")):
            build.indicators[indicator.id] = PlacedIndicator(placed, whole.value.dimension)
