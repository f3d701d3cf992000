"""Checking a draft: the pack and all its cases, both engines on everybody, and what changes for people."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.decisions.check import check_pack
from jigong.decisions.run import Run, decide
from jigong.decisions.verify import disagreements
from jigong.dossiers.law import current_run
from jigong.insight.groups import people_change
from jigong.insight.law import Law, law_on
from jigong.insight.projection import project
from jigong.insight.spending import MonthLaw, MonthSpending, months_from, spending
from jigong.kernel.problems import JigongError, Problem, error
from jigong.kernel.text import Text
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.services.publishing import report
from jigong.services.publishing.enums import CheckState, DraftState
from jigong.services.publishing.layer import Basis, build_layer
from jigong.services.publishing.models import Check, Draft, Edit
from jigong.services.publishing.problems import to_json
from jigong.services.publishing.queries import book, head, latest_check, silent
from jigong.services.publishing.steps import locked, step

MONTHS = 12
"""How far ahead spending is looked at."""
_OTHER_STEPS = 5
"""Steps of a check beside the months."""


def drafts_folder(draft: Draft) -> Path:
    """Where the draft's pack is written for a check."""
    folder: Path = settings.JIGONG.data / "drafts" / str(draft.pk)
    return folder


def workspace(draft: Draft) -> Path | None:
    """The draft's pack as the newest check wrote it; None if it is not there."""
    layers = drafts_folder(draft) / "pack"
    tops = [file.parent for file in layers.glob("*/pack.yaml") if "amends: true" in file.read_text("utf-8")]
    return tops[0] if len(tops) == 1 else None


def write_draft(draft: Draft, edits: Sequence[Edit], head_folder: Path, out: Path) -> Path:
    """The draft as a pack on top of ``head_folder``, in ``out``; returns the folder of its top layer."""
    label = draft.source if draft.source_zh else Text(f"草案 {draft.pk}", f"draft {draft.pk}")
    basis = Basis(f"draft-{draft.pk}", label, draft.source_on, day_of(draft.updated_at))
    return build_layer(head_folder, edits, basis, out)


def quick_problems(draft: Draft) -> list[dict[str, Any]]:
    """What the pack's own check says of the draft right now: a second or two, no people."""
    newest = head()
    with tempfile.TemporaryDirectory(prefix="jigong-draft-") as folder:
        root = Path(folder) / "pack"
        try:
            top = write_draft(draft, list(draft.edits.all()), newest.folder, root)
            return to_json(_pack_problems(draft, top, newest.folder, newest.pack_hash), root)
        except JigongError as bad:
            return to_json(bad.problems, root)


@transaction.atomic
def start_check(*, draft: int, edition: int, by: Account, at: datetime) -> Check:
    """Note that a check begins; one that runs for this edition already is returned instead.

    Raises:
        StaleError: the page was old.
        JigongError: nothing is changed yet.
    """
    found = locked(draft, edition, DraftState.DRAFTING, DraftState.SUBMITTED)
    running = latest_check(found)
    if running is not None and running.state == CheckState.RUNNING and not silent(running):
        return running
    if not found.edits.exists():
        raise error(
            "草案还没有改动任何内容", "the draft changes nothing yet", remedy=("先改一个数值或条文", "change a value or the text first")
        )  # fmt: skip
    newest, run = head(), current_run()
    found.base_hash = newest.pack_hash
    found.save(update_fields=["base_hash"])
    check = Check.objects.create(
        draft=found, edition=edition, base_hash=newest.pack_hash, run=run,
        day=max(run.as_of, found.in_force_on), steps=MONTHS * 2 + _OTHER_STEPS, started_by=by, started_at=at,
        beat_at=Now(),
    )  # fmt: skip
    step(found, "check", by=by, at=at)
    return check


def run_check(check_id: int) -> Check:
    """Do the check: it ends passed, or refused with problems and their places. Of one that has ended it changes nothing; one that
    was killed is done from the start."""
    check = Check.objects.select_related("draft", "run").get(pk=check_id)
    if check.state != CheckState.RUNNING:
        return check
    root = drafts_folder(check.draft) / "pack"
    try:
        _Checker(check).run()
    except JigongError as bad:
        _end(check, CheckState.REFUSED, problems=to_json(bad.problems, root))
    except Exception:
        _end(check, CheckState.BROKEN)
        raise
    check.refresh_from_db()
    return check


def _end(check: Check, state: CheckState, **fields: Any) -> None:
    Check.objects.filter(pk=check.pk).update(state=state, beat_at=Now(), **fields)


def _pack_problems(draft: Draft, top: Path, head_folder: Path, head_hash: str) -> list[Problem]:
    """Everything wrong with the draft's pack."""
    try:
        pack = read_pack(top)
    except JigongError as bad:
        return list(bad.problems)
    problems = _kept_identity(draft, pack, book(head_folder, head_hash)[0])
    return problems + check_pack(pack, draft.in_force_on)


def _kept_identity(draft: Draft, pack: Pack, before: Pack) -> list[Problem]:
    """A clause keeps its number, its office and what it is about: those are not for one office to change."""
    if draft.clause not in pack.clauses:
        return []
    placed, old = pack.clauses[draft.clause].clause, before.clauses[draft.clause].clause.value
    new = placed.value
    kept = (
        (("number",), new.number, old.number),
        (("per",), new.per, old.per),
        (("delivery", "office"), new.delivery.office, old.delivery.office),
    )
    return [
        placed.problem(
            path,
            f"{path[-1]} 不能从 {was} 改为 {is_}",
            f"{path[-1]} cannot change from {was} to {is_}",
            remedy=("改回原来的值", "put the old one back"),
        )
        for path, is_, was in kept
        if is_ != was
    ]


@dataclass
class _Side:
    """One of the two laws on the day they are compared."""

    law: Law
    facts: FactTables
    moved: FactTables
    run: Run


class _Checker:
    """One check, with its progress."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._draft = check.draft
        self._data: Path = settings.JIGONG.data
        self._aside = drafts_folder(check.draft) / "aside"
        self._done = 0

    def run(self) -> None:
        check, newest = self._check, head()
        if newest.pack_hash != check.base_hash:
            raise error(
                "检查开始后又有新的政策发布", "another law was published since the check began", remedy=("再检查一次", "check again")
            )  # fmt: skip
        self._progress("pack")
        top = write_draft(
            self._draft, list(self._draft.edits.all()), newest.folder, drafts_folder(self._draft) / "pack"
        )
        if problems := _pack_problems(self._draft, top, newest.folder, newest.pack_hash):
            raise JigongError(*problems)
        pack = read_pack(top)
        snapshot = Lake(self._data / "lake", pack.contracts).snapshot_of(check.run.snapshot)
        shutil.rmtree(self._aside, ignore_errors=True)
        try:
            self._compare(book(newest.folder, newest.pack_hash)[0], pack, snapshot)
        finally:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _compare(self, before: Pack, after: Pack, snapshot: Snapshot) -> None:
        self._progress("before")
        old = self._side(before, snapshot, "before")
        self._progress("after")
        new = self._side(after, snapshot, "after")
        self._progress("engines")
        compared = disagreements(new.run, new.moved, after, new.law.rulebook, new.law.values)
        self._progress("people")
        found = report.people_part(old.run, new.run, people_change(old.run, new.run, new.moved, after))
        found |= {"workers": new.run.workers, "compared": compared}
        found["funds"] = report.money_part(
            (before, self._spending([(date.min, old)])),
            (after, self._spending([(date.min, old), (self._draft.in_force_on, new)])),
        )
        _end(self._check, CheckState.PASSED, report=found, pack_hash=after.hash, done=self._check.steps)

    def _side(self, pack: Pack, snapshot: Snapshot, name: str) -> _Side:
        """One law on the day of comparison: the facts of the run, moved to that day, and everybody decided."""
        law = law_on(pack, self._check.day)
        today: date = self._check.run.as_of
        facts = build_facts(snapshot, pack, law.values, today, self._data / "facts")
        moved = project(facts, pack, law.rulebook, law.values, law.day, self._aside / f"facts-{name}")
        run = decide(moved, pack, law.rulebook, law.values, self._aside / f"run-{name}")
        return _Side(law, facts, moved, run)

    def _spending(self, laws: Sequence[tuple[date, _Side]]) -> list[MonthSpending]:
        """Twelve months under the laws that begin on those days."""
        run = self._check.run
        months = []
        for day in months_from(run.as_of, MONTHS):
            side = next(side for since, side in reversed(laws) if since <= day)
            months.append(MonthLaw(day, side.facts, side.law.pack, side.law.rulebook))
        settled = report.settled(laws[-1][1].law.pack, run.known_on)
        return spending(months, settled, self._aside / "months", self._progress)

    def _progress(self, name: str) -> None:
        Check.objects.filter(pk=self._check.pk).update(step=name, done=self._done, beat_at=Now())
        self._done += 1
