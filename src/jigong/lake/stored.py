"""SQL for the rows of stored parts, each with the delivery it came with, whether they were merged or not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq

from jigong.lake import sql
from jigong.lake.parts import Part

_APART = 256
"""Files of a class that may have come, without a row, between two parts that are read in one go."""


def files(root: Path, parts: Iterable[Part], more: str = "") -> str:
    """SQL that reads the files of parts with equal columns; ``more`` are further arguments."""
    return f"read_parquet([{sql.texts(root / part.path for part in parts)}]{more})"


def columns_of(root: Path, part: Part) -> tuple[tuple[str, str], ...]:
    """Names and kinds of the columns in a part's file."""
    return tuple((column.name, str(column.type)) for column in pq.read_schema(root / part.path))


def accepted(
    root: Path, parts: Iterable[Part], cells: Callable[[Mapping[str, str]], str], upto: int | None = None
) -> str:
    """SQL for accepted rows: ``cells`` of them, and ``_source``, ``_line``, ``_file``, ``_batch``, ``_known_on``.

    ``cells`` makes a select list out of the columns as written. With ``upto`` only rows of the class's first so
    many files.
    """
    selects = []
    for group in _alike(parts, upto):
        some = group[0]
        provenance = "_file, _batch, _known_on" if some.told else _named(group)
        select = f"SELECT {cells(dict(some.columns))}, _source, _line, {provenance} FROM {files(root, group)}"
        selects.append(select + (f" WHERE _source <= {upto}" if _cut(some, upto) else ""))
    return " UNION ALL ".join(selects)


def with_batches(root: Path, parts: Sequence[Part]) -> str:
    """SQL for every column of the parts' rows (which are the same in all), with ``_batch``, ``_known_on`` and
    ``_place``, the row's place in what its delivery wrote."""
    told, alone = [p for p in parts if p.told], [p for p in parts if not p.told]
    selects = [f"SELECT * FROM {files(root, told)}"] if told else []
    if alone:
        # A delivery's folder has its name.
        name = "split_part(filename, '/', -2)"
        days = {part.batches[0]: part.known_on for part in alone}
        dates = ", ".join(f"DATE '{day}'" for day in days.values())
        day = f"map([{sql.texts(days)}], [{dates}])[{name}]"
        selects.append(
            f"SELECT * EXCLUDE (filename, file_row_number), {name} AS _batch, {day} AS _known_on, file_row_number AS _place"
            f" FROM {files(root, alone, ', filename = true, file_row_number = true')}"
        )
    return " UNION ALL BY NAME ".join(selects)


def _alike(parts: Iterable[Part], upto: int | None) -> Iterator[list[Part]]:
    """Runs of parts that one query can read."""
    for (_, told, _), group in groupby(parts, lambda p: (p.columns, p.told, _cut(p, upto))):
        if told:
            yield list(group)
            continue
        run: list[Part] = []
        for part in group:
            if run and part.first - run[-1].last > _APART:
                yield run
                run = []
            run.append(part)
        yield run


def _cut(part: Part, upto: int | None) -> bool:
    return upto is not None and part.last > upto


def _named(parts: Sequence[Part]) -> str:
    """The provenance of rows that only carry the number of their file: it is looked up among those of the parts."""
    start = parts[0].first - 1
    names: list[str | None] = []
    batches: list[str | None] = []
    days: list[str | None] = []
    for part in parts:
        gap = [None] * (part.first - 1 - start - len(names))
        names += [*gap, *part.names]
        batches += [*gap, *[part.batches[0]] * len(part.names)]
        days += [*gap, *[str(part.known_on)] * len(part.names)]
    place = f"_source - {start}" if start else "_source"
    return (
        f"{_list(names)}[{place}] AS _file, {_list(batches)}[{place}] AS _batch,"
        f" CAST({_list(days)} AS DATE[])[{place}] AS _known_on"
    )


def _list(values: Iterable[str | None]) -> str:
    return f"[{', '.join('NULL' if value is None else sql.text(value) for value in values)}]"
