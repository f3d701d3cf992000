"""The records behind a fact, from the lake as it is now: file, line, batch, day known."""

from collections.abc import Collection
from datetime import date

from django.conf import settings

from jigong.insight.held import Held
from jigong.lake.lake import Lake
from jigong.lake.provenance import Evidence, Provenance
from jigong.lake.withdrawals import Withdrawn, withdrawn_since
from jigong.packs.pack import Pack


def evidence_of(held: Held, pack: Pack, fact: str, subject: str | None = None) -> list[Evidence]:
    """The newest records behind ``fact`` of the worker, or of their ``subject`` (a key) where the fact is about one.

    About a tenth of a second: asked for when somebody wants to see them.
    """
    kind = pack.fact_topics[fact].header.value.subject
    rows = held.subjects.get(kind, ())
    row = next((row for row in rows if subject is None or row[kind] == subject), None)
    if row is None and kind not in held.kinds:
        return []
    key, day = (row[kind], row["as_of"]) if row is not None else (_linked(held, kind, subject), held.as_of)
    snapshot = Lake(settings.JIGONG.data / "lake", pack.contracts).snapshot()
    return Provenance(snapshot, pack).of(fact, kind, key, _day(day))


def withdrawn_records(pack: Pack, numbers: Collection[str]) -> list[Withdrawn]:
    """The withdrawn records, by the lake as it is now, that name one of these people and enterprises."""
    lake = Lake(settings.JIGONG.data / "lake", pack.contracts)
    return withdrawn_since(lake.snapshot(), None, numbers) if lake.batches() else []


def _linked(held: Held, kind: str, subject: str | None) -> str | None:
    """The key of something the worker's facts name, such as the employer."""
    found = held.facts.get(kind, subject)
    return str(found) if found is not None else None


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value
