"""A workbook of the old binary kind (.xls), as small as it can be: text cells in sheets, some of them hidden."""

import struct
from collections.abc import Sequence

_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR = 512


def xls(sheets: dict[str, Sequence[Sequence[str]]], hidden: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook with these sheets."""
    names = [_boundsheet(name, 0, name in hidden) for name in sheets]
    globals_ = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    start = len(globals_) + sum(map(len, names)) + 4
    bodies = [_sheet(rows) for rows in sheets.values()]
    stream = globals_
    for name, body in zip(sheets, bodies, strict=True):
        stream += _boundsheet(name, start, name in hidden)
        start += len(body)
    return _compound(stream + _record(0x000A, b"") + b"".join(bodies))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _boundsheet(name: str, place: int, hidden: bool) -> bytes:
    return _record(0x0085, struct.pack("<IBBBB", place, hidden, 0, len(name), 1) + name.encode("utf-16-le"))


def _sheet(rows: Sequence[Sequence[str]]) -> bytes:
    body = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            head = struct.pack("<HHHHB", at, column, 0, len(text), 1)
            body += _record(0x0204, head + text.encode("utf-16-le"))
    return body + _record(0x000A, b"")


def _compound(stream: bytes) -> bytes:
    """The one stream ``Workbook`` in a compound file: header, allocation table, directory, stream."""
    size = max(len(stream), 4096)
    count = -(-size // _SECTOR)
    chain = [*range(3, 2 + count), _END]
    table = [_FAT, _END, *chain] + [_FREE] * (_SECTOR // 4 - 2 - count)
    header = (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    entries = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, size) + bytes(256)
    return header + struct.pack("<128I", *table) + entries + stream.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", _FREE, _FREE, child) + bytes(36) + struct.pack("<IQ", start, size)
