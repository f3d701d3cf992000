"""The figures of the current run: made in the background once for each run, read by every page."""

import fcntl
from pathlib import Path

from django.conf import settings

from jigong.decisions.run import Run, read_run, run_folder
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.figures import Figures, figures_file, make_figures, read_figures
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake
from jigong.packs.pack import Pack
from jigong.services.publishing.report import settled


def _folder() -> Path:
    folder: Path = settings.JIGONG.data / "insight"
    return folder


def figures_of(loaded: LoadedRun) -> Figures | None:
    """The figures of a run, or None while they are being made."""
    return read_figures(_folder(), loaded.run)


def prepare() -> bool:
    """Make the figures of the current run, unless they are there; whether anything was made.

    One process at a time: another that is asked meanwhile leaves it to the first.
    """
    loaded = current_run()
    folder = _folder()
    if figures_file(folder, loaded.run).is_file():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        _make(loaded, folder)
    return True


def _make(loaded: LoadedRun, folder: Path) -> None:
    data: Path = settings.JIGONG.data
    law = law_of_run(loaded)
    snapshot = Lake(data / "lake", law.pack.contracts).snapshot_of(loaded.snapshot)
    facts = build_facts(snapshot, law.pack, law.values, law.day, data / "facts")
    run: Run = read_run(run_folder(data / "runs", loaded.run))
    paid = settled(law.pack, loaded.known_on)
    make_figures(run, facts, law, snapshot, paid, folder, breakdowns(law.pack))


def breakdowns(pack: Pack) -> list[str]:
    """The pack's breakdowns that give an overview: not those by the subject itself, such as each enterprise."""
    return [name for name in pack.breakdowns if name not in pack.subjects]
