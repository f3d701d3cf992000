"""What a check finds about people: everybody by the law as it is and by the draft, or those whom newer data touched."""

import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from jigong.decisions.decide import decide
from jigong.decisions.run import Run, read_run, run_folder, run_identity
from jigong.decisions.verify import disagreements
from jigong.insight.groups import people_change
from jigong.insight.law import Law, law_on
from jigong.insight.projection import project
from jigong.insight.spending import MonthLaw, MonthSpending, months_from, spending
from jigong.insight.touched import Touched, touched
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.packs.pack import Pack
from jigong.services.publishing import report
from jigong.services.publishing.enums import CheckState
from jigong.services.publishing.models import Check

OTHER_STEPS = 5
"""Steps of a check of everybody beside the months."""
TOUCHED_MOST = 0.2
"""Of everybody: where newer data touch a greater share, the figures stay those of the dated check."""
SHORT = 60
"""Seconds that telling whom they touch may take in any case; else no longer than the check itself took."""


@dataclass
class _Side:
    """One of the two laws on the day they are compared."""

    law: Law
    facts: FactTables
    moved: FactTables
    run: Run


class Comparison:
    """The comparison of one check, with its progress. ``aside`` is a folder for files needed on the way; it is removed."""

    def __init__(self, check: Check, aside: Path, months: int) -> None:
        self._check = check
        self._data: Path = settings.JIGONG.data
        self._aside = aside
        self._months = months
        self._done = 0
        for ended in check.draft.checks.filter(pk__lt=check.pk).exclude(state=CheckState.RUNNING):
            shutil.rmtree(aside.parent.parent / str(ended.pk), ignore_errors=True)

    def everybody(self, before: Pack, after: Pack) -> dict[str, Any]:
        """Both laws on everybody, twelve months, and the draft by the second engine."""
        began = time.monotonic()
        snapshot = self._snapshot(self._check.snapshot, after)
        shutil.rmtree(self._aside, ignore_errors=True)
        try:
            old, new = self._sides(before, after, snapshot)
            self.progress("engines")
            law = new.law
            compared = disagreements(new.run, new.moved, after, law.rulebook, law.values, self._beat)
            found = self._people(old, new)
            money = [self._spending(laws, self._decided(old, new)) for laws in self._laws(old, new)]
            found |= {"compared": compared, "absent": list(new.run.absent)}
            found["funds"] = report.money_part((before, money[0]), (after, money[1]))
            return found | {"seconds": int(time.monotonic() - began)}
        finally:
            shutil.rmtree(self._aside, ignore_errors=True)

    def touched(self, pinned: Check, before: Pack, after: Pack) -> dict[str, Any]:
        """The report of ``pinned``, put right by the people whom data touched that are newer.

        Where they touch too many, or to tell whom took longer than that check itself, its figures stay, dated as they are.
        """
        began = time.monotonic()
        self.progress("data", of=OTHER_STEPS + 1 + 4 * self._months)
        then, now = self._snapshot(pinned.snapshot, after), self._snapshot(self._check.snapshot, after)
        whom = self._touched((before, after), then, now)
        found: dict[str, Any] = {**pinned.report, "touched": len(whom.people), "stands": False}
        if whom.nobody:
            return found
        many = whom.everybody or len(whom.people) > TOUCHED_MOST * pinned.report["workers"]
        if many or time.monotonic() - began > max(pinned.report["seconds"], SHORT):
            return found | {"stands": True}
        shutil.rmtree(self._aside, ignore_errors=True)
        try:
            old, new = self._sides(before, after, now)
            if list(new.run.absent) != pinned.report["absent"]:
                return found | {"stands": True}
            found |= self._people(old, new)
            if whom.people:
                self.progress("engines")
                self._agree(new, now, whom.people)
                sides = [self._some((old, new), snapshot, whom.people) for snapshot in (then, now)]
                earlier, later = ([self._spending(laws, {}) for laws in self._laws(*side)] for side in sides)
                found["funds"] = report.put_right(pinned.report["funds"], earlier, later, (before, after))
            return found
        finally:
            shutil.rmtree(self._aside, ignore_errors=True)

    def progress(self, name: str, of: int | None = None) -> None:
        """A step begins; ``of`` says how many there are."""
        steps = {} if of is None else {"steps": of}
        Check.objects.filter(pk=self._check.pk).update(step=name, done=self._done, beat_at=Now(), **steps)
        self._check.steps = of or self._check.steps
        self._done += 1

    def _beat(self, name: str) -> None:
        """A long step goes on."""
        Check.objects.filter(pk=self._check.pk).update(beat_at=Now())

    def _snapshot(self, identity: str, pack: Pack) -> Snapshot:
        return Lake(self._data / "lake", pack.contracts).snapshot_of(identity)

    def _sides(self, before: Pack, after: Pack, snapshot: Snapshot) -> tuple[_Side, _Side]:
        self.progress("before")
        old = self._side(before, snapshot, "before")
        self.progress("after")
        return old, self._side(after, snapshot, "after")

    def _side(self, pack: Pack, snapshot: Snapshot, name: str) -> _Side:
        """One law on the day of comparison: the facts of the run, moved to that day, and everybody decided."""
        law = law_on(pack, self._check.day)
        facts = build_facts(snapshot, pack, law.values, self._check.run.as_of, self._data / "facts")
        moved = project(facts, pack, law.rulebook, law.values, law.day, self._aside / f"facts-{name}")
        # The law in force has decided everybody already, where the data are those of the run.
        there = run_folder(self._data / "runs", run_identity(pack, snapshot.id, law.day))
        if moved is facts and (there / "run.json").is_file():
            return _Side(law, facts, moved, read_run(there))
        run = decide(moved, pack, law.rulebook, law.values, self._aside / f"run-{name}", self._beat)
        return _Side(law, facts, moved, run)

    def _people(self, old: _Side, new: _Side) -> dict[str, Any]:
        self.progress("people")
        change = people_change(old.run, new.run, new.moved, new.law.pack)
        return report.people_part(old.run, new.run, change) | {"workers": new.run.workers}

    def _touched(self, packs: Sequence[Pack], then: Snapshot, now: Snapshot) -> Touched:
        """Whom the facts of either pack say are touched; most drafts have the facts of the law they change."""
        sides: dict[tuple[Path, Path], Touched] = {}
        for pack in packs:
            values, day = law_on(pack, self._check.day).values, self._check.run.as_of
            one, other = (
                build_facts(s, pack, values, day, self._data / "facts", self._beat) for s in (then, now)
            )
            if (one.folder, other.folder) not in sides:
                sides[one.folder, other.folder] = touched(one, other)
        return reduce(or_, sides.values())

    def _some(self, sides: Sequence[_Side], snapshot: Snapshot, people: Collection[str]) -> list[_Side]:
        """The same laws with the facts of some people only."""
        day, aside = self._check.run.as_of, self._aside / "some"
        return [
            _Side(side.law, facts, facts, side.run)
            for side in sides
            for facts in [build_facts(snapshot, side.law.pack, side.law.values, day, aside, only=people)]
        ]

    def _agree(self, new: _Side, snapshot: Snapshot, people: Collection[str]) -> None:
        """The second engine decides those who were touched again."""
        (some,) = self._some([new], snapshot, people)
        law = new.law
        moved = project(some.facts, law.pack, law.rulebook, law.values, law.day, self._aside / "facts-some")
        run = decide(moved, law.pack, law.rulebook, law.values, self._aside / "run-some", part_of=new.run)
        disagreements(run, moved, law.pack, law.rulebook, law.values, self._beat)

    def _laws(self, old: _Side, new: _Side) -> tuple[list[tuple[date, _Side]], list[tuple[date, _Side]]]:
        """Under which law each month is, without the draft and with it."""
        assert self._check.in_force_on is not None
        return [(date.min, old)], [(date.min, old), (self._check.in_force_on, new)]

    @staticmethod
    def _decided(*sides: _Side) -> Mapping[tuple[str, date], Run]:
        return {(side.law.pack.hash, side.law.day): side.run for side in sides}

    def _spending(
        self, laws: Sequence[tuple[date, _Side]], decided: Mapping[tuple[str, date], Run]
    ) -> list[MonthSpending]:
        """The months under the laws that begin on those days; of some people only, where ``decided`` has no run."""
        run = self._check.run
        months = []
        for day in months_from(run.as_of, self._months):
            side = next(side for since, side in reversed(laws) if since <= day)
            part_of = None if decided else side.run
            months.append(MonthLaw(day, side.facts, side.law.pack, side.law.rulebook, part_of))
        settled = report.settled(laws[-1][1].law.pack, run.known_on)
        return spending(months, settled, self._aside / "months", self.progress, decided)
