"""A run's question asked again: its law and its day, with what is known now. So nobody is judged by data that came late."""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from jigong.decisions.decide import decide
from jigong.decisions.run import Run, read_run, run_folder
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake


@contextmanager
def decided_again(
    loaded: LoadedRun, lake: Lake, data: Path, *, only: Collection[str] | None = None
) -> Iterator[Run]:
    """Decide by the law and on the day of a run, with the newest data; the files are gone after the block.

    ``only`` limits it to some workers, by their numbers; nobody is ranked then.
    """
    law = law_of_run(loaded)
    aside = Path(tempfile.mkdtemp(prefix="again-"))
    try:
        facts = build_facts(lake.snapshot(), law.pack, law.values, law.day, aside, only=only)
        part_of = None if only is None else run_of(loaded, lake, data)
        yield decide(facts, law.pack, law.rulebook, law.values, aside / "runs", part_of=part_of)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def run_of(loaded: LoadedRun, lake: Lake, data: Path) -> Run:
    """The files of a run; decided once more, from the data of then, where they are gone."""
    folder, law = run_folder(data / "runs", loaded.run), law_of_run(loaded)
    if (folder / "run.json").is_file():
        return read_run(folder)
    known = lake.snapshot_of(loaded.snapshot)
    facts = build_facts(known, law.pack, law.values, law.day, data / "facts")
    return decide(facts, law.pack, law.rulebook, law.values, data / "runs")
