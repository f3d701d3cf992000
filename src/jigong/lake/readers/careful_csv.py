"""Cut a CSV file into rows with certainty: no unclosed quote may swallow the rows after it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from jigong.lake.readers.reading import Lines, Malformed

_LONGEST_CELL = 100
"""A quoted cell may run over so many lines; an unclosed quote is given up after that."""


@dataclass(frozen=True, slots=True)
class Clean:
    """The well-formed rows, all cells quoted, at ``path``, and where each stood before."""

    path: Path
    rows: int
    lines: Lines
    malformed: tuple[Malformed, ...]


def cut(file: Path, target: Path, delimiter: str, header_line: int, width: int) -> Clean:
    """Cut ``file`` (UTF-8) after ``header_line`` into rows of ``width`` cells, and write them to ``target``.

    A quoted cell may hold line breaks (all written as ``\\n``). A row that does not have ``width`` cells (empty ones beyond do not
    count, as in DuckDB), or whose quote is not closed, is malformed and ends on its own line.
    """
    skipped: list[int] = []
    malformed: list[Malformed] = []
    rows = 0
    with (
        file.open(encoding="utf-8-sig", errors="replace", newline="\n") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for first, length, cells, text in _records(source, delimiter, header_line, width):
            if cells is not None:
                writer.writerow([cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells])
                rows += 1
                skipped += range(first + 1, first + length)
                continue
            skipped.append(first)
            if text:
                malformed.append(Malformed(first, "columns", text))
    return Clean(target, rows, Lines(header_line + 1, tuple(skipped)), tuple(malformed))


def _records(
    source: TextIO, delimiter: str, header_line: int, width: int
) -> Iterator[tuple[int, int, list[str] | None, str]]:
    """(first line, number of lines, cells or None, text) of every row after the header."""
    for _ in range(header_line):
        source.readline()
    waiting: list[str] = []
    line = header_line
    while True:
        text = waiting.pop(0) if waiting else source.readline()
        if not text:
            return
        line += 1
        bare = text.rstrip("\r\n")
        if text.count('"') % 2 == 0:
            cells = _cells(bare, delimiter, width) if bare else None
            yield line, 1, cells, bare
            continue
        more = _until_closed(source, waiting)
        cells = _cells((text + "".join(more)).rstrip("\r\n"), delimiter, width) if more else None
        if cells is None:
            yield line, 1, None, bare
            continue
        del waiting[: len(more)]
        yield line, 1 + len(more), cells, bare
        line += len(more)


def _until_closed(source: TextIO, waiting: list[str]) -> list[str]:
    """The lines up to the one that closes an open quote, left in ``waiting``; none if it stays open."""
    for count in range(_LONGEST_CELL):
        if count == len(waiting):
            text = source.readline()
            if not text:
                return []
            waiting.append(text)
        if waiting[count].count('"') % 2:
            return waiting[: count + 1]
    return []


def _cells(text: str, delimiter: str, width: int) -> list[str] | None:
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if len(rows) != 1 or len(rows[0]) < width or any(rows[0][width:]):
        return None
    return rows[0][:width]
