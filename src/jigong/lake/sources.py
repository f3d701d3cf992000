"""What can be delivered: a file, a folder of files, or a table of a PostgreSQL database."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from jigong.kernel.problems import error, nearest
from jigong.kernel.text import Text
from jigong.lake.claims import CLAIMS_FILE, Claim, claims_of_folder
from jigong.lake.errors import Refused
from jigong.packs.contract import Contract

FORMATS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}
"""Which reader reads which file."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file; its class is told by its name (``person-2024.csv``, ``人口基本信息.xlsx``) unless given."""

    path: Path
    class_name: str | None = None


@dataclass(frozen=True, slots=True)
class FolderSource:
    """All data files of a folder and the folders in it; a ``delivery.yaml`` in it says what they cover.

    Each file's class is told by its name unless one is given for all.
    """

    path: Path
    class_name: str | None = None


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table or view (``schema.table``) of a PostgreSQL database."""

    dsn: str
    table: str
    class_name: str


Source: TypeAlias = FileSource | FolderSource | TableSource


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to take in: ``name`` is how it is called in reports and in ``_file``."""

    name: str
    source: FileSource | TableSource
    claim: Claim = field(default_factory=Claim)


def expand(sources: Sequence[Source], claim: Claim) -> list[Item]:
    """Every file and table of ``sources``, folders opened, in a stable order; ``claim`` holds for all of them.

    Raises:
        JigongError: a file or folder does not exist, or a ``delivery.yaml`` is wrong.
    """
    items: list[Item] = []
    for source in sources:
        match source:
            case TableSource():
                items.append(Item(f"postgresql:{source.table}", source, claim))
            case FileSource():
                items.append(Item(_existing(source.path).name, source, claim))
            case FolderSource():
                items += _folder(_existing(source.path), source.class_name, claim)
    return _told_apart(items)


def class_of(item: Item, contracts: Mapping[str, Contract]) -> str:
    """The class an item holds.

    Raises:
        Refused: neither given nor told by the name; says which class is meant most likely.
    """
    given = item.source.class_name
    stem = item.source.path.stem if isinstance(item.source, FileSource) else item.name
    if given is None:
        found = _longest(name for name in contracts if re.match(rf"{name}(?![a-z])", stem.lower()))
        labels = {contract.label.zh: name for name, contract in contracts.items()}
        label = _longest(label for label in labels if label in stem)
        given = found or (labels[label] if label else None)
    if given in contracts:
        return str(given)
    close = nearest(given or stem, [*contracts])
    zh, en = f"认不出“{given or stem}”是哪一类", f"cannot tell the class of “{given or stem}”"
    if close:
        zh, en = f"{zh}，是不是“{close}”?", f"{en}; is it “{close}”?"
    raise Refused("file:class", Text(zh, en))


def _told_apart(items: Sequence[Item]) -> list[Item]:
    """Items of one name, from different folders, get a number: a file and a line must name one row."""
    counts: Counter[str] = Counter()
    apart = []
    for item in items:
        counts[item.name] += 1
        nth = counts[item.name]
        apart.append(item if nth == 1 else Item(f"{item.name}#{nth}", item.source, item.claim))
    return apart


def _folder(folder: Path, class_name: str | None, claim: Claim) -> list[Item]:
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix.lower() in FORMATS and not file.name.startswith((".", "~$"))
    ]
    names = [file.relative_to(folder).as_posix() for file in files]
    claims = claims_of_folder(folder / CLAIMS_FILE, names, claim)
    return [
        Item(name, FileSource(file, class_name), claims.get(name, claim))
        for name, file in zip(names, files, strict=True)
    ]


def _existing(path: Path) -> Path:
    if not path.exists():
        raise error(f"找不到 {path}", f"{path} does not exist", remedy=("检查路径", "check the path"))
    return path


def _longest(names: Iterable[str]) -> str | None:
    return max(names, key=len, default=None)
