"""What can be delivered: a file, a folder or ZIP archive of files, or a table of a PostgreSQL database."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from jigong.kernel.problems import error, nearest
from jigong.kernel.text import Text
from jigong.lake.claims import CLAIMS_FILE, Claim, claims_of_note
from jigong.lake.errors import NotTaken, Refused
from jigong.lake.folders import (
    ARCHIVE,
    Entry,
    entries_of_archive,
    entries_of_folder,
    opened,
    readable_name,
    unreadable,
)
from jigong.packs.contract import Contract

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xls": "workbook",
    ".et": "workbook",
    ".parquet": "parquet",
}
"""Which reader reads which file."""

_PAPERS = (
    ".doc",
    ".docx",
    ".wps",
    ".pdf",
    ".ofd",
    ".ppt",
    ".pptx",
    ".jpg",
    ".jpeg",
    ".png",
    ".tif",
    ".tiff",
    ".md",
)
"""Letters, scans and instructions: they come beside the data and hold none."""
_PAPER = Text("是文档或图片，不是数据表", "a document or picture and no table")
_NO_TABLE = Text(
    "不是数据表；要收的请另存为 XLSX 或 CSV", "no table that can be read; save it as XLSX or CSV if it is one"
)
_NOTE = Text("报送说明，已按它办理", "the note on the others, which was followed")


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file; its class is told by its name (``person-2024.csv``, ``人口基本信息.xlsx``) unless given.

    ``member`` is its number in the ZIP archive at ``path``, if it is in one. An archive is all the files in it.
    """

    path: Path
    class_name: str | None = None
    member: int | None = None


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
    """One thing to take in: ``name`` is how it is called in reports and in ``_file``.

    ``refusal`` says why it cannot be read.
    """

    name: str
    source: FileSource | TableSource
    claim: Claim = field(default_factory=Claim)
    refusal: Refused | None = None


def expand(
    sources: Sequence[Source], claim: Claim, contracts: Mapping[str, Contract]
) -> tuple[list[Item], list[NotTaken]]:
    """Every file and table of ``sources``, folders and archives opened, in a stable order, and what is passed over.

    ``claim`` holds for all of them. A file nobody can read is missed, and so refused, if its name says its class.

    Raises:
        JigongError: a file or folder does not exist, or a ``delivery.yaml`` is wrong.
    """
    found = _Found(contracts)
    for source in sources:
        match source:
            case TableSource():
                found.items.append(Item(f"postgresql:{source.table}", source, claim))
            case FileSource():
                path = _existing(source.path)
                entry = Entry(readable_name(path.name), path, source.member, unreadable(path))
                found.add(entry, entry.name, source.class_name, claim, given=True)
            case FolderSource():
                entries = list(entries_of_folder(_existing(source.path)))
                found.add_all(entries, "", source.class_name, claim)
    return _told_apart(found.items), found.left


def class_of(item: Item, contracts: Mapping[str, Contract]) -> str:
    """The class an item holds.

    Raises:
        Refused: neither given nor told by the name; says which class is meant most likely.
    """
    given = item.source.class_name
    stem = PurePosixPath(item.name).stem if isinstance(item.source, FileSource) else item.name
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
        apart.append(item if nth == 1 else replace(item, name=f"{item.name}#{nth}"))
    return apart


@dataclass(slots=True)
class _Found:
    """What was found to take in, and what was passed over."""

    contracts: Mapping[str, Contract]
    items: list[Item] = field(default_factory=list)
    left: list[NotTaken] = field(default_factory=list)

    def add_all(self, entries: Sequence[Entry], within: str, class_name: str | None, claim: Claim) -> None:
        """Add what lies in a folder or archive, with what its note says; ``within`` begins their names."""
        note = next((entry for entry in entries if entry.name == CLAIMS_FILE and not entry.refusal), None)
        claims: Mapping[str, Claim] = {}
        if note is not None:
            with opened(note.path, note.member) as stream:
                names = [entry.name for entry in entries if entry is not note]
                claims = claims_of_note(note.path, stream.read(), names, claim)
            self.left.append(NotTaken(within + note.name, _NOTE))
        for entry in entries:
            if entry is not note:
                self.add(entry, within + entry.name, class_name, claims.get(entry.name, claim))

    def add(
        self, entry: Entry, name: str, class_name: str | None, claim: Claim, *, given: bool = False
    ) -> None:
        """Add a file; one that was ``given`` by itself is refused where it cannot be read, and never passed over."""
        item = Item(name, FileSource(entry.path, class_name, entry.member), claim, entry.refusal)
        suffix = PurePosixPath(name).suffix.lower()
        if entry.why is not None:
            self.left.append(NotTaken(name, entry.why))
        elif suffix == ARCHIVE and entry.member is None and entry.refusal is None:
            self._open(item, class_name, claim)
        elif suffix in FORMATS or given or self._is_missed(item, suffix):
            self.items.append(item)
        else:
            self.left.append(NotTaken(name, _PAPER if suffix in _PAPERS else _NO_TABLE))

    def _open(self, item: Item, class_name: str | None, claim: Claim) -> None:
        try:
            entries = entries_of_archive(item.source.path)  # type: ignore[union-attr]
        except Refused as refusal:
            self.items.append(replace(item, refusal=refusal))
            return
        if not entries:
            self.left.append(NotTaken(item.name, Text("压缩包是空的", "the archive is empty")))
        self.add_all(entries, f"{item.name}/", class_name, claim)

    def _is_missed(self, item: Item, suffix: str) -> bool:
        """Whether a file of another kind must be data: its name says of which class, and it is no letter or picture."""
        try:
            class_of(item, self.contracts)
        except Refused:
            return False
        return suffix not in _PAPERS


def _existing(path: Path) -> Path:
    if not os.path.lexists(path):
        raise error(f"找不到 {path}", f"{path} does not exist", remedy=("检查路径", "check the path"))
    return path


def _longest(names: Iterable[str]) -> str | None:
    return max(names, key=len, default=None)
