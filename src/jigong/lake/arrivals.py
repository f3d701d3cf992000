"""Receive what was delivered: a copy in the lake's own hands, so that what is checked is what is kept."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.lake.readers.postgres import fetch_table
from jigong.lake.sources import FORMATS, Item, TableSource
from jigong.packs.contract import Contract

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Received:
    """A copy of what was delivered; ``refusal`` says why it cannot even be tried."""

    path: Path
    sha256: str
    line_breaks: int
    format: str
    refusal: Refused | None = None


def receive(item: Item, contracts: Mapping[str, Contract], build: Path) -> Received:
    """Copy a file, or fetch a table as Parquet, into ``build``, with its SHA-256.

    Raises:
        JigongError: the file cannot be read, or the database cannot be reached.
        Refused: the table lacks a required column.
    """
    target = build / "received"
    if isinstance(item.source, TableSource):
        fetch_table(item.source, contracts[item.source.class_name], target)
        return Received(target, file_hash(target), 0, "parquet")
    sha256, line_breaks = _copy(item.source.path, target)
    suffix = item.source.path.suffix.lower()
    if suffix in FORMATS:
        return Received(target, sha256, line_breaks, FORMATS[suffix])
    refusal = Refused("file:format", Text(f"不支持“{suffix}”文件", f"“{suffix}” files are not supported"))
    return Received(target, sha256, line_breaks, "", refusal)


def _copy(source: Path, target: Path) -> tuple[str, int]:
    try:
        source.open("rb").close()
    except OSError as bad:
        raise error(
            f"无法读取 {source}:{bad.strerror}",
            f"cannot read {source}: {bad.strerror}",
            remedy=("检查文件权限", "check the file's permissions"),
        ) from bad
    return _copy_and_hash(source, target)


def _copy_and_hash(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file; the SHA-256, in hex, and the number of line breaks of what was copied."""
    digest = hashlib.sha256()
    line_breaks = 0
    # Hashing runs beside reading, writing and counting: together they take as long as the slower of the two.
    with source.open("rb") as stream, target.open("wb") as out, ThreadPoolExecutor(1) as beside:
        hashing: Future[None] | None = None
        while chunk := stream.read(_CHUNK):
            if hashing:
                hashing.result()
            hashing = beside.submit(digest.update, chunk)
            out.write(chunk)
            line_breaks += chunk.count(b"\n")
    return digest.hexdigest(), line_breaks
