"""From a lake to the portals: facts, decisions, dossiers and proposals for one day."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jigong.decisions.run import Run, decide, read_run, run_folder, run_identity
from jigong.delivery.proposals import Taken, propose
from jigong.dossiers.load import Bring, load_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law, law_on
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake
from jigong.packs.reader import read_pack


@dataclass(frozen=True)
class Brought:
    """What came of it."""

    run: Run
    law: Law
    loaded: LoadedRun
    taken: Taken


def bring(pack_folder: Path, data: Path, day: date | None, *, at: datetime) -> Brought:
    """Decide on ``day`` (the day the data were known, unless given) and bring the results to people.

    Doing it again, with the same data and pack, changes nothing.
    """
    pack = read_pack(pack_folder)
    snapshot = Lake(data / "lake", pack.contracts).snapshot()
    law = law_on(pack, day or snapshot.known_on)
    facts = build_facts(snapshot, pack, law.values, law.day, data / "facts")
    folder = run_folder(data / "runs", run_identity(pack, snapshot.id, law.day))
    decided = (folder / "run.json").is_file()
    run = read_run(folder) if decided else decide(facts, pack, law.rulebook, law.values, data / "runs")
    loaded = load_run(Bring(run, facts, law, snapshot, pack_folder), at=at)
    return Brought(run, law, loaded, propose(run, loaded, law, at=at))
