"""Draws for tests: a verdict file with as many entrants as one likes, two officers, and the steps in one go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import mini
from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.decisions.run import Run, read_run, run_folder
from jigong.delivery.lottery import actions, preparing
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.queries import View, view
from jigong.delivery.lottery.roster import Source
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.lake import Lake

HOMES = "shared-ownership"
DEGREE = "degree-bachelor"
NOW = datetime(2023, 1, 2, 9, tzinfo=UTC)
KNOWN_AT = NOW + timedelta(days=3)
LATER = KNOWN_AT + timedelta(hours=1)
SEED = "3089.26"
ANNOUNCED = preparing.Announcement("某指数 2023年1月5日收盘点位", "3155.22", KNOWN_AT)
__all__ = ["Entrant", "Role", "read_run", "run_folder"]
_OFFICE = {HOMES: "housing", DEGREE: "union"}


def source_with(
    town: Path, run: Run, folder: Path, count: int, clause: str = HOMES, undecided: int = 0
) -> Source:
    """The town's source, in which ``count`` of its people may enter a draw; the first ``undecided`` are not decided."""
    loaded = current_run()
    law = law_of_run(loaded)
    snapshot = Lake(town / "lake", law.pack.contracts).snapshot_of(loaded.snapshot)
    numbers = sorted(person.open_number() for person in Person.objects.filter(listed=True))[:count]
    rows = [
        {
            "subject": n if clause == HOMES else f"E{place}",
            "worker": n,
            "verdict": "yes" if place >= undecided else "undecided",
            "branch": "b" if place >= undecided else None,
            "amount": None,
        }
        for place, n in enumerate(numbers)
    ]
    folder.mkdir(exist_ok=True)
    schema = (
        duckdb.sql(f"SELECT {', '.join(rows[0])} FROM {run.rows(clause)} LIMIT 0").to_arrow_table().schema
    )
    file = folder / f"{clause}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return Source(mini.saying(run, {clause: file}), loaded, law, snapshot)


@dataclass(frozen=True)
class Pair:
    """Two officers of one office."""

    first: Account
    second: Account


def officer(name: str, office: str, role: Role = Role.OFFICER) -> Account:
    """Somebody with a role in a bureau."""
    account = Account.objects.create_user(username=name)
    set_number(account, name)
    organisation = Organisation.objects.get(kind=OrganisationKind.BUREAU, code=office)
    Membership.objects.create(account=account, organisation=organisation, role=role)
    return account


def pair(clause: str = HOMES) -> Pair:
    """The two who draw a clause."""
    office = _OFFICE[clause]
    return Pair(officer(f"{office}-1", office), officer(f"{office}-2", office, Role.APPROVER))


def prepared(source: Source, by: Pair, places: int = 5, clause: str = HOMES, **more) -> Draw:
    """A draft."""
    return preparing.prepare(
        source=source, clause=clause, places=places, announced=ANNOUNCED, by=by.first, at=NOW, **more
    )


def sealed(source: Source, by: Pair, **more) -> View:
    """A draw whose roster is public."""
    draw = prepared(source, by, **more)
    return actions.commit(draw=draw.pk, by=by.second, at=NOW, typed=draw.roster_sha256[:8])


def seeded(source: Source, by: Pair, seed: str | Callable[[View], str] = SEED, **more) -> View:
    """A draw whose seed is known; it may be chosen when the roster is there, as nobody outside a test can."""
    found = sealed(source, by, **more)
    draw, seed = found.draw, seed if isinstance(seed, str) else seed(found)
    actions.enter_seed(draw=draw.pk, seed=seed, evidence="https://example.org/index", by=by.first, at=LATER)
    return actions.confirm_seed(draw=draw.pk, seed=seed, by=by.second, at=LATER)


def drawn(source: Source, by: Pair, **more) -> View:
    """A draw whose order is known to the office."""
    draw = seeded(source, by, **more).draw
    return actions.run_draw(draw=draw.pk, by=by.first, at=LATER)


def published(source: Source, by: Pair, **more) -> View:
    """A draw whose results are public."""
    draw = drawn(source, by, **more).draw
    actions.publish(draw=draw.pk, by=by.second, at=LATER, typed=draw.roster_sha256[:8])
    return view(draw)
