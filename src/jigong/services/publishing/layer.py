"""A draft as a pack: the newest law with the draft's edits in one layer of amendments on top.

However many changes are published, there is one such layer: it holds whatever differs from the packs
beneath, and clauses they do not have. Its files are written anew each time, so equal edits give an equal hash.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jigong.dossiers.packs import copy_layer
from jigong.kernel.hashing import content_hash
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import Text
from jigong.packs.document import parse_document, read_document, read_text
from jigong.packs.model import ParameterEntry
from jigong.packs.pack import Pack, deciding_files
from jigong.packs.reader import read_pack
from jigong.services.publishing.enums import EditKind
from jigong.services.publishing.files import file_of, topic_of
from jigong.services.publishing.models import Edit
from jigong.services.publishing.values import NewValue, parameter_hash, parameter_yaml, with_value

SUFFIX = "amended"
_LAW_FILES = ("pack.yaml", "parameters/*.yaml", "clauses/*/clause.yaml", "clauses/*/cases.yaml")
"""All that a layer of amendments may hold."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The document a change rests on, under the id it has among the pack's sources."""

    id: str
    label: Text
    published: date | None
    confirmed: date


def clause_text(pack: Pack, clause: str, kind: EditKind) -> str:
    """The text of a clause's file in a pack; empty where the pack has no such clause."""
    files = pack.clauses.get(clause)
    if files is None or kind == EditKind.VALUES:
        return ""
    placed = files.clause if kind == EditKind.CLAUSE else files.cases
    return read_text(placed.document.file) if placed is not None else "cases: []\n"


def before_hash(pack: Pack, kind: EditKind, target: str) -> str:
    """What an edit is made from, as a hash; of what the pack does not have, that of nothing."""
    if kind == EditKind.PARAMETER:
        placed = pack.parameters.get(target)
        return parameter_hash(target, placed.value) if placed is not None else NOTHING
    if kind == EditKind.VALUES:
        topic = f"{topic_of(target)}."
        return content_hash("".join(name for name in pack.parameters if name.startswith(topic)))
    return content_hash(clause_text(pack, target, kind))


NOTHING = content_hash("")
"""What a new clause's texts are made from."""


def conflicts(pack: Pack, edits: Iterable[Edit]) -> list[Edit]:
    """The edits whose ground has changed in ``pack`` since they were made."""
    return [edit for edit in edits if before_hash(pack, EditKind(edit.kind), edit.target) != edit.before]


def build_layer(head: Path, edits: Sequence[Edit], basis: Basis, out: Path) -> Path:
    """Write ``head`` with ``edits`` to ``out``, all layers side by side; returns the top one's folder.

    What was in ``out`` is replaced in one step.

    Raises:
        JigongError: the ground of an edit has changed since it was made; or a new value is of the wrong type.
    """
    pack = read_pack(head, contracts=False)
    if changed := conflicts(pack, edits):
        raise JigongError(*(problem for edit in changed for problem in _conflict(edit).problems))
    aside = out.with_name(f"{out.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    amended = _ours(pack.layers)
    beneath = pack.layers[:-1] if amended else pack.layers
    for layer in beneath:
        copy_layer(layer, aside / layer.resolve().name)
    below = beneath[-1].resolve().name
    name = f"{below}-{SUFFIX}"
    _write_amendments(pack, name, below, edits, basis, aside / name, amended)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(aside, out)
    return out / name


def _conflict(edit: Edit) -> JigongError:
    if edit.before == NOTHING:
        return error(
            f"{edit.target} 已被别的条款或数值占用",
            f"{edit.target} is in use already, by another clause or its values",
            remedy=("另用一个编号起草", "draft it under another id"),
        )
    return error(
        f"起草之后，{edit.target} 的现行内容已被别人的修订改动",
        f"{edit.target} has been changed by somebody else's amendment since this was drafted",
        remedy=(
            "打开这一项，对照现行内容重新保存",
            "open it, compare with the law as it is now, and save again",
        ),
    )


def _ours(layers: Sequence[Path]) -> bool:
    """Whether the top layer is one that was written here: a layer an operator added, with more in it, stays as it is."""
    top = layers[-1]
    if len(layers) < 2 or top.resolve().name != f"{layers[-2].resolve().name}-{SUFFIX}":
        return False
    data = read_document(top / "pack.yaml").data
    law_only = all(
        any(file.relative_to(top).match(pattern) for pattern in _LAW_FILES) for file in deciding_files(top)
    )
    return isinstance(data, dict) and data.get("amends") is True and not data.get("fields") and law_only


def _write_amendments(
    pack: Pack, name: str, below: str, edits: Sequence[Edit], basis: Basis, folder: Path, amended: bool
) -> None:
    before = pack.layers[-1] if amended else None
    parameters = _parameters(pack, name, edits, basis)
    clauses = _clauses(pack, name, edits)
    _write(folder / "pack.yaml", _manifest(pack, name, below, basis, before))
    topics: dict[str, list[str]] = {}
    for parameter, entry in sorted(parameters.items()):
        topics.setdefault(parameter.split(".", 1)[0], []).append(parameter_yaml(parameter, entry))
    for topic, texts in topics.items():
        _write(folder / "parameters" / f"{topic}.yaml", "".join(texts))
    for edit in edits:
        if edit.kind == EditKind.VALUES and _says_something(edit.body):
            _write(folder / file_of(EditKind.VALUES, edit.target), edit.body)
    for clause, texts_of in clauses.items():
        for kind, text in texts_of.items():
            _write(folder / file_of(kind, clause), text)


def _says_something(text: str) -> bool:
    """Whether there is more than blanks and comments; what is no YAML is for the check to refuse."""
    try:
        return parse_document(text, Path()).data is not None
    except JigongError:
        return True


def _parameters(pack: Pack, layer: str, edits: Sequence[Edit], basis: Basis) -> Mapping[str, ParameterEntry]:
    """The parameters that differ from those beneath."""
    found = {name: placed.value for name, placed in pack.parameters.items() if placed.layer == layer}
    for edit in edits:
        if edit.kind == EditKind.PARAMETER:
            entry = pack.parameters[edit.target].value
            found[edit.target] = with_value(entry, NewValue.read(edit.body), basis.id, basis.confirmed)
    return found


def _clauses(pack: Pack, layer: str, edits: Sequence[Edit]) -> Mapping[str, Mapping[EditKind, str]]:
    """The clauses that differ from those beneath: both files of each."""
    whole = (EditKind.CLAUSE, EditKind.CASES)
    texts = {(edit.target, edit.kind): edit.body for edit in edits if edit.kind in whole}
    changed = {clause for clause, files in pack.clauses.items() if files.clause.layer == layer}
    changed |= {clause for clause, _ in texts}
    return {
        clause: {kind: texts.get((clause, kind)) or clause_text(pack, clause, kind) for kind in whole}
        for clause in sorted(changed)
    }


def _manifest(pack: Pack, name: str, below: str, basis: Basis, before: Path | None) -> str:
    """``pack.yaml`` of the amendments, with the documents they rest on."""
    sources = {}
    if before is not None:
        sources = dict(read_document(before / "pack.yaml").data.get("sources") or {})
    sources[basis.id] = {"zh": basis.label.zh, "en": basis.label.en, "published": basis.published}
    lines = [
        f"name: {name}",
        f"zh: {json.dumps(pack.manifest.zh, ensure_ascii=False)}",
        f"en: {json.dumps(pack.manifest.en, ensure_ascii=False)}",
        f"extends: {below}",
        "amends: true",
        "languages: [zh, en]",
        "sources:",
    ]
    for id_, source in sources.items():
        words = ", ".join(f"{key}: {json.dumps(source[key], ensure_ascii=False)}" for key in ("zh", "en"))
        published = f", published: {source['published']}" if source.get("published") else ""
        lines.append(f"  {id_}: {{{words}{published}}}")
    return "\n".join(lines) + "\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
