"""All clauses and all points for everybody: Jigong, openfisca-core, and SQL written by hand."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from bench import openfisca
from bench.clauses import WORKER, Book, read_book
from bench.harness import Job, Result, run, seconds, side_by_side
from bench.setting import Setting
from bench.world import make_world
from jigong.decisions.decide import decide as decide_run
from jigong.decisions.points import points_sql
from jigong.lake.facts import FactTables
from jigong.lake.topics import with_values
from jigong.rules.engines.duckdb import column_of, decide_sql, quoted

BY_HAND = Path(__file__).parent / "by_hand"
_MANY, _FEW = 1_000_000, 20_000


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    _agree(setting)
    yield from _district(setting)
    yield from _world(setting)


def _district(setting: Setting) -> Iterator[Result]:
    arguments = {"data": str(setting.district())}
    jobs = {name: Job("everybody", name, arguments) for name in ("district_engine", "district")}
    found = side_by_side(jobs, setting.runs)
    engine, whole = found["district_engine"], found["district"]
    yield Result(
        "everybody.engine",
        f"{setting.workers:,} 人:全部条款、每个条件、全部积分(事实进,Parquet 出)",
        f"{setting.workers:,} workers: all clauses, every condition, all points (facts in, Parquet out)",
        seconds(engine.seconds),
        "< 1 s",
        setting.full(engine.seconds < 1),
        engine.peak_mb,
        engine.seconds,
    )
    yield Result(
        "everybody.decide",
        f"{setting.workers:,} 人:整个判定,另含缺什么、就高不重复、名额、每人每条一行",
        f"{setting.workers:,} workers: the whole decision, with what is missing, exclusion, quotas, a row for each worker and clause",
        seconds(whole.seconds),
        "",
        None,
        whole.peak_mb,
        whole.seconds,
    )


def _world(setting: Setting) -> Iterator[Result]:
    workers = setting.scaled(_MANY)
    folder = setting.folder / f"world-{workers}"
    arguments = {"folder": str(folder), "workers": workers}
    names = ("ours", "engine", "by_openfisca", "by_hand")
    run(Job("everybody", "prepare", arguments))
    found = side_by_side({name: Job("everybody", name, arguments) for name in names}, setting.runs)
    whole, engine, fisca, hand = (found[name] for name in names)
    ratio = fisca.seconds / engine.seconds
    yield Result(
        "everybody.openfisca",
        f"{workers:,} 人:比 openfisca-core 快几倍(Parquet 进,同样的结果出)",
        f"{workers:,} workers: how many times faster than openfisca-core (Parquet in, the same results out)",
        f"{ratio:.2f}× ({seconds(engine.seconds)} : {seconds(fisca.seconds)})",
        "≥ 3×",
        setting.full(ratio >= 3),
        engine.peak_mb,
        engine.seconds,
        ratio,
        "openfisca-core",
    )
    more = fisca.peak_mb / engine.peak_mb
    yield Result(
        "everybody.memory",
        f"{workers:,} 人:openfisca-core 的内存是几倍",
        f"{workers:,} workers: how many times the memory openfisca-core takes",
        f"{more:.2f}× ({engine.peak_mb:,.0f} : {fisca.peak_mb:,.0f} MB)",
        "> 1×",
        setting.full(more > 1),
        engine.peak_mb,
        engine.seconds,
        more,
        "openfisca-core",
    )
    yield Result(
        "everybody.whole",
        f"{workers:,} 人:整个判定,另含缺什么、就高不重复、名额、逐条文件",
        f"{workers:,} workers: the whole decision, with what is missing, exclusion, quotas, its files",
        seconds(whole.seconds),
        "",
        None,
        whole.peak_mb,
        whole.seconds,
        fisca.seconds / whole.seconds,
        "openfisca-core",
    )
    slower = engine.seconds / hand.seconds
    yield Result(
        "everybody.by_hand",
        f"{workers:,} 人:引擎比手写 DuckDB 慢几倍",
        f"{workers:,} workers: how many times slower the engine is than DuckDB SQL written by hand",
        f"{slower:.2f}× ({seconds(engine.seconds)} : {seconds(hand.seconds)})",
        "≤ 2×",
        setting.full(slower <= 2),
        engine.peak_mb,
        engine.seconds,
        1 / slower,
        "DuckDB by hand",
    )


def _agree(setting: Setting) -> None:
    """Refuse to compare contenders that find different things."""
    arguments = {"folder": str(setting.folder / f"world-{_FEW}"), "workers": _FEW}
    side_by_side({"compare": Job("everybody", "compare", arguments)}, 1)


def prepare(folder: str, workers: int) -> dict[str, Any]:
    """Make the world, so that no measurement has to."""
    make_world(read_book(), Path(folder), workers)
    return {"seconds": 0}


def district(data: str) -> dict[str, Any]:
    """Decide everybody of a district whose facts are built."""
    from bench.district import District

    made = District(Path(data))
    facts, book, out = made.facts(), made.book, made.folder / "bench-runs"
    started = time.perf_counter()
    run = decide_run(facts, book.pack, book.rulebook, book.values, out)
    took = time.perf_counter() - started
    shutil.rmtree(out)
    return {"seconds": took, "workers": run.workers}


def district_engine(data: str) -> dict[str, Any]:
    """Our SQL alone, on the same facts."""
    from bench.district import District

    made = District(Path(data))
    facts, out = made.facts(), made.folder / "bench-engine"
    took = _engine(made.book, facts, out)
    shutil.rmtree(out)
    return {"seconds": took}


def ours(folder: str, workers: int) -> dict[str, Any]:
    """The whole decision: verdicts, reasons, exclusion, quota, missing facts, its files."""
    book = read_book()
    facts, out = make_world(book, Path(folder), workers), Path(folder) / "ours"
    started = time.perf_counter()
    run = decide_run(facts, book.pack, book.rulebook, book.values, out)
    took = time.perf_counter() - started
    shutil.rmtree(out)
    return {"seconds": took, "workers": run.workers}


def engine(folder: str, workers: int) -> dict[str, Any]:
    """Our SQL alone, to the same files as the SQL written by hand."""
    book = read_book()
    facts = make_world(book, Path(folder), workers)
    return {"seconds": _engine(book, facts, Path(folder) / "engine")}


def by_hand(folder: str, workers: int) -> dict[str, Any]:
    """The SQL written by hand."""
    book = read_book()
    facts = make_world(book, Path(folder), workers)
    return {"seconds": _by_hand(book, facts, Path(folder) / "by_hand")}


def by_openfisca(folder: str, workers: int) -> dict[str, Any]:
    """openfisca-core."""
    book = read_book()
    facts = make_world(book, Path(folder), workers)
    return {"seconds": openfisca.everybody(book, facts, Path(folder) / "openfisca")}


def _engine(book: Book, facts: FactTables, out: Path) -> float:
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    today = f"DATE '{facts.as_of}'"
    with facts.connect() as connection:
        for kind, clauses in book.kinds.items():
            sql = decide_sql([book.rules[id_] for id_ in clauses], quoted(kind), [quoted(kind)], today)
            names = ", ".join(
                f"{column_of(n, column)} AS {id_.replace('-', '_')}_{column}"
                for n, id_ in enumerate(clauses)
                for column in ("verdict", "mask", "amount")
            )
            _copy(connection, f"SELECT {quoted(kind)}, {names} FROM ({sql})", out / f"{kind}.parquet")
            if kind == WORKER:
                points = points_sql(book.pack, book.rulebook, book.values, quoted(WORKER), today)
                _copy(connection, points, out / "points.parquet")
    return time.perf_counter() - started


def _by_hand(book: Book, facts: FactTables, out: Path) -> float:
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        name: (BY_HAND / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("macros", *book.kinds, "points")
    }
    queries = {name: with_values(text, book.values, facts.as_of) for name, text in texts.items()}
    started = time.perf_counter()
    with facts.connect() as connection:
        connection.execute(queries["macros"])
        for kind in book.kinds:
            _copy(connection, queries[kind], out / f"{kind}.parquet")
            if kind == WORKER:
                _copy(connection, queries["points"], out / "points.parquet")
    return time.perf_counter() - started


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    connection.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def compare(folder: str, workers: int) -> dict[str, Any]:
    """Whether all contenders find the same verdicts, masks, amounts and points for everybody.

    Raises:
        AssertionError: the clause and the contender that differ.
    """
    book = read_book()
    at = Path(folder)
    facts = make_world(book, at, workers)
    run = decide_run(facts, book.pack, book.rulebook, book.values, at / "ours")
    took = _engine(book, facts, at / "engine") + _by_hand(book, facts, at / "by_hand")
    took += openfisca.everybody(book, facts, at / "openfisca")
    for kind, clauses in book.kinds.items():
        for clause in clauses:
            for other in ("engine", "by_hand", "openfisca"):
                _same(book, clause, kind, run.rows(clause), at / other / f"{kind}.parquet")
    for other in ("engine/points", "by_hand/points", "openfisca/worker"):
        _same_points(book, run.points, at / f"{other}.parquet")
    return {"seconds": took}


def _same(book: Book, clause: str, kind: str, ours: str, theirs: Path) -> None:
    key = clause.replace("-", "_")
    money = (
        f" OR abs(coalesce(o.amount, 0) - coalesce(t.{key}_amount, 0)) > 0.01"
        if book.rules[clause].pays_money
        else ""
    )
    row = duckdb.execute(
        f"SELECT count(*), count(*) FILTER (o.verdict <> CASE CAST(t.{key}_verdict AS VARCHAR) WHEN 'true' THEN 'yes'"
        f" WHEN 'false' THEN 'no' ELSE CAST(t.{key}_verdict AS VARCHAR) END OR o.mask <> t.{key}_mask{money})"
        f" FROM {ours} o JOIN read_parquet('{theirs}') t ON t.{quoted(kind)} = o.subject"
    ).fetchall()[0]
    if row[0] == 0 or row[1] > 0:
        raise AssertionError(f"{clause}: {theirs} differs in {row[1]} of {row[0]}")


def _same_points(book: Book, ours: str, theirs: Path) -> None:
    names = [f"points_{id_}" for id_, _, _ in book.points] + ["points_total"]
    differ = " OR ".join(f"o.{name} <> t.{name}" for name in names)
    row = duckdb.execute(
        f"SELECT count(*), count(*) FILTER ({differ}) FROM {ours} o JOIN read_parquet('{theirs}') t USING (worker)"
    ).fetchall()[0]
    if row[0] == 0 or row[1] > 0:
        raise AssertionError(f"points: {theirs} differs in {row[1]} of {row[0]}")
