"""The law the portals judge by: that of the current run, read once for each process."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock

from jigong.dossiers.body import open_body
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.held import Held, Known
from jigong.insight.law import Law, law_on
from jigong.kernel.problems import error
from jigong.lake.facts import SubjectTable
from jigong.packs.reader import read_pack


def current_run() -> LoadedRun:
    """The run the portals show.

    Raises:
        JigongError: nothing was loaded yet.
    """
    kept = _kept.get()
    if kept:
        return kept[0]
    run = LoadedRun.objects.filter(current=True).first()
    if run is None:
        raise error(
            "还没有载入判定结果",
            "no decisions have been loaded yet",
            remedy=("运行 jigong load", "run jigong load"),
        )
    if kept is not None:
        kept.append(run)
    return run


_kept: ContextVar[list[LoadedRun] | None] = ContextVar("current run", default=None)


@contextmanager
def one_run() -> Iterator[None]:
    """What happens within it sees one current run, asked for once: another may become current meanwhile."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


_reading = Lock()
"""A process that has just begun is asked for many pages at once, and one reading of the pack serves all."""


@lru_cache(maxsize=4)
def _law(pack_folder: str, pack_hash: str, day: str) -> Law:
    pack = read_pack(Path(pack_folder))
    if pack.hash != pack_hash:
        raise error(
            f"{pack_folder} 的内容与载入时不同",
            f"{pack_folder} is not what it was when it was loaded",
            remedy=("已发布的技工包不可改动，请恢复", "a published pack must not be edited; restore it"),
        )
    return law_on(pack, date.fromisoformat(day))


def law_of_run(run: LoadedRun) -> Law:
    """The law a run was decided under."""
    return law_of(Path(run.pack_folder), run.pack_hash, run.as_of)


def law_of(pack_folder: Path, pack_hash: str, day: date) -> Law:
    """The law of a day, of the pack in a folder.

    Raises:
        JigongError: the pack is not the one with this hash any more.
    """
    with _reading:
        return _law(str(pack_folder), pack_hash, str(day))


def kinds_of(run: LoadedRun) -> dict[str, SubjectTable]:
    """The kinds of subjects a run knew."""
    return {
        name: SubjectTable(name, tuple(links), tuple(facts), listed)
        for name, links, facts, listed in run.kinds
    }


def known_to(run: LoadedRun) -> Known:
    """What a run knows of its own data."""
    said = run.known

    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    return Known(
        {name: day(text) for name, text in said.get("reckoned", {}).items()},
        {name: date.fromisoformat(text) for name, text in said.get("reckoning", {}).items()},
        said.get("sources", {}),
        said.get("nobody", {}),
    )


def held_of(dossier: Dossier) -> Held:
    """What a dossier (with its ``run``) holds."""
    run = dossier.run
    return open_body(dossier.body, law_of_run(run).pack, kinds_of(run), run.as_of, known_to(run))
