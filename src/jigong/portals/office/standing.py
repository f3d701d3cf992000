"""How good each department's data are, in one table: accepted, complete, on time, and what the gaps cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.conf import settings

from jigong.decisions.run import read_run, run_folder
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.missing import MissingClass, MissingPrice, price_of_missing
from jigong.insight.words import coverage_words
from jigong.kernel.text import Text
from jigong.lake.quality import ClassQuality, quality
from jigong.lake.uses import sources_of
from jigong.packs.contract import Contract
from jigong.portals.office.quarantined import lake_of


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """One class; ``late_days`` is how long it has not been fit to rely on (None: it never came; 0: fit)."""

    contract: Contract
    quality: ClassQuality
    late_days: int | None
    price: MissingClass
    facts: int
    """How many facts it feeds."""

    @property
    def covered(self) -> Text:
        """What its deliveries cover."""
        return coverage_words(self.quality.coverage)


@dataclass(frozen=True, slots=True)
class DepartmentStanding:
    """One department's classes together. ``score`` (0 to 100) is the mean of accepted, complete and on time.

    Classes of which nothing ever came have no errors and no gaps: they count in none of the three but stand apart, as
    ``never``. Where nothing came at all there is no score.
    """

    department: Text
    classes: tuple[ClassStanding, ...]
    accepted: float | None
    complete: float | None
    on_time: float | None
    never: int
    """Classes of which nothing ever came."""
    quarantined: int
    people: int
    yuan: Decimal
    score: float | None


@dataclass(frozen=True, slots=True)
class Standings:
    """Every department, the best first; and the facts whose absence costs most."""

    departments: tuple[DepartmentStanding, ...]
    price: MissingPrice
    known_on: date


def standings(run: LoadedRun) -> Standings:
    """The table for the current run and the newest data; computed once for each."""
    lake = lake_of(law_of_run(run).pack)
    return _standings(run.pk, run.run, lake.snapshot().id)


@lru_cache(maxsize=4)
def _standings(run_pk: int, run_id: str, snapshot_id: str) -> Standings:
    run = LoadedRun.objects.get(pk=run_pk)
    pack = law_of_run(run).pack
    snapshot = lake_of(pack).snapshot()
    price = price_of_missing(read_run(run_folder(settings.JIGONG.data / "runs", run_id)), pack, snapshot)
    priced = {entry.data_class: entry for entry in price.classes}
    fed: dict[str, int] = dict.fromkeys(pack.contracts, 0)
    for name in pack.facts:
        for source in sources_of(pack, name):
            fed[source] = fed.get(source, 0) + 1
    classes = [
        ClassStanding(
            pack.contracts[found.class_name],
            found,
            None if found.stale_after is None else max(0, (run.as_of - found.stale_after).days),
            priced[found.class_name],
            fed[found.class_name],
        )
        for found in quality(snapshot, pack.contracts)
    ]
    departments: dict[Text, list[ClassStanding]] = {}
    for one in classes:
        departments.setdefault(one.contract.department, []).append(one)
    ranked = sorted(
        (department_of(name, ones) for name, ones in departments.items()),
        key=lambda d: (d.score is None, -(d.score or 0), d.department.zh),
    )  # fmt: skip
    return Standings(tuple(ranked), price, snapshot.known_on)


def department_of(name: Text, classes: Sequence[ClassStanding]) -> DepartmentStanding:
    """A department's classes taken together."""
    came = [one for one in classes if one.quality.rows_in]
    rows_in = sum(one.quality.rows_in for one in came)
    wrong = sum(one.quality.quarantined for one in came)
    filled = [share for one in came if (share := one.quality.completeness_overall) is not None]
    accepted = 1 - wrong / rows_in if rows_in else None
    complete = sum(filled) / len(filled) if filled else None
    on_time = sum(one.late_days == 0 for one in came) / len(came) if came else None
    known = [share for share in (accepted, complete, on_time) if share is not None]
    return DepartmentStanding(
        name,
        tuple(sorted(classes, key=lambda one: one.contract.number)),
        accepted,
        complete,
        on_time,
        len(classes) - len(came),
        wrong,
        sum(one.price.people for one in classes),
        sum((one.price.yuan for one in classes), Decimal(0)),
        100 * sum(known) / len(known) if known else None,
    )
