"""Receive what was delivered: a copy in the lake's own hands, so that what is checked is what is kept."""

import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from jigong.kernel.hashing import file_hash
from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.lake.folders import opened
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
        JigongError: the database cannot be reached.
        Refused: the file cannot be read, or the table lacks a required column.
    """
    target = build / "received"
    if isinstance(item.source, TableSource):
        fetch_table(item.source, contracts[item.source.class_name], target)
        return Received(target, file_hash(target), 0, "parquet")
    if item.refusal is not None:
        raise item.refusal
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(opened(item.source.path, item.source.member))
        except OSError as bad:
            detail = Text(f"打不开：{bad.strerror}", f"it cannot be opened: {bad.strerror}")
            raise Refused("file:unreadable", detail) from bad
        sha256, line_breaks = _copy_and_hash(stream, target)
    suffix = PurePosixPath(re.sub(r"#\d+$", "", item.name)).suffix.lower()
    if suffix in FORMATS:
        return Received(target, sha256, line_breaks, _format(FORMATS[suffix], suffix, target))
    refusal = Refused("file:format", Text(f"不支持“{suffix}”文件", f"“{suffix}” files are not supported"))
    return Received(target, sha256, line_breaks, "", refusal)


def _format(expected: str, suffix: str, file: Path) -> str:
    """How a file is read: many systems export text, and call it .xls."""
    if suffix != ".xls":
        return expected
    with file.open("rb") as stream:
        head = stream.read(512).lstrip(b"\xef\xbb\xbf \r\n\t")
    is_binary = b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return expected if is_binary or head.startswith((b"PK", b"<")) or not head else "csv"


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_CHUNK)
    except OSError as bad:
        detail = Text(f"读不下去：{bad.strerror}", f"it cannot be read to its end: {bad.strerror}")
        raise Refused("file:unreadable", detail) from bad


def _copy_and_hash(stream: IO[bytes], target: Path) -> tuple[str, int]:
    """Copy a file; the SHA-256, in hex, and the number of line breaks of what was copied."""
    digest = hashlib.sha256()
    line_breaks = 0
    # Hashing runs beside reading, writing and counting: together they take as long as the slower of the two.
    with target.open("wb") as out, ThreadPoolExecutor(1) as beside:
        hashing: Future[None] | None = None
        while chunk := _read(stream):
            if hashing:
                hashing.result()
            hashing = beside.submit(digest.update, chunk)
            out.write(chunk)
            line_breaks += chunk.count(b"\n")
    return digest.hexdigest(), line_breaks
