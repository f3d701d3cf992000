"""The main job end to end, on a made-up district, told as it goes."""

import json
import resource
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from jigong.cli import options, show, show_worker
from jigong.cli.console import Screen
from jigong.cli.show_intake import show_intake
from jigong.cli.site import bring_results, rehearse_results, run_site
from jigong.cli.workspace import Workspace
from jigong.config.site import environment, free_port, set_up
from jigong.insight.explain import explain
from jigong.insight.missing import price_of_missing
from jigong.insight.portrait import portrait
from jigong.insight.ways import FoundWay, all_ways, one_step_away
from jigong.kernel.hashing import content_hash, file_hash
from jigong.lake.intake import take_in
from jigong.lake.provenance import Provenance
from jigong.lake.sources import FolderSource
from jigong.synthetic.district import make_district


def add_to(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("demo")(demo)


def demo(
    workers: Annotated[int, typer.Option("--workers", min=100, help="技术工人数 Skilled workers")] = 100_000,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 Seed")] = 1,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = Path("var/demo"),
    lang: Annotated[str | None, typer.Option("--lang", help="zh 中文 / en English")] = None,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="最后运行演示站点 End with a running site")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="演示站点的端口 The site's port")] = 8000,
) -> None:
    """从部门文件到决定，完整跑一遍 · From files to decisions, the whole job once."""
    work = options.workspace(pack, data, language=lang)
    # A district of its own for each size, seed and generator; what an earlier generator made is of no use any more.
    place = data / f"{workers}-{seed}-{_generator(work)[:8]}"
    for old in data.glob(f"{workers}-{seed}-*"):
        if old != place:
            shutil.rmtree(old)
    demo = _Demo(Workspace(pack, place, work.screen), workers, seed)
    demo.run()
    if serve:
        _serve(work.screen, pack, place, demo.day, port)


def _serve(screen: Screen, pack: Path, data: Path, day: date, port: int) -> None:
    """Bring the decisions to everybody's pages, make the demonstration's accounts and some life, and serve until stopped."""
    given = {"JIGONG_DEMO": "1", "JIGONG_TODAY": str(day), "JIGONG_LOG_LEVEL": "WARNING"}
    screen.title("站点：结果送到每个人的页面", "The site: results on everybody's pages")
    with environment(pack, data, given) as found:
        set_up(found)
        bring_results(screen, pack, data, day)
        rehearse_results(screen)
        free = free_port(port)
        screen.say(
            f"打开 http://localhost:{free}/demo,选一个身份登录:工人、企业人事、三个部门的经办人、领导",
            f"open http://localhost:{free}/demo and sign in as a worker, HR, officers of three bureaus, or a leader",
        )
        run_site(screen, found, host="127.0.0.1", port=free, workers=2, threads=3)


def _generator(work: Workspace) -> str:
    """A hash of everything the made-up files depend on: the contracts and the pack's synthetic folder."""
    files = [contract.file for contract in work.pack.contracts.values()]
    files += sorted(file for file in (work.pack_folder / "synthetic").rglob("*") if file.is_file())
    return content_hash([file_hash(file) for file in files])


class _Demo:
    """The demo's steps, each timed."""

    def __init__(self, work: Workspace, workers: int, seed: int) -> None:
        self._work = work
        self._screen: Screen = work.screen
        self._workers = workers
        self._seed = seed
        self._times: list[tuple[str, str, float]] = []
        self._ways: list[FoundWay] = []
        self._started = time.perf_counter()

    def run(self) -> None:
        self._district()
        self._decisions()
        self._portrait()
        self._one_worker()
        self._end()

    @property
    def day(self) -> date:
        """The day the made-up district lives in."""
        return self._work.day

    def _timed(self, zh: str, en: str) -> None:
        now = time.perf_counter()
        self._times.append((zh, en, now - self._started))
        self._started = now

    def _district(self) -> None:
        work, screen = self._work, self._screen
        self._screen.title(
            f"1 部门文件：{len(work.pack.contracts)} 类数据，{self._workers:,} 名技术工人(全为虚构)",
            f"1 Departments' files: {len(work.pack.contracts)} classes of {self._workers:,} skilled workers (all made up)",
        )
        files = work.data / "files"
        if (files / "manifest.json").is_file():
            screen.say(
                f"沿用 {files} 中的文件(同样的人数、种子和技工包)",
                f"using the files in {files} (same size, seed and pack)",
            )
        else:
            with screen.progress("生成部门文件", "making files") as steps:
                make_district(
                    work.pack_folder,
                    work.pack.contracts,
                    files,
                    workers=self._workers,
                    seed=self._seed,
                    progress=steps.count,
                )
            screen.say(f"写入 {files}", f"written to {files}")
        manifest = json.loads((files / "manifest.json").read_text(encoding="utf-8"))
        known_on = date.fromisoformat(manifest["as_of"])
        self._timed("生成", "generate")
        screen.title(
            "2 数据接入：收到什么，退回什么，为什么", "2 Intake: what came in, what was refused and why"
        )
        with screen.progress("数据接入", "taking in") as steps:
            report = take_in(work.lake, [FolderSource(files)], known_on=known_on, progress=steps.count)
        show_intake(screen, report, work.pack)
        self._timed("数据接入", "intake")

    def _decisions(self) -> None:
        work, screen = self._work, self._screen
        screen.title(
            f"3 判定：谁该享受什么，哪个基金出多少({work.day})",
            f"3 Decisions: who is due what, from which fund ({work.day})",
        )
        facts = work.facts
        self._timed("事实", "facts")
        run = work.decide()
        show.run_totals(screen, run, work.pack)
        self._timed("判定", "decide")
        screen.title("4 只差一步：多少人离什么只差一步", "4 One step away: how many, from what")
        with screen.progress("寻找最短路径", "finding paths"):
            ways = list(all_ways(facts, work.pack, work.rulebook, work.values, run))
        self._ways = ways
        show.one_step(screen, one_step_away(iter(ways)), work.pack, most=10)
        self._timed("最短路径", "paths")
        screen.title("5 缺数据的代价：哪一类最贵", "5 The price of missing data: which class costs the most")
        show.missing(screen, price_of_missing(run, work.pack, work.snapshot), work.pack)
        self._timed("缺失数据", "missing data")

    def _portrait(self) -> None:
        work, screen = self._work, self._screen
        screen.title(
            f"6 画像：{len(work.pack.indicators)} 项指标与公开数字",
            f"6 The portrait: {len(work.pack.indicators)} indicators beside the published figures",
        )
        values = portrait(work.facts, work.pack, work.rulebook, work.values)
        show.indicators(screen, values, work.pack, None)
        self._timed("指标", "indicators")

    def _one_worker(self) -> None:
        work, screen = self._work, self._screen
        worker = self._someone()
        screen.title(
            "7 一个人(虚构):每一条为什么，数据从哪一行来",
            "7 One (made-up) worker: every reason, and the line it came from",
        )
        provenance = Provenance(work.snapshot, work.pack)
        found = explain(worker, work.facts, work.pack, work.rulebook, work.values, provenance, work.run)
        show_worker.explained(screen, found, work.pack, None)
        self._timed("解释一人", "explain one")

    def _someone(self) -> str:
        """A worker worth reading: due a grant for a degree, and on the way to something else."""
        run = self._work.run
        on_the_way = {way.worker for way in self._ways if way.worker is not None}
        paying = [total.clause for total in run.totals if total.per != "worker" and total.due_people]
        for clause in sorted(paying, key=lambda id_: not id_.startswith("degree")):
            rows = duckdb.execute(
                f"SELECT worker FROM {run.rows(clause)}"
                " WHERE due > 0 AND worker IS NOT NULL ORDER BY due DESC, worker"
            ).fetchall()
            found = next((worker for (worker,) in rows if worker in on_the_way), None)
            if found is not None:
                return str(found)
        return min(on_the_way, default="")

    def _end(self) -> None:
        screen = self._screen
        total = sum(seconds for _, _, seconds in self._times)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
        zh = "、".join(f"{zh} {seconds:.1f}" for zh, _, seconds in self._times)
        en = ", ".join(f"{en} {seconds:.1f}" for _, en, seconds in self._times)
        screen.title("用时与内存", "Time and memory")
        screen.say(
            f"共 {total:.1f} 秒({zh}),内存峰值 {peak:.2f} GB",
            f"{total:.1f} s ({en}), peak memory {peak:.2f} GB",
        )
        screen.say(
            f"接着可以试：jigong explain <公民身份号码> --data {self._work.data}、jigong paths、jigong diff、jigong quarantine",
            f"next: jigong explain <citizen number> --data {self._work.data}, jigong paths, jigong diff, jigong quarantine",
        )
