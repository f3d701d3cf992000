"""CSV files: as fast as DuckDB reads them when the file is well formed, line by line when it is not.

DuckDB leaves out blank and malformed lines without saying on which line each row stood. So the rows it
read, the rows it refused and the blank lines are counted against the line breaks in the file. When that
does not add up (a quoted cell holds a line break, a quote is never closed) the file is cut into rows
again, slowly and with certainty, by :mod:`jigong.lake.readers.careful_csv`.
"""

import csv
import mmap
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from jigong.lake import sql
from jigong.lake.readers.careful_csv import cut
from jigong.lake.readers.encoding import as_utf8
from jigong.lake.readers.headers import HEADER_ROWS, Matched, find_header, match
from jigong.lake.readers.reading import Lines, Malformed, Reading, Spoilt, Stage
from jigong.packs.contract import Contract

_HEAD = 1 << 16
_LONGEST_LINE = 1 << 22
_MOST_SPOILT = 1000
_BLANK_LINES = re.compile(rb"(?<=\n)(?:\r?\n)+")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written: its delimiter, the line of its header, and the header's cells."""

    delimiter: str
    header_line: int
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reject:
    """A row DuckDB refused: where it begins (byte, from 0), and whether its bytes are not UTF-8."""

    start: int
    encoding: bool


def read_csv(
    file: Path,
    line_breaks: int,
    contract: Contract,
    stage: Stage,
    con: duckdb.DuckDBPyConnection,
    spare: Path,
) -> Reading:
    """Stage the rows of a CSV file of ``contract``, which has so many ``line_breaks``.

    ``spare`` is a path for a rewritten copy.

    Raises:
        Refused: the encoding cannot be told, or a required column is missing.
    """
    headers = {header for column in contract.columns for header in column.headers}
    sent = file
    if not line_breaks:
        file = _with_line_feeds(file, spare.with_suffix(".lines"))
    text = as_utf8(file, spare.with_suffix(".utf8"), headers)
    if text.encoding == "utf-16":
        text = replace(text, path=_with_line_feeds(text.path, spare.with_suffix(".lines")))
    layout = _layout(text.path, contract)
    matched = match(layout.headers, contract)
    with suppress(duckdb.InvalidInputException):
        rows, rejects = _scan(text.path, layout, matched, stage, con)
        # A few spoilt rows of a file that is UTF-8 beyond doubt are mended by hand; else the file is read again.
        spoilt = sum(reject.encoding for reject in rejects)
        if spoilt and (not text.certain or spoilt > _MOST_SPOILT):
            text = as_utf8(file, spare.with_suffix(".utf8"), headers, strict=False)
            rows, rejects = _scan(text.path, layout, matched, stage, con)
        breaks = line_breaks if text.path == sent else None
        reading = _account(text.path, breaks, layout, matched, rows, rejects)
        if reading is not None:
            return reading
    clean = cut(
        text.path, spare.with_suffix(".clean"), layout.delimiter, layout.header_line, len(layout.headers)
    )
    staged, refused = _scan(clean.path, Layout(layout.delimiter, 0, layout.headers), matched, stage, con)
    if staged != clean.rows or refused:
        raise AssertionError(f"{clean.rows} rows written, {staged} read back")
    return Reading(clean.lines, clean.malformed, matched.ignored)


def _with_line_feeds(file: Path, spare: Path) -> Path:
    """``file`` itself, or a copy whose lines end as usual where they end in a carriage return alone."""
    if not file.stat().st_size:
        return file
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if b"\0" in content[:_HEAD] or content.find(b"\r") < 0 or content.find(b"\n") >= 0:
            return file
        with spare.open("wb") as out:
            for at in range(0, len(content), _LONGEST_LINE):
                out.write(content[at : at + _LONGEST_LINE].replace(b"\r", b"\n"))
    return spare


def _layout(file: Path, contract: Contract) -> Layout:
    with file.open("rb") as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace").removeprefix("\ufeff")
    lines = head.splitlines()[:HEADER_ROWS]
    delimiter = max((",", "\t", ";"), key=lambda sign: max(line.count(sign) for line in lines))
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    place = find_header(rows, contract)
    return Layout(delimiter, place + 1, tuple(rows[place]))


def _scan(
    file: Path, layout: Layout, matched: Matched, stage: Stage, con: duckdb.DuckDBPyConnection
) -> tuple[int, list[_Reject]]:
    """Stage what DuckDB can read: the number of rows, and where the refused ones begin."""
    for table in ("reject_scans", "reject_errors"):
        con.execute(f"DROP TABLE IF EXISTS {table}")
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(layout.headers)))
    relation = (
        f"read_csv({sql.text(file)}, auto_detect=false, header=false, skip={layout.header_line},"
        f" delim={sql.text(layout.delimiter)}, quote='\"', escape='\"', columns={{{columns}}},"
        f" max_line_size={_LONGEST_LINE}, ignore_errors=true, store_rejects=true, rejects_limit=0)"
    )
    rows = stage(relation, _raw(matched))
    found = con.execute(
        "SELECT line_byte_position - 1, bool_or(error_type = 'INVALID ENCODING') FROM reject_errors"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return rows, [_Reject(start, bool(encoding)) for start, encoding in found]


def _raw(matched: Matched) -> Mapping[str, str]:
    return {name: f"c{place}" for name, place in matched.columns.items()}


def _account(
    file: Path, breaks: int | None, layout: Layout, matched: Matched, rows: int, rejects: list[_Reject]
) -> Reading | None:
    """The lines of the staged rows, or None when rows and lines do not add up.

    ``breaks`` is how many line breaks ``file`` has, None if nobody counted.
    """
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        malformed, spoilt = _refused(content, rejects, layout, matched)
        counted = _count_breaks(content, 0, len(content)) if breaks is None else breaks
        lines = counted + (content[-1:] != b"\n")
        skipped = sorted([*(row.line for row in malformed), *(row.line for row in spoilt)])
        blank = lines - layout.header_line - rows - len(skipped)
        if blank:
            blanks = [line for line in _blank_lines(content) if line > layout.header_line]
            if len(blanks) != blank:
                return None
            skipped = sorted(skipped + blanks)
    return Reading(Lines(layout.header_line + 1, tuple(skipped)), malformed, matched.ignored, spoilt)


def _refused(
    content: mmap.mmap, rejects: list[_Reject], layout: Layout, matched: Matched
) -> tuple[list[Malformed], list[Spoilt]]:
    """The refused rows as they stand in the file; DuckDB counts blank lines before one as part of it."""
    malformed, spoilt = [], []
    line, position = 1, 0
    for reject in rejects:
        start = reject.start
        while content[start : start + 1] in (b"\r", b"\n"):
            start += 1
        line += _count_breaks(content, position, start)
        position = start
        end = content.find(b"\n", start)
        text = content[start : end if end >= 0 else len(content)].decode("utf-8", "replace").rstrip("\r")
        cells = next(csv.reader([text], delimiter=layout.delimiter), []) if reject.encoding else []
        if len(cells) == len(layout.headers):
            spoilt.append(Spoilt(line, {name: cells[place] for name, place in matched.columns.items()}))
        else:
            malformed.append(Malformed(line, "columns", text))
    return malformed, spoilt


def _count_breaks(content: mmap.mmap, start: int, end: int) -> int:
    step = 1 << 22
    return sum(content[at : min(at + step, end)].count(b"\n") for at in range(start, end, step))


def _blank_lines(content: mmap.mmap) -> list[int]:
    """The lines that hold nothing, by number, the first line left out."""
    found: list[int] = []
    line, position = 1, 0
    for blank in _BLANK_LINES.finditer(content):
        line += _count_breaks(content, position, blank.start())
        position = blank.start()
        found += range(line, line + blank.group().count(b"\n"))
    return found
