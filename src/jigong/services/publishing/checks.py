"""Checking a draft: the pack and all its cases, both engines on everybody, and what changes for people."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from jigong.accounts.enums import Permission
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
from jigong.rules.rulebook import read_rulebook
from jigong.services.publishing import report
from jigong.services.publishing.enums import CheckState, DraftState
from jigong.services.publishing.layer import SUFFIX, Basis, build_layer
from jigong.services.publishing.limits import beyond_limits, borrowed
from jigong.services.publishing.models import Check, Draft, Edit
from jigong.services.publishing.problems import to_json
from jigong.services.publishing.queries import book, head, latest_check, silent
from jigong.services.publishing.reach import offices
from jigong.services.publishing.steps import locked, step

MONTHS = 12
"""How far ahead spending is looked at."""
_OTHER_STEPS = 5
"""Steps of a check beside the months."""


def check_folder(check: Check) -> Path:
    """Where a check writes: a folder of its own, so that no other check of the draft is in its way."""
    folder: Path = settings.JIGONG.data / "drafts" / str(check.draft_id) / str(check.pk)
    return folder


def workspace(check: Check) -> Path | None:
    """The pack as the check wrote it; None if it is not there."""
    tops = (file.parent for file in (check_folder(check) / "pack").glob(f"*-{SUFFIX}/pack.yaml"))
    return max(tops, key=lambda top: len(top.name), default=None)


def write_draft(draft: Draft, edits: Sequence[Edit], head_folder: Path, out: Path) -> Path:
    """The draft as a pack on top of ``head_folder``, in ``out``; returns the folder of its top layer."""
    label = draft.source if draft.source_zh else Text(f"草案 {draft.pk}", f"draft {draft.pk}")
    basis = Basis(basis_id(draft), label, draft.source_on, day_of(draft.updated_at))
    return build_layer(head_folder, edits, basis, out)


def basis_id(draft: Draft) -> str:
    """The id that the document which orders the change has among the pack's sources."""
    return f"draft-{draft.pk}"


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
    if running is not None and running.edition == edition and _runs(running):
        return running
    if not found.edits.exists():
        raise error(
            "草案还没有改动任何内容", "the draft changes nothing yet", remedy=("先改一个数值或条文", "change a value or the text first"),
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


def _runs(check: Check) -> bool:
    return check.state == CheckState.RUNNING and not silent(check)


def run_check(check_id: int) -> Check:
    """Do the check: it ends passed, or refused with problems and their places.

    Of one that has ended, or that another process is doing, it changes nothing; one that was killed is done
    from the start.
    """
    with _claimed(check_id) as mine:
        check = Check.objects.select_related("draft", "run").get(pk=check_id)
        if mine and check.state == CheckState.RUNNING:
            _do(check)
            check.refresh_from_db()
    return check


def _do(check: Check) -> None:
    try:
        _Checker(check).run()
    except JigongError as bad:
        _end(check, CheckState.REFUSED, problems=to_json(bad.problems, check_folder(check) / "pack"))
    except Exception:
        _end(check, CheckState.BROKEN)
        raise


@contextmanager
def _claimed(check_id: int) -> Iterator[bool]:
    """Whether nobody else is doing the check; the claim ends with the process that has it, however that ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('publishing.check'), %s)", [check_id])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('publishing.check'), %s)", [check_id])


def _end(check: Check, state: CheckState, **fields: Any) -> None:
    Check.objects.filter(pk=check.pk).update(state=state, beat_at=Now(), **fields)


def _pack_problems(draft: Draft, top: Path, head_folder: Path, head_hash: str) -> list[Problem]:
    """Everything wrong with the draft's pack."""
    try:
        pack = read_pack(top)
    except JigongError as bad:
        return list(bad.problems)
    before, reached = book(head_folder, head_hash), offices(draft.created_by, Permission.DRAFT_LAW)
    problems = beyond_limits(draft, pack, before[0], reached) + check_pack(pack, draft.in_force_on)
    return problems or borrowed(draft, (pack, read_rulebook(pack)), before, reached)


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
        self._aside = check_folder(check) / "aside"
        self._done = 0

    def run(self) -> None:
        check, newest = self._check, head()
        if newest.pack_hash != check.base_hash:
            raise error(
                "检查开始后又有新的政策发布", "another law was published since the check began", remedy=("再检查一次", "check again")
            )  # fmt: skip
        self._progress("pack")
        for ended in self._draft.checks.filter(pk__lt=check.pk).exclude(state=CheckState.RUNNING):
            shutil.rmtree(check_folder(ended), ignore_errors=True)
        out = check_folder(check) / "pack"
        top = write_draft(self._draft, list(self._draft.edits.all()), newest.folder, out)
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
