"""A lake that got a year of small deliveries, beside one that got the same records in one go: how long reading takes.

The small deliveries are not taken in from files: thirty thousand intakes would take hours, and what they check makes
no difference to reading. Their files are written as an intake writes them, published as it publishes them, and merged
when it merges them.
"""

import json
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.clauses import PACK
from bench.harness import Job, Result, run, seconds, side_by_side
from bench.setting import Setting
from jigong.kernel.hashing import content_hash, file_hash
from jigong.lake import sql
from jigong.lake.batches import Batch, Segment, TakenFile, batch_name
from jigong.lake.coverage import Covered, write_coverage
from jigong.lake.lake import Lake
from jigong.lake.merging import merge_if_due
from jigong.lake.writing import PARQUET, TOLD
from jigong.packs.contract import Contract, read_contracts

_CLASSES = {"person": 1, "pension_contribution": 12, "training_record": 2, "skill_certificate": 1}
"""The classes of the large delivery, with the records of each person in it; the small ones are of these, too."""
_DAY = date(2023, 1, 1)
_QUARANTINED, _COVERS = 20, 100
"""One small delivery in so many has a row in quarantine; in so many is the department's and covers something."""
_FULL = 30_000
_TIMES = 9


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    many, people = setting.deliveries, setting.scaled(20_000)
    folder = setting.folder / f"deliveries-{many}-{people}"
    shutil.rmtree(folder, ignore_errors=True)
    made = run(Job("deliveries", "make", {"folder": str(folder), "people": people, "deliveries": many}))
    jobs = {name: Job("deliveries", "read", {"lake": str(folder / name)}) for name in ("many", "one")}
    found = side_by_side(jobs, setting.runs)
    ours, one = found["many"], found["one"]
    if ours.figures["rows"] != one.figures["rows"] or ours.figures["waiting"] != one.figures["waiting"]:
        raise RuntimeError(f"the lakes differ: {ours.figures} {one.figures}")
    yield Result(
        "deliveries.read",
        f"{many:,} 次小报送后读快照、{len(_CLASSES)} 类、覆盖与待补,与一次报送同样数据之比",
        f"reading a snapshot, {len(_CLASSES)} classes, coverage and what waits after {many:,} small deliveries,"
        " against the same records in one",
        f"{ours.seconds / one.seconds:.2f} × ({seconds(ours.seconds)} : {seconds(one.seconds)})",
        "≤ 1.2 ×",
        ours.seconds <= 1.2 * one.seconds if many >= _FULL and setting.full(True) else None,
        ours.peak_mb,
        ours.seconds,
        ours.seconds / one.seconds,
        "one delivery",
    )
    for part in ("snapshot", "classes", "coverage", "waits"):
        yield Result(
            f"deliveries.{part}",
            f"其中 {part}",
            f"of that: {part}",
            f"{seconds(ours.figures[part])} : {seconds(one.figures[part])}",
            "",
            None,
            ours.peak_mb,
            ours.figures[part],
        )
    yield Result(
        "deliveries.merging",
        f"合并,摊到每次报送(最长一次 {seconds(made['longest'])})",
        f"merging, for each delivery (the longest took {seconds(made['longest'])})",
        seconds(made["merging"] / many),
        "",
        None,
        made["peak_mb"],
        made["merging"],
    )


def read(lake: str) -> dict[str, Any]:
    """The newest snapshot, every column of every class, what is covered and what waits; medians of several times."""
    contracts = read_contracts(PACK / "contracts")
    taken: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    waiting = 0
    for _ in range(_TIMES):
        marks = [time.perf_counter()]
        snapshot = Lake(Path(lake), contracts).snapshot()
        marks.append(time.perf_counter())
        with snapshot.connect() as con:
            for name in _CLASSES:
                columns = [c.name for c in contracts[name].columns] + [
                    "_file",
                    "_line",
                    "_batch",
                    "_known_on",
                ]
                read_all = ", ".join(f"max({sql.name(column)})" for column in columns)
                rows[name] = con.execute(f"SELECT count(*), {read_all} FROM {name}").fetchall()[0][0]
        marks.append(time.perf_counter())
        coverage = snapshot.coverage
        marks.append(time.perf_counter())
        waiting = len(snapshot.waiting.rows)
        marks.append(time.perf_counter())
        assert coverage.classes["person"].until
        for name, start, end in zip(
            ("snapshot", "classes", "coverage", "waits"), marks, marks[1:], strict=False
        ):
            taken.setdefault(name, []).append(end - start)
        taken.setdefault("seconds", []).append(marks[-1] - marks[0])
    return {
        **{name: statistics.median(times) for name, times in taken.items()},
        "rows": rows,
        "waiting": waiting,
    }


def make(folder: str, people: int, deliveries: int) -> dict[str, Any]:
    """Make both lakes; how long the merging in one of them took."""
    contracts = read_contracts(PACK / "contracts")
    started = time.perf_counter()
    lake = Lake(Path(folder) / "many", contracts)
    maker = _Maker(lake, people)
    maker.large()
    merging: list[float] = []
    for small in maker.small(deliveries):
        with lake.store.writing() as build:
            small(build)
            before = time.perf_counter()
            merge_if_due(lake, build)
            merging.append(time.perf_counter() - before)
    maker.same_in_one(Lake(Path(folder) / "one", contracts))
    return {"seconds": time.perf_counter() - started, "merging": sum(merging), "longest": max(merging)}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A small delivery: the numbers of its records, the number of its file, and where what it corrects stands."""

    class_name: str
    source: int
    keys: tuple[int, ...]
    gone: tuple[tuple[int, int], ...]
    salt: int


class _Maker:
    """Writes deliveries as an intake does, without checking anything."""

    def __init__(self, lake: Lake, people: int) -> None:
        self._lake = lake
        self._people = people
        self._chance = random.Random(1)
        self._con = duckdb.connect()
        self._count = 0
        self._files = dict.fromkeys(_CLASSES, 1)
        self._rows = {name: people * each for name, each in _CLASSES.items()}
        self._where: dict[str, dict[int, tuple[int, int]]] = {name: {} for name in _CLASSES}
        """Of each class the records that a small delivery brought: their file and line, by number."""

    def large(self) -> None:
        """The first delivery: every class whole, and a little of it in quarantine."""
        with self._lake.store.writing() as build:
            files, segments, covered = [], [], []
            for name in _CLASSES:
                contract, rows = self._lake.contracts[name], self._rows[name]
                select = f"SELECT {self._cells(contract)}, 1::INTEGER AS _source, k + 2 AS _line FROM range({rows}) r(k), (SELECT 0 AS salt)"
                self._copy(select, build / "segments" / f"{name}.parquet")
                self._wrong(contract, build, f"{name}.csv", rows // 100)
                files.append(self._file(name, f"{name}.csv", rows, "department"))
                segments.append(self._segment(contract, rows, 0))
                if contract.valid_time.kind != "month":
                    covered.append(
                        Covered(name, "register", None, None, None, _DAY, f"{name}.csv", "department")
                    )
            self._cover(covered, build)
            self._publish(self._lake, build, _DAY, files, segments)

    def small(self, deliveries: int) -> Iterator[Callable[[Path], None]]:
        """So many deliveries, each to be written into a folder: a record or two of one class, new or corrected."""
        plans = [self._plan(number) for number in range(deliveries)]
        rows = {name: self._rows_of(name, [p for p in plans if p.class_name == name]) for name in _CLASSES}
        done = dict.fromkeys(_CLASSES, 0)
        for number, plan in enumerate(plans):
            first = done[plan.class_name]
            done[plan.class_name] += len(plan.keys)
            yield partial(self._write_small, number, plan, rows[plan.class_name].slice(first, len(plan.keys)))

    def _plan(self, number: int) -> "_Plan":
        name = self._chance.choice(list(_CLASSES))
        self._files[name] += 1
        keys: list[int] = []
        gone: list[tuple[int, int]] = []
        for _ in range(self._chance.randint(1, 2)):
            key = self._chance.randrange(self._rows[name])
            if self._chance.random() < 0.5 and key not in keys:
                gone.append(self._where[name].get(key, (1, key + 2)))
            else:
                key = self._rows[name]
                self._rows[name] += 1
            keys.append(key)
        for line, key in enumerate(keys, 2):
            self._where[name][key] = (self._files[name], line)
        return _Plan(name, self._files[name], tuple(keys), tuple(gone), number + 1)

    def _rows_of(self, class_name: str, plans: list["_Plan"]) -> pa.Table:
        """The records of all small deliveries of a class, in order."""
        told = [
            (key, plan.source, line, plan.salt) for plan in plans for line, key in enumerate(plan.keys, 2)
        ]
        names, kinds = ("k", "source", "line", "salt"), (pa.int64(), pa.int32(), pa.int64(), pa.int64())
        columns = [
            pa.array(column, kind) for column, kind in zip(zip(*told, strict=True), kinds, strict=True)
        ]
        self._con.register("told", pa.table(columns, names=list(names)))
        cells = self._cells(self._lake.contracts[class_name])
        return self._con.sql(
            f"SELECT {cells}, source AS _source, line AS _line FROM told ORDER BY source, line"
        ).to_arrow_table()

    def _write_small(self, number: int, plan: "_Plan", rows: pa.Table, build: Path) -> None:
        name, day = plan.class_name, _DAY + timedelta(number // 100)
        contract, file = self._lake.contracts[name], f"{name}-case-{number}.csv"
        # What the rows say of where they are from is known only now: the batch's name is that of its content.
        taken = self._file(name, file, len(plan.keys), "platform:case")
        batch = self._name(taken)
        for column, value in (("_file", file), ("_batch", batch), ("_known_on", day)):
            rows = rows.append_column(column, pa.array([value] * len(plan.keys)))
        self._store(rows, build / "segments" / f"{name}.parquet")
        if plan.gone:
            sources, lines = zip(*plan.gone, strict=True)
            before = [plan.source - 1] * len(plan.gone)
            gone = pa.table(
                {
                    "_source": pa.array(sources, pa.int32()),
                    "_line": pa.array(lines, pa.int64()),
                    "_before": pa.array(before, pa.int32()),
                }
            )
            self._store(gone, build / "segments" / f"{name}.corrected.parquet")
        if number % _QUARANTINED == 0:
            self._wrong(contract, build, file, 1)
        if number % _COVERS == 0:
            self._cover([Covered("person", "changes", None, None, None, day, file, "department")], build)
        segment = self._segment(contract, len(plan.keys), len(plan.gone))
        # Waiting for the disk is left out: every intake does that, merged or not.
        with mock.patch("jigong.lake.store._sync"):
            self._publish(self._lake, build, day, [taken], [segment])

    def same_in_one(self, lake: Lake) -> None:
        """The same records, in one delivery; what waits came with the one before, so that there is the same to do."""
        snapshot = self._lake.snapshot()
        self._count = 0
        root = self._lake.root
        for wrong in (True, False):
            with lake.store.writing() as build, duckdb.connect() as con:
                snapshot.attach(con, "main")
                files, segments = [], []
                for name in _CLASSES:
                    contract = lake.contracts[name]
                    own = sql.names(column.name for column in contract.columns)
                    rows = con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
                    if wrong:
                        found = {
                            kind: snapshot.batches.parts(kind, name) for kind in ("quarantine", "waiting")
                        }
                        for kind, parts in found.items():
                            read = f"read_parquet([{sql.texts(root / p.path for p in parts)}], union_by_name = true)"
                            kept = " WHERE class = " + sql.text(name) if kind == "quarantine" else ""
                            self._copy(
                                f"SELECT * EXCLUDE (_batch, _known_on, _place) FROM {read}{kept}",
                                build / kind / f"{name}.parquet",
                                con,
                            )
                    else:
                        select = f"SELECT {own}, 2::INTEGER AS _source, row_number() OVER () + 1 AS _line FROM {name}"
                        self._copy(select, build / "segments" / f"{name}.parquet", con)
                        segments.append(self._segment(contract, rows, 0))
                    files.append(self._file(name, f"{name}.csv", 0 if wrong else rows, "department"))
                if wrong:
                    self._cover([row for _, _, row in snapshot.covered], build)
                self._publish(lake, build, snapshot.known_on, files, segments)

    def _cells(self, contract: Contract) -> str:
        """SQL for the cells of record ``k``; what is not its key depends on ``salt`` as well."""
        cells = []
        monthly = any(contract.column(key).kind == "month" for key in contract.key)
        for column in contract.columns:
            draw = f"hash(k, salt, {sql.text(column.name)})"
            if column.kind in ("month", "date") and column.name in contract.key:
                cell = f"DATE '2015-01-01' + to_months((k // {self._people})::INTEGER)"
            elif column.name in contract.key or column.reference:
                spread = f"k % {self._people}" if monthly or column.reference else "k"
                cell = f"printf('%018d', ({spread})::BIGINT)"
            elif column.kind == "string":
                values = [value.value for value in column.values] or [f"示例{n}" for n in range(100)]
                cell = f"[{sql.texts(values)}][1 + ({draw} % {len(values)})::BIGINT]"
            elif column.kind in ("month", "date"):
                cell = f"DATE '2020-01-01' + ({draw} % 1000)::INTEGER"
            elif column.kind == "boolean":
                cell = f"{draw} % 2 = 0"
            else:
                cell = f"({draw} % 1000)::INTEGER"
            cells.append(f"CAST({cell} AS {column.duckdb_type}) AS {sql.name(column.name)}")
        return ", ".join(cells)

    def _wrong(self, contract: Contract, build: Path, file: str, rows: int) -> None:
        """Rows in quarantine, of records that nobody else has."""
        name, key = contract.name, contract.key[0]
        row = json.dumps({key: "x"})
        select = f"FROM range({rows}) r(n)"
        self._copy(
            f"SELECT '{name}' AS class, {sql.text(file)} AS file, 1000000 + n AS line, '{key}' AS columns, 'x' AS value,"
            " 'format' AS reason, '格式不对' AS zh, 'wrong format' AS en, '改正' AS remedy_zh, 'correct it' AS remedy_en,"
            f" {sql.text(row)} AS row, FALSE AS cell {select}",
            build / "quarantine" / f"{name}.parquet",
        )
        cells = ", ".join(
            f"CAST({sql.text(uuid4().hex) if c.name in contract.key and c.kind == 'string' else 'NULL'} AS {c.duckdb_type})"
            f" AS {sql.name(c.name)}"
            for c in contract.columns
        )
        self._copy(
            f"SELECT {sql.text(file)} AS _file, 1000000 + n AS _line, {cells}, TRUE AS _whole, CAST(NULL AS VARCHAR[]) AS _cells,"
            f" 'x' AS _text {select}",
            build / "waiting" / f"{name}.parquet",
        )

    def _copy(self, select: str, file: Path, con: duckdb.DuckDBPyConnection | None = None) -> None:
        file.parent.mkdir(exist_ok=True)
        (con or self._con).execute(f"COPY ({select}) TO {sql.text(file)} {PARQUET}")

    @staticmethod
    def _store(rows: pa.Table, file: Path) -> None:
        file.parent.mkdir(exist_ok=True)
        pq.write_table(rows, file, compression="zstd")

    @staticmethod
    def _cover(rows: list[Covered], build: Path) -> None:
        (build / "coverage").mkdir()
        write_coverage(rows, build / "coverage" / "covered.parquet")

    @staticmethod
    def _file(class_name: str, name: str, rows: int, origin: str) -> TakenFile:
        return TakenFile(class_name, name, content_hash(name), "0" * 64, rows, rows, 0, 0, 0, origin=origin)

    @staticmethod
    def _segment(contract: Contract, rows: int, corrected: int) -> Segment:
        columns = tuple((column.name, column.duckdb_type) for column in contract.columns)
        return Segment(contract.name, rows, corrected, columns, told=rows <= TOLD)

    def _name(self, *files: TakenFile) -> str:
        return batch_name(self._count + 1, [file.content for file in files])

    def _publish(
        self, lake: Lake, build: Path, day: date, files: list[TakenFile], segments: list[Segment]
    ) -> None:
        name = self._name(*files)
        self._count += 1
        hashes = {
            f"{file.parent.name}/{name}/{file.name}": file_hash(file)
            for file in sorted(build.glob("*/*.parquet"))
        }
        batch = Batch(name, day, tuple(files), tuple(segments), hashes)
        lake.store.publish(name, build, batch.to_json())
