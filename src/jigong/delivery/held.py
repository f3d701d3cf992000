"""What is held about whom an entitlement is for: a person's dossier, an enterprise's facts."""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings

from jigong.decisions.run import read_run, run_folder
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.held import Held, hold
from jigong.insight.law import Law
from jigong.kernel.problems import JigongError
from jigong.lake.facts import PERSON, FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.rules.engines.duckdb import quoted

ENTERPRISE = "enterprise"
"""The kind of subject that is an organisation of the platform's."""


def whose(entitlement: Entitlement) -> tuple[str, str]:
    """Whose facts a decision rests on: the kind of subject, and its key. An enterprise's, where it is about no person."""
    if entitlement.person is not None:
        return PERSON, entitlement.person.open_number()
    if entitlement.organisation is None:
        raise AssertionError("an entitlement is somebody's")
    return ENTERPRISE, entitlement.organisation.code


@contextmanager
def facts_about(
    kind: str,
    keys: Collection[str],
    law: Law,
    day: date,
    snapshot: Snapshot,
    reckoning: Mapping[str, date] | None = None,
) -> Iterator[FactTables]:
    """Facts of some people, or some enterprises, on a day, in a folder that is gone afterwards.

    With ``reckoning`` monthly data count to where they counted then, whatever months came since.
    """
    aside = Path(tempfile.mkdtemp(prefix="replay-"))
    try:
        yield build_facts(
            snapshot, law.pack, law.values, day, aside, only=keys, kind=kind, reckoning=reckoning
        )
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def held_about(entitlement: Entitlement, facts: FactTables, law: Law) -> Held | None:
    """What the facts hold about whom the decision is about; None where they do not know them."""
    kind, key = whose(entitlement)
    if kind == PERSON:
        try:
            return hold(key, facts, law, absent=_absent())
        except JigongError:
            return None
    about = [name for name, table in facts.subjects.items() if name == kind or kind in table.links]
    with facts.connect() as connection:
        subjects = {name: _rows(connection, name, kind, key) for name in about}
    return Held(key, facts.as_of, {}, {}, subjects, facts.subjects, {})


def _absent() -> tuple[str, ...]:
    """The items of points nobody has: facts of one person cannot tell, the last run of everybody can."""
    folder = run_folder(settings.JIGONG.data / "runs", current_run().run)
    return read_run(folder).absent if (folder / "run.json").is_file() else ()


def _rows(connection: duckdb.DuckDBPyConnection, name: str, kind: str, key: str) -> list[dict[str, Any]]:
    found = connection.execute(f"SELECT * FROM {quoted(name)} WHERE {quoted(kind)} = ?", [key])
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def held_now(entitlement: Entitlement) -> tuple[Held, Law] | None:
    """What is held now, and the law it is judged by; None where nothing is.

    A person's is at hand in their dossier; an enterprise's is made from the lake, which takes up to a second.
    """
    if entitlement.person_id is not None:
        dossier = Dossier.objects.select_related("run").filter(person=entitlement.person_id).first()
        return (held_of(dossier), law_of_run(dossier.run)) if dossier is not None else None
    law = law_of_run(current_run())
    kind, key = whose(entitlement)
    snapshot = Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot()
    with facts_about(kind, [key], law, law.day, snapshot) as facts:
        held = held_about(entitlement, facts, law)
    return (held, law) if held is not None else None
