"""A lottery over as many entrants as the district has workers, with its results in PostgreSQL."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.clauses import PACK
from bench.harness import Job, Result, seconds, side_by_side
from bench.setting import Setting

CLAUSE = "shared-ownership"
NOW = datetime(2023, 1, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=4)


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    job = Job("lottery", "draw", {"entrants": setting.workers})
    found = side_by_side({"draw": job}, setting.runs)["draw"]
    figures = found.figures
    yield Result(
        "lottery",
        f"{setting.workers:,} 人摇号,顺序和结果写入 PostgreSQL",
        f"a lottery over {setting.workers:,} entrants, order and results written to PostgreSQL",
        seconds(found.seconds),
        "< 2 s",
        setting.full(found.seconds < 2),
        found.peak_mb,
        found.seconds,
    )
    for name, zh, en in (
        ("prepare", "拟定名单:判定结果 → 加密存储和公开文件", "drawing up the roster: verdicts to sealed lines and a public file"),
        ("publish", "公布结果,向中签人发出待办", "publishing, with a proposal to each winner"),
        ("again", "用公开的 40 行程序重算", "the published 40-line program, as anybody runs it"),
    ):  # fmt: skip
        took = float(figures[name])
        yield Result(f"lottery.{name}", zh, en, seconds(took), "", None, found.peak_mb, took)


def draw(entrants: int) -> dict[str, Any]:
    """Take one draw through all its steps on an empty database of its own; the draw itself counts."""
    from jigong.config.environment import local_environment
    from jigong.config.postgres import embedded

    with tempfile.TemporaryDirectory(prefix="jigong-bench-") as folder:
        Path(folder).chmod(0o755)
        with embedded(Path(folder) / "pg") as url:
            os.environ.update(local_environment(PACK, Path(folder) / "data", url), JIGONG_DEMO="1")
            os.environ["DJANGO_SETTINGS_MODULE"] = "jigong.config.settings"
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            try:
                return _steps(entrants, Path(folder))
            finally:
                connections.close_all()


def _steps(entrants: int, folder: Path) -> dict[str, Any]:
    from jigong.accounts.humans import set_number
    from jigong.accounts.models import Account
    from jigong.delivery.lottery import actions, preparing
    from jigong.delivery.lottery.enums import DocumentKind
    from jigong.delivery.lottery.queries import document

    first, second = (Account.objects.create_user(username=name) for name in ("first", "second"))
    for one in (first, second):
        set_number(one, one.username)
    source = made_source(entrants, folder)
    announced = preparing.Announcement("某指数收盘点位", "3089.26", NOW + timedelta(days=3))
    times: dict[str, float] = {}
    started = time.perf_counter()
    made = preparing.prepare(
        source=source, clause=CLAUSE, places=min(407, entrants), announced=announced, by=first, at=NOW
    )
    times["prepare"] = time.perf_counter() - started
    typed = made.roster_sha256[: actions.PREFIX]
    actions.commit(draw=made.pk, by=second, at=NOW, typed=typed)
    actions.enter_seed(draw=made.pk, seed="3089.26", evidence="", by=first, at=LATER)
    actions.confirm_seed(draw=made.pk, seed="3089.26", by=second, at=LATER)
    started = time.perf_counter()
    actions.run_draw(draw=made.pk, by=first, at=LATER)
    times["seconds"] = time.perf_counter() - started
    started = time.perf_counter()
    actions.publish(draw=made.pk, by=second, at=LATER, typed=typed)
    times["publish"] = time.perf_counter() - started
    files = {kind: document(made.pk, kind) for kind in DocumentKind}
    roster, program = folder / "roster.txt", folder / "draw.py"
    for path, kind in ((roster, DocumentKind.ROSTER), (program, DocumentKind.SAMPLER)):
        path.write_bytes(bytes(files[kind].body))
    started = time.perf_counter()
    again = subprocess.run(
        [sys.executable, "-I", program, roster, "3089.26"], capture_output=True, check=True
    )
    times["again"] = time.perf_counter() - started
    if again.stdout != bytes(files[DocumentKind.RESULTS].body):
        raise RuntimeError("the published program gives another result")
    return times


def made_source(entrants: int, folder: Path, undecided: int = 0) -> Any:
    """People, and a run in which all of them may enter; the first ``undecided`` of them are not decided."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from django.db import connection

    from jigong.accounts.cipher import lookup
    from jigong.decisions.layout import Kept, column
    from jigong.decisions.points import WORKER
    from jigong.decisions.run import Run
    from jigong.delivery.lottery.roster import Source
    from jigong.dossiers.models import LoadedRun
    from jigong.insight.law import law_on
    from jigong.packs.reader import read_pack

    numbers = [f"00000020000101{place:06}" for place in range(entrants)]
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY accounts_person (number_hash, number, name, mobile_hash, town, listed) FROM STDIN"
        ) as copy,
    ):
        for number in numbers:
            copy.write_row((lookup(number, "person.number"), b"x", "某人", "", "", True))
    kept = Kept(CLAUSE, WORKER, True, ("may_buy",), (), False, True, False, None, False, None)
    parts = {
        "verdict": ["undecided"] * undecided + ["yes"] * (entrants - undecided),
        "mask": [0] * entrants,
        "known": [0] * entrants,
        "branch": [0] * entrants,
        "potential": pa.nulls(entrants, pa.decimal128(14, 2)),
        "missing": [0] * entrants,
    }
    named = {column(CLAUSE, part).strip('"'): values for part, values in parts.items()}
    pq.write_table(pa.table({WORKER: numbers, **named}), kept.file(folder))
    pack = read_pack(PACK)
    law = law_on(pack, NOW.date())
    loaded = LoadedRun.objects.create(
        run="bench", pack_hash=pack.hash, pack_folder=str(PACK), snapshot="bench", known_on=law.day, as_of=law.day,
        kinds=[], totals=[], workers=entrants, loaded_at=NOW, current=True,
    )  # fmt: skip
    run = Run(
        folder, "bench", pack.manifest.name, pack.hash, "bench", law.day, law.day, entrants, (), (kept,), ()
    )
    # A clause that only gives in kind reads no record, so the data behind it are not needed.
    return Source(run, loaded, law, SimpleNamespace())  # type: ignore[arg-type]
