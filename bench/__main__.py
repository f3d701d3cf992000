"""The benchmarks: ``python -m bench``, run by ``script/bench``."""

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench import approvals, deliveries, demo, everybody, facts, intake, lottery, one, paths, site
from bench.beside import beside, checkout
from bench.harness import CORES, ROOT, Result, seconds
from bench.setting import FULL, Setting

QUESTIONS: Mapping[str, Callable[[Setting], Iterator[Result]]] = {
    "demo": demo.results,
    "intake": intake.results,
    "deliveries": deliveries.results,
    "facts": facts.results,
    "everybody": everybody.results,
    "one": one.results,
    "paths": paths.results,
    "approvals": approvals.results,
    "lottery": lottery.results,
    "site": site.results,
}
_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}


def main(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="结果写入 JSON 文件 Results for a program")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help=f"只测 only: {', '.join(QUESTIONS)}")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1000, help="技术工人数 Skilled workers")] = FULL,
    runs: Annotated[int, typer.Option("--runs", min=1, help="每项测几次 Runs of each")] = 3,
    small: Annotated[
        int,
        typer.Option(
            "--deliveries", min=100, help="小报送次数，一年约三万 Small deliveries; a year brings 30,000"
        ),
    ] = 2_000,
    commit: Annotated[
        str | None, typer.Option("--beside", help="与另一个提交轮流测 In turns with another commit")
    ] = None,
) -> None:
    """多快:同一次运行里并排测量,取中位数之比 · How fast, as ratios of medians measured side by side in one run."""
    wanted = only or list(QUESTIONS)
    for name in wanted:
        if name not in QUESTIONS:
            raise typer.BadParameter(f"{name}: {', '.join(QUESTIONS)}", param_hint="--only")
    console = Console()
    if commit is not None:
        raise typer.Exit(
            _beside(console, commit, wanted, ["--workers", str(workers), "--deliveries", str(small)], runs)
        )
    setting = Setting(ROOT / "var" / "bench", workers, runs, small)
    setting.folder.mkdir(parents=True, exist_ok=True)
    found: list[Result] = []
    broken = False
    for name in wanted:
        try:
            with console.status(f"测量 measuring: {name}"):
                found += QUESTIONS[name](setting)
        except RuntimeError as bad:
            broken = True
            console.print(f"[red]{name} 没有测成 could not be measured:[/]")
            console.print(str(bad), markup=False)
    console.print(_table(found))
    if json_file is not None:
        text = json.dumps({**_machine(), "workers": workers, "runs": runs, "results": [r.plain() for r in found]}, ensure_ascii=False, indent=1)  # fmt: skip
        json_file.write_text(text + "\n", encoding="utf-8")
    raise typer.Exit(int(broken))


def _beside(console: Console, commit: str, questions: list[str], options: list[str], runs: int) -> int:
    """Show how long this tree takes and how long another commit; 1 where something could not be measured."""
    table = Table(title=f"这里与 {commit} 并排 Beside {commit}", show_lines=True)
    table.add_column("测什么 What", ratio=1, overflow="fold")
    for heading in ("这里 Here", "那里 There", "倍数 Ratio", "内存 MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    broken = 0
    for name in questions:
        try:
            tree = checkout(commit, ROOT / "var" / "bench" / "beside")
            with console.status(f"测量 measuring: {name}"):
                lines = beside(tree, name, options, runs)
        except RuntimeError as bad:
            broken = 1
            console.print(f"[red]{name} 没有测成 could not be measured:[/]")
            console.print(str(bad), markup=False)
            continue
        for line in lines:
            here, there = map(seconds, line.seconds)
            peak = " : ".join(f"{mb:,.0f}" for mb in line.peak_mb)
            table.add_row(line.words, here, there, f"{line.ratio:.2f}", peak)
    console.print(table)
    return broken


def _table(found: list[Result]) -> Table:
    table = Table(title="多快 How fast", show_lines=True)
    table.add_column("测什么 What", ratio=1, overflow="fold")
    table.add_column("结果 Measured", justify="right")
    table.add_column("目标 Target", justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("内存峰值 Peak MB", justify="right", no_wrap=True)
    for result in found:
        words = f"{result.zh}\n[dim]{result.en}[/]"
        table.add_row(words, result.measured, result.target, _MARKS[result.ok], f"{result.peak_mb:,.0f}")
    return table


def _machine() -> dict[str, Any]:
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cores": min(os.cpu_count() or CORES, CORES),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": {
            name: version(name) for name in ("duckdb", "pyarrow", "numpy", "openfisca-core", "zen-engine")
        },
    }


if __name__ == "__main__":
    typer.run(main)
