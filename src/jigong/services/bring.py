"""From a lake to the portals: facts, decisions, dossiers and proposals for one day."""

import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from jigong.accounts.cipher import lookup
from jigong.credentials.check import forget_uses
from jigong.credentials.issue import issue
from jigong.decisions.decide import decide
from jigong.decisions.run import Run, read_run, run_folder, run_identity
from jigong.delivery.deaths import note_deaths
from jigong.delivery.holds import see_to_deadlines
from jigong.delivery.late import offer_late
from jigong.delivery.ledger.actions import open_years
from jigong.delivery.lottery.changes import settle_all
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import Offered
from jigong.delivery.proposals import Taken, propose
from jigong.delivery.replay.looking import UNPAID, look_again
from jigong.delivery.sampling.signals import assess
from jigong.delivery.waitlist import fill_all
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.load import Bring, load_run, refresh_people
from jigong.dossiers.models import LoadedRun
from jigong.dossiers.packs import archive
from jigong.insight.law import Law, law_on
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.packs.reader import read_pack
from jigong.services.cases.differences import note_differences
from jigong.services.invitations.actions import withdraw_of_leavers


@dataclass(frozen=True)
class Brought:
    """What came of it."""

    run: Run
    law: Law
    loaded: LoadedRun
    taken: Taken
    late: Offered
    """What came of periods that had ended undecided."""
    snapshot: Snapshot


def bring(pack_folder: Path, data: Path, day: date | None, *, at: datetime) -> Brought:
    """Decide on ``day`` (the day the data were known, unless given) and bring the results to people.

    Doing it again, with the same data and pack, changes nothing.
    """
    kept = archive(pack_folder)
    pack = read_pack(kept)
    lake = Lake(data / "lake", pack.contracts)
    snapshot = lake.snapshot()
    law = law_on(pack, day or snapshot.known_on)
    facts = build_facts(snapshot, pack, law.values, law.day, data / "facts")
    folder = run_folder(data / "runs", run_identity(pack, snapshot.id, law.day))
    decided = (folder / "run.json").is_file()
    run = read_run(folder) if decided else decide(facts, pack, law.rulebook, law.values, data / "runs")
    loaded = load_run(Bring(run, facts, law, snapshot, kept), at=at)
    # Before the proposals: what is held does not lapse.
    note_deaths(facts, law, at=at)
    taken = propose(run, loaded, law, at=at)
    late = offer_late(loaded, lake, data, at=at)
    # Also of what came by the command line, which knows no database.
    note_differences(snapshot, pack, at=at)
    return Brought(run, law, loaded, taken, late, snapshot)


def afterwards(brought: Brought, *, at: datetime) -> None:
    """What follows from decisions brought to people; each part again changes nothing.

    The year's budgets are opened, certificates issued, free places passed on, what was confirmed, approved or
    paid is looked at again with the newest data, holds that are late are
    escalated, and what employers asked of people who have left is taken back.
    """
    open_years(year=brought.law.day.year, at=at)
    issue(brought.snapshot, brought.law, at=at)
    fill_all(at=at)
    settle_all(at=at)
    forget_uses(at=at)
    assess()
    # Deaths were asked about with this snapshot.
    look_again(known=brought.snapshot.id, by=None, at=at)
    see_to_deadlines(at=at)
    withdraw_of_leavers(at=at)


def refresh(numbers: Collection[str], data: Path, *, at: datetime) -> Taken:
    """Decide anew about some workers, with what the lake knows now, under the law in force; seconds, not minutes.

    Their dossiers and proposals are then fresh. Queues keep the places of the last whole run. Where a
    whole run comes in between, it starts over under that one.
    """
    while True:
        loaded = current_run()
        aside = Path(tempfile.mkdtemp(prefix="refresh-"))
        try:
            taken = _refreshed(loaded, numbers, data, aside, at)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        if taken is not None:
            return taken


def _refreshed(
    loaded: LoadedRun, numbers: Collection[str], data: Path, aside: Path, at: datetime
) -> Taken | None:
    """Decide about the workers within a run; None, and nothing written, where it is not the current one any more."""
    law = law_of_run(loaded)
    snapshot = Lake(data / "lake", law.pack.contracts).snapshot()
    whole = read_run(run_folder(data / "runs", loaded.run))
    facts = build_facts(snapshot, law.pack, law.values, law.day, aside, only=numbers)
    run = decide(facts, law.pack, law.rulebook, law.values, aside / "runs", part_of=whole)
    bring_ = Bring(run, facts, law, snapshot, Path(loaded.pack_folder), numbers, whole)
    with transaction.atomic():
        if not refresh_people(bring_, loaded, at=at):
            return None
        note_deaths(facts, law, only=numbers, at=at)
        taken = propose(run, loaded, law, at=at, only=numbers)
    issue(snapshot, law, at=at, only=numbers)
    # What they have confirmed goes on as soon as their data are there, or is held as soon as they are not.
    hashes = [lookup(number, "person.number") for number in numbers]
    going = Entitlement.objects.filter(person__number_hash__in=hashes, state__in=UNPAID)
    look_again(only=list(going.values_list("pk", flat=True)), known=snapshot.id, by=None, at=at)
    return taken
