"""Whether a workbook can be opened without harm: a few kilobytes may unfold to more than any memory holds.

A workbook is a ZIP of XML, and its reader keeps the whole rectangle up to the last used cell. Both are
measured piece by piece before anything is opened, and the sizes a file states of itself are not believed.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from jigong.kernel.text import Text
from jigong.lake.errors import Refused

MOST_BYTES = 1 << 30
"""Of XML in one workbook."""
MOST_TIMES = 100
"""So many times its packed size a workbook unfolds at most; what people write stays below a third of it."""
SMALL = 16 << 20
"""Below so many bytes of XML it may unfold as it likes."""
SPARSE_CELLS = 10_000_000
"""Cells of a sheet's rectangle that may be almost all empty."""
CELLS_EACH = 20
"""Beyond that, so many cells of the rectangle for each that is written."""
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
"""How the old binary kind begins, as does a workbook with a password."""
_WIDEST = 200
"""Columns of a large sheet."""
_PIECE = 1 << 20
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_ELEMENT = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])")


def check_area(rows: int, columns: int) -> None:
    """See that a sheet of the old binary kind, whose cells nobody counts first, is not absurdly wide.

    Raises:
        Refused: it has more cells than any table of records.
    """
    if rows * columns > SPARSE_CELLS and columns > _WIDEST:
        raise _too_much(
            f"表格范围大到第 {rows} 行第 {columns} 列", f"the sheet reaches row {rows} and column {columns}"
        )


def check_bounds(file: Path, most_bytes: int = MOST_BYTES) -> None:
    """Measure a workbook; ``most_bytes`` is what all its XML may come to.

    The old binary kind is not packed, and its sheets are bounded by its format.

    Raises:
        Refused: it unfolds to too much, or is no workbook.
    """
    with file.open("rb") as raw:
        head = raw.read(len(_COMPOUND))
    if head == _COMPOUND:
        return
    if head.startswith(b"<"):
        raise Refused(
            "file:format",
            Text(
                "其实是网页，不是工作簿；请打开后另存为 XLSX",
                "it is a web page and no workbook; open it and save it as XLSX",
            ),
        )
    try:
        with ZipFile(file) as archive, file.open("rb") as raw:
            most = min(most_bytes, max(SMALL, MOST_TIMES * file.stat().st_size))
            for part in archive.infolist():
                sheet = _Sheet()
                for piece in _unfolded(raw, part):
                    most -= len(piece)
                    if most < 0:
                        raise _too_much("解开后过大", "it unfolds to too much")
                    sheet.take(piece)
                sheet.finish()
    except (BadZipFile, OSError, ValueError, zlib.error) as bad:
        raise Refused(
            "file:format", Text(f"不是完整的工作簿：{bad}", f"not a whole workbook: {bad}")
        ) from bad


def _unfolded(file: IO[bytes], part: ZipInfo) -> Iterator[bytes]:
    file.seek(part.header_offset + 26)
    lengths = file.read(4)
    file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadZipFile(f"compression {part.compress_type}")
    unfold = zlib.decompressobj(-15) if part.compress_type == ZIP_DEFLATED else None
    left = part.compress_size
    while left > 0 and (packed := file.read(min(left, _PIECE))):
        left -= len(packed)
        if unfold is None:
            yield packed
        while unfold is not None and packed and not unfold.eof:
            yield unfold.decompress(packed, _PIECE)
            packed = unfold.unconsumed_tail


class _Sheet:
    """The rectangle of one part's cells. Cells and rows without a place follow the one before."""

    def __init__(self) -> None:
        self._rest = b""
        self._cells = self._rows = self._columns = self._run = 0

    def take(self, piece: bytes) -> None:
        """Look at a further piece; an element cut in two waits for its other half."""
        text = self._rest + piece
        cut = text.rfind(b"<")
        if cut < 0 or len(text) - cut > _PIECE:
            cut = len(text)
        self._rest = text[cut:]
        self._look(text[:cut])

    def finish(self) -> None:
        """Look at what is left, and judge.

        Raises:
            Refused: almost all of a large rectangle is empty.
        """
        self._look(self._rest)
        area = max(self._rows, 1) * self._columns
        if area > SPARSE_CELLS and area > CELLS_EACH * self._cells:
            raise _too_much(
                f"表格范围大到第 {self._rows} 行第 {self._columns} 列，但几乎都是空的",
                f"the sheet reaches row {self._rows} and column {self._columns}, but is almost empty",
            )

    def _look(self, text: bytes) -> None:
        elements, places = _ELEMENT.findall(text), _PLACE.findall(text)
        if len(places) < len(elements):
            self._count(elements)
        self._cells += elements.count(b"c")
        for letters, digits in set(places):
            self._rows = max(self._rows, int(digits))
            self._columns = max(self._columns, _column(letters.upper()))

    def _count(self, elements: list[bytes]) -> None:
        """Some say no place: how many rows follow one another, and how many cells in one of them."""
        for name in elements:
            if name == b"row":
                self._rows, self._run = self._rows + 1, 0
            else:
                self._run += 1
                self._columns = max(self._columns, self._run)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _too_much(zh: str, en: str) -> Refused:
    return Refused("file:format", Text(f"工作簿{zh}", f"the workbook: {en}"))
