"""The deliveries a snapshot rests on: those merged, of which one record tells all that reading needs, and the loose ones.

A year brings tens of thousands of small deliveries, and reading must not look at each. So this is a sequence of
batches that makes them only when somebody wants them; what snapshots ask of all deliveries together it knows at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jigong.lake import sql
from jigong.lake.batches import NOTHING, Batch, SetAside, TakenFile, chained, read_aside, read_batch
from jigong.lake.claims import PLATFORM
from jigong.lake.parts import BATCHES, FILES, Came, Head, Part, came_with, parts_of, read_head
from jigong.lake.store import Store, broken_record
from jigong.lake.stored import files as stored_files
from jigong.lake.tables import read_list, read_rows, schema_of, taken_file


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot in a list: its id, the day it was known, its last batch, and the classes that batch brought."""

    id: str
    known_on: date
    batch: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where the merged deliveries end for an earlier snapshot: how many, and the last one."""

    count: int
    batch: str
    known_on: date
    id: str


class Deliveries(Sequence[Batch]):
    """Deliveries, oldest first: those of ``head`` (up to a cut, and then no loose ones), then the ``loose`` ones."""

    def __init__(
        self, root: Path, head: Head | None = None, loose: Sequence[Batch] = (), cut: _Cut | None = None
    ) -> None:
        self._root = root
        self.head = head
        self.loose = tuple(loose)
        self._cut = cut

    def __len__(self) -> int:
        return self._merged + len(self.loose)

    def __iter__(self) -> Iterator[Batch]:
        yield from self._old
        yield from self.loose

    def __reversed__(self) -> Iterator[Batch]:
        yield from reversed(self.loose)
        yield from reversed(self._old)

    @overload
    def __getitem__(self, place: int) -> Batch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Batch]: ...
    def __getitem__(self, place: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(place, int) and -len(self.loose) <= place < 0:
            return self.loose[place]
        return (*self._old, *self.loose)[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @property
    def id(self) -> str:
        """The id of the snapshot that rests on them."""
        return self._ids[-1] if self.loose else self.id_before_loose

    @property
    def id_before_loose(self) -> str:
        """The id of the snapshot after those merged."""
        return self._end.id if self._end else NOTHING

    @property
    def known_on(self) -> date | None:
        """The day of the newest one."""
        return self.loose[-1].known_on if self.loose else self._end.known_on if self._end else None

    @cached_property
    def classes(self) -> dict[str, Came]:
        """What came of each class."""
        merged = {} if self.head is None else dict(self.head.classes) if self._cut is None else self._came()
        return came_with(merged, self.loose)

    def files_of(self, class_name: str) -> int:
        """How many files of a class came."""
        return self.classes[class_name].files if class_name in self.classes else 0

    def parts(self, kind: str, class_name: str | None = None) -> list[Part]:
        """The files with rows of a kind, of one class or of all, oldest first; of a cut one not all rows count."""
        of = self._parts.get(kind, {})
        if class_name is None:
            return [part for parts in of.values() for part in parts]
        return [*of.get("", ()), *of.get(class_name, ())]

    @property
    def cut_at(self) -> str | None:
        """The last batch that counts, where the merged parts hold later ones as well."""
        return self._cut.batch if self._cut else None

    @cached_property
    def aside(self) -> tuple[SetAside, ...]:
        """Every row that was set aside."""
        merged = self._rows(BATCHES, ["aside"]) if self.head is not None and self.head.aside else None
        texts = merged.column("aside").drop_null().to_pylist() if merged is not None else ()
        found = [row for text in texts for row in read_aside(read_list(text))]
        return (*found, *(row for batch in self.loose for row in batch.aside))

    def infos(self) -> Iterator[SnapshotInfo]:
        """The snapshot after each delivery."""
        classes: dict[str, set[str]] = {}
        for batch, class_name in self._values(FILES, "batch", "class_name"):
            classes.setdefault(batch, set()).add(class_name)
        for identity, known_on, name in self._values(BATCHES, "id", "known_on", "name"):
            yield SnapshotInfo(identity, known_on, name, tuple(sorted(classes.get(name, ()))))
        for one, identity in zip(self.loose, self._ids, strict=True):
            yield SnapshotInfo(
                identity, one.known_on, one.name, tuple(sorted({file.class_name for file in one.files}))
            )

    def until(self, day: date) -> "Deliveries":
        """Those that were known at the end of a day."""
        loose = tuple(batch for batch in self.loose if batch.known_on <= day)
        if loose or self._end is None or self._end.known_on <= day:
            return Deliveries(self._root, self.head, loose, self._cut)
        return self._cut_to(pc.field("known_on") <= pa.scalar(day))

    def upto(self, identity: str) -> "Deliveries | None":
        """Those on which the snapshot with this id rests; None where there is none."""
        if identity in self._ids:
            return Deliveries(self._root, self.head, self.loose[: self._ids.index(identity) + 1], self._cut)
        if self._end is None:
            return None
        if self._end.id == identity:
            return Deliveries(self._root, self.head, (), self._cut)
        found = self._cut_to(pc.field("id") == identity)
        return found if found else None

    def file(self, class_name: str, batch: str, name: str) -> TakenFile:
        """A file of the class that was taken in.

        Raises:
            KeyError: there is none of that name in the batch.
        """
        for one in self.loose:
            for file in one.files if one.name == batch else ():
                if (file.class_name, file.name) == (class_name, name):
                    return file
        wanted = (
            (pc.field("batch") == batch) & (pc.field("name") == name) & (pc.field("class_name") == class_name)
        )
        for row in self._rows(FILES, where=wanted).to_pylist():
            return taken_file(row)
        raise KeyError((class_name, batch, name))

    def archived(self) -> set[str]:
        """The hashes of every file that was taken in."""
        loose = {file.sha256 for batch in self.loose for file in batch.files}
        return loose | {sha256 for (sha256,) in self._values(FILES, "sha256")}

    def newest_word(self, day: date) -> dict[str, tuple[str, list[TakenFile]]]:
        """By class the files that came last, with their batch, of the classes of which they came on ``day``."""
        found: dict[str, tuple[str, list[TakenFile]]] = {}
        said: list[tuple[str, date, TakenFile]] = []
        if self._end is not None and self._end.known_on == day:
            today = self._rows(FILES, where=pc.field("known_on") == pa.scalar(day))
            said += [(row["batch"], day, taken_file(row)) for row in today.to_pylist()]
        said += [(batch.name, batch.known_on, file) for batch in self.loose for file in batch.files]
        for batch, known_on, file in said:
            if known_on != day or file.again:
                continue
            if found.get(file.class_name, ("",))[0] != batch:
                found[file.class_name] = (batch, [])
            found[file.class_name][1].append(file)
        return found

    def of_platform(self, class_name: str) -> str:
        """SQL for the batches by which the platform itself wrote to a class; empty where it did not."""
        if class_name not in self.classes or not self.classes[class_name].platform:
            return ""
        loose = [
            (b.name,) for b in self.loose for f in b.files if f.class_name == class_name and _of_platform(f)
        ]
        return self._select("batch", f"starts_with(origin, '{PLATFORM}:')", class_name, loose)

    def origins(self, class_name: str) -> str:
        """SQL for the files of a class and from whom each came (``batch``, ``name``, ``origin``)."""
        loose = [
            (b.name, f.name, f.origin) for b in self.loose for f in b.files if f.class_name == class_name
        ]
        nothing = "SELECT '' AS batch, '' AS name, '' AS origin WHERE FALSE"
        found = self._select("batch, name, origin", "TRUE", class_name, loose)
        return f"{nothing} UNION ALL {found}" if found else nothing

    def stated_after(self, class_name: str, day: date) -> str:
        """SQL for the (batch, name) of the files of a class whose word is of a later day; empty where there are none."""
        loose = [
            (b.name, f.name)
            for b in self.loose
            for f in b.files
            if f.class_name == class_name and (f.stated_on or b.known_on) > day
        ]
        return self._select("batch, name", f"coalesce(stated_on, known_on) > DATE '{day}'", class_name, loose)

    def stated(self, class_name: str) -> dict[tuple[str, str], date]:
        """The files (batch, name) of a class whose word is of an earlier day, with that day."""
        wanted = (pc.field("class_name") == class_name) & pc.field("stated_on").is_valid()
        merged = self._rows(FILES, ["batch", "name", "stated_on"], wanted).to_pylist()
        found = {(row["batch"], row["name"]): row["stated_on"] for row in merged}
        return found | {
            (batch.name, file.name): file.stated_on
            for batch in self.loose
            for file in batch.files
            if file.class_name == class_name and file.stated_on is not None
        }

    @cached_property
    def _ids(self) -> list[str]:
        """The ids of the snapshots after each loose one."""
        found: list[str] = []
        before = self.id_before_loose
        for batch in self.loose:
            before = chained(before, batch.identity)
            found.append(before)
        return found

    @property
    def _end(self) -> "Head | _Cut | None":
        return self._cut or self.head

    @property
    def _merged(self) -> int:
        return self._end.count if self._end else 0

    @cached_property
    def _old(self) -> tuple[Batch, ...]:
        """The merged ones, made now that somebody wants them."""
        return tuple(read_rows(self._rows(BATCHES).to_pylist(), self._rows(FILES).to_pylist()))

    @cached_property
    def _parts(self) -> dict[str, dict[str, list[Part]]]:
        """The files by kind and class."""
        found: dict[str, dict[str, list[Part]]] = {}
        merged = self.head.parts if self.head else ()
        for part in (*merged, *parts_of(self.head.classes if self.head else {}, self.loose)):
            if self._cut is None or part.batches[0] <= self._cut.batch:
                found.setdefault(part.kind, {}).setdefault(part.class_name, []).append(part)
        return found

    def _came(self) -> dict[str, Came]:
        """What came of each class up to the cut."""
        rows = self._rows(FILES)
        rows = rows.append_column("platform", pc.starts_with(rows["origin"], f"{PLATFORM}:").cast(pa.int64()))
        for name in ("rows_in", "quarantined_rows"):
            once = pc.if_else(rows["again"], 0, rows[name])
            rows = rows.set_column(rows.column_names.index(name), name, once)
        wanted = [("name", "count"), ("platform", "sum"), ("rows_in", "sum"), ("quarantined_rows", "sum"),
                  ("known_on", "max"), ("batch", "max")]  # fmt: skip
        found = rows.group_by("class_name").aggregate(wanted).to_pylist()
        return {row["class_name"]: Came(*(row[f"{name}_{what}"] for name, what in wanted)) for row in found}

    def _cut_to(self, where: pc.Expression) -> "Deliveries":
        rows = self._rows(BATCHES, ["place", "name", "known_on", "id"], where)
        if not rows.num_rows:
            return Deliveries(self._root)
        last = rows.slice(rows.num_rows - 1).to_pylist()[0]
        return Deliveries(
            self._root, self.head, (), _Cut(last["place"], last["name"], last["known_on"], last["id"])
        )

    def _select(self, columns: str, where: str, class_name: str, loose: Sequence[tuple[str, ...]]) -> str:
        """SQL for columns of a class's files: a look-up among the merged ones, and what the loose ones have."""
        parts = []
        if self._end is not None:
            parts.append(
                f"SELECT {columns} FROM ({self._table(FILES)}) WHERE class_name = {sql.text(class_name)} AND {where}"
            )
        if loose:
            values = ", ".join(f"({sql.texts(row)})" for row in dict.fromkeys(loose))
            parts.append(f"SELECT * FROM (VALUES {values})")
        return " UNION ALL ".join(parts)

    def _table(self, kind: str) -> str:
        """SQL for the merged deliveries, or their files."""
        assert self.head is not None
        parts = [part for part in self.head.parts if part.kind == kind]
        name = "name" if kind == BATCHES else "batch"
        where = f" WHERE {name} <= {sql.text(self._cut.batch)}" if self._cut else ""
        return f"SELECT * FROM {stored_files(self._root, parts, ', union_by_name = true')}{where}"

    def _rows(
        self, kind: str, columns: list[str] | None = None, where: pc.Expression | None = None
    ) -> pa.Table:
        """The merged deliveries, or their files; by order of arrival."""
        name, order = ("name", ["place"]) if kind == BATCHES else ("batch", ["batch", "place"])
        parts = [part for part in self.head.parts if part.kind == kind] if self.head else []
        wanted = None if columns is None else list(dict.fromkeys([*columns, name, *order]))
        if self._cut is not None:
            known = pc.field(name) <= self._cut.batch
            where = known if where is None else known & where
        tables = [pq.read_table(self._root / part.path, columns=wanted, filters=where) for part in parts]
        rows = (
            pa.concat_tables(tables, promote_options="default") if tables else schema_of(kind).empty_table()
        )
        return rows.sort_by([(column, "ascending") for column in order])

    def _values(self, kind: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        rows = self._rows(kind, list(columns))
        return zip(*(rows.column(column).to_pylist() for column in columns), strict=True)


def _of_platform(file: TakenFile) -> bool:
    return file.origin.startswith(f"{PLATFORM}:")


def read_deliveries(store: Store) -> Deliveries:
    """The deliveries that count.

    Raises:
        JigongError: a record is missing or broken.
    """
    current = store.current()
    head = None if current.head is None else read_head(store.head_record(current))
    return Deliveries(store.root, head, [_read(store.batch_file(name)) for name in current.batches])


def _read(file: Path) -> Batch:
    try:
        return read_batch(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise broken_record(file) from bad
