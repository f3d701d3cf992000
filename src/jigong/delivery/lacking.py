"""What keeps a decision open: the classes whose data have not come, and those of which a record waits to be put right."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

from jigong.decisions.points import WORKER
from jigong.delivery.holds import WaitsFor
from jigong.insight.held import Waits
from jigong.insight.missing import absent
from jigong.lake.coverage import Coverage
from jigong.lake.uses import sources_of
from jigong.packs.pack import Pack
from jigong.rules.nodes import fact_of


def lacking(
    missing: Iterable[str],
    pack: Pack,
    coverage: Coverage,
    day: date,
    *,
    keys: Collection[str] = (),
    waiting: Callable[[], Sequence[Waits]] = tuple,
    entitled: bool = False,
) -> WaitsFor:
    """What has to come before ``missing`` (facts, kinds of subjects, points) can be told about the subjects with these ``keys``.

    A fact waits for the classes it is read from that are not there on ``day``; else for the records in ``waiting`` that
    could change it; else for whatever it is read from. Where it waits for a record, that is named and not the fact: a row
    nobody can read leaves all its facts open. ``waiting`` is asked only where it matters.
    """
    facts: list[str] = []
    classes: dict[str, None] = {}
    records: dict[str, None] = {}
    for name in sorted({fact_of(name) for name in missing}):
        sources = sources_of(pack, name)
        gone = absent(sources, coverage, day)
        rows = () if gone else tuple(w for w in waiting() if _concerns(w, name, keys, pack))
        records |= dict.fromkeys(wait.ghost.class_name for wait in rows)
        if not rows:
            facts.append(name)
            classes |= dict.fromkeys(gone or sources)
    return WaitsFor(",".join(facts), tuple(classes), tuple(records), entitled)


def _concerns(wait: Waits, name: str, keys: Collection[str], pack: Pack) -> bool:
    """Whether something that waits could change ``name``. What names no fact could change all of its subject's."""
    if wait.subject is None:
        return wait.kind == name
    if wait.subject not in keys:
        return False
    if name in pack.facts:
        return name in wait.facts or not wait.facts
    # Points are made of many facts of the worker.
    return wait.kind == (WORKER if name not in pack.subjects else name)
