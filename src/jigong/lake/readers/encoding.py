"""Which encoding a text file is in, and the same file in UTF-8, line for line."""

import codecs
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.lake.readers.headers import HEADER_ROWS

_HEAD = 1 << 20
_CHUNK = 1 << 20
_SAMPLE = 20_000
_ENCODINGS = ("utf-8", "gb18030")
_MOST_SPOILT = 0.5
"""A file of which a larger share of the lines cannot be decoded is not in that encoding at all."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file in UTF-8. ``encoding`` is the one it was delivered in.

    Bytes that are not in that encoding became U+FFFD, so that their rows are found by the checks.
    ``certain`` says that a file read as it is must be UTF-8: its head has other characters than ASCII.
    """

    path: Path
    encoding: str
    certain: bool = False


def as_utf8(file: Path, spare: Path, headers: Collection[str], *, strict: bool = True) -> TextFile:
    """``file`` itself when it is UTF-8, else a copy at ``spare`` in UTF-8 with the same lines.

    ``headers`` are those one may expect: they tell an encoding in which the file only happens to decode.
    With ``strict=False`` the whole file is known not to be clean UTF-8 although its head is.

    Raises:
        Refused: no known encoding fits.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise Refused("file:format", Text("文件是空的", "the file is empty"))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _copy(file, spare, "utf-16")
    if b"\0" in head:
        raise Refused(
            "file:encoding", Text("文件含有零字节，不是文本", "the file has zero bytes and is not text")
        )
    if strict and _is_utf8(head):
        return TextFile(file, "utf-8", certain=not head.isascii())
    return _copy(file, spare, _best(file, headers))


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _best(file: Path, headers: Collection[str]) -> str:
    """The encoding that gives known headers, and decodes the most of the lines that are not ASCII."""
    with file.open("rb") as stream:
        titles = b"".join(islice(stream, HEADER_ROWS))
        stream.seek(0)
        foreign = list(islice((line for line in stream if not line.isascii()), _SAMPLE))
    spoilt = {name: sum(not _decodes(line, name) for line in foreign) for name in _ENCODINGS}
    known = {name: sum(header in titles.decode(name, "replace") for header in headers) for name in _ENCODINGS}
    best = max(_ENCODINGS, key=lambda name: (known[name], -spoilt[name]))
    if not known[best] and spoilt[best] > _MOST_SPOILT * len(foreign):
        raise _unknown(spoilt[best], len(foreign))
    return best


def _unknown(spoilt: int, lines: int) -> Refused:
    return Refused(
        "file:encoding",
        Text(
            f"既不是 UTF-8 也不是 GB18030:{lines} 行非 ASCII 文字中有 {spoilt} 行无法解码",
            f"neither UTF-8 nor GB18030: {spoilt} of {lines} lines with other than ASCII cannot be decoded",
        ),
    )


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _copy(file: Path, spare: Path, encoding: str) -> TextFile:
    if encoding == "utf-16":
        _copy_utf16(file, spare)
        return TextFile(spare, encoding)
    with file.open("rb") as source, spare.open("wb") as target:
        while lines := source.readlines(_CHUNK):
            chunk = b"".join(lines)
            target.write(chunk if chunk.isascii() else _recode(chunk, lines, encoding))
    return TextFile(spare, encoding)


def _recode(chunk: bytes, lines: list[bytes], encoding: str) -> bytes:
    try:
        return chunk.decode(encoding).encode()
    except UnicodeDecodeError:
        return b"".join(line.decode(encoding, "replace").encode() for line in lines)


def _copy_utf16(file: Path, spare: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    with file.open("rb") as source, spare.open("wb") as target:
        while chunk := source.read(_CHUNK):
            target.write(decoder.decode(chunk).encode("utf-8", "replace"))
        target.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
