"""Intake of the monthly classes, beside DuckDB reading the same CSV files with no checks."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from bench.clauses import DAY
from bench.district import District
from bench.harness import Job, Result, seconds, side_by_side
from bench.setting import Setting
from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.sources import FileSource, Source

MONTHLY = (
    "pension_contribution",
    "medical_contribution",
    "injury_contribution",
    "unemployment_contribution",
    "housing_fund_deposit",
)
_BEFORE = ("person", "enterprise")
"""Classes the monthly ones refer to: they are in the lake already."""


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    arguments = {"data": str(setting.district())}
    jobs = {name: Job("intake", name, arguments) for name in ("ours", "read", "rewrite")}
    found = side_by_side(jobs, setting.runs)
    ours, read, rewrite = (found[name] for name in jobs)
    rows = ours.figures["rows"]
    yield Result(
        "intake.rows",
        f"收数:每月数据每秒行数(共 {rows:,} 行)",
        f"intake: rows a second of the monthly classes ({rows:,} rows)",
        f"{rows / ours.seconds:,.0f}",
        "≥ 1,000,000",
        setting.full(rows / ours.seconds >= 1_000_000),
        ours.peak_mb,
        ours.seconds,
    )
    for name, other, zh, en, target in (
        ("read", read, "直接读入内存", "reading the same CSV into memory", True),
        ("rewrite", rewrite, "直接转为 Parquet ", "turning the same CSV into Parquet", False),
    ):
        slower = ours.seconds / other.seconds
        yield Result(
            f"intake.{name}",
            f"收数:比 DuckDB 不检查、{zh}慢几倍",
            f"intake: how many times slower than DuckDB {en}, no checks",
            f"{slower:.2f}× ({seconds(ours.seconds)} : {seconds(other.seconds)})",
            "≤ 2.5×" if target else "",
            setting.full(slower <= 2.5) if target else None,
            other.peak_mb,
            ours.seconds,
            1 / slower,
            "DuckDB",
        )


def ours(data: str) -> dict[str, Any]:
    """Take in, with every check: forms, limits, identifiers, references, keys."""
    made = District(Path(data))
    folder = made.folder / "bench-lake"
    shutil.rmtree(folder, ignore_errors=True)
    lake = Lake(folder, made.book.pack.contracts)
    take_in(lake, [source for name in _BEFORE for source in _sources(made, name)], known_on=DAY)
    started = time.perf_counter()
    report = take_in(lake, [source for name in MONTHLY for source in _sources(made, name)], known_on=DAY)
    took = time.perf_counter() - started
    shutil.rmtree(folder)
    return {"seconds": took, "rows": report.rows_in, "accepted": report.accepted}


def _sources(made: District, name: str) -> list[Source]:
    return [FileSource(file, name) for file in sorted(made.files.glob(f"{name}.*"))]


def read(data: str) -> dict[str, Any]:
    """DuckDB's own reader, its own guess of every type, into tables in memory."""
    return _plainly(District(Path(data)), "CREATE OR REPLACE TABLE taken AS {query}")


def rewrite(data: str) -> dict[str, Any]:
    """The same into Parquet files."""
    made = District(Path(data))
    file = made.folder / "bench-rewritten.parquet"
    figures = _plainly(made, f"COPY ({{query}}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    file.unlink()
    return figures


def _plainly(made: District, statement: str) -> dict[str, Any]:
    files = [file for name in MONTHLY for file in sorted(made.files.glob(f"{name}.csv"))]
    started = time.perf_counter()
    with duckdb.connect() as connection:
        for file in files:
            # A few cells are wrong on purpose: the row is left out, as the reader finds it.
            query = f"SELECT * FROM read_csv('{file}', header=true, ignore_errors=true)"
            connection.execute(statement.format(query=query))
    return {"seconds": time.perf_counter() - started}
