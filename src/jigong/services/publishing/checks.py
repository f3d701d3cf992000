"""Checking a draft: begun once for each change, done in the background, and taken over where only words changed.

What a check looks at is in :mod:`jigong.services.publishing.comparing`.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.decisions.check import check_pack
from jigong.decisions.meaning import meaning
from jigong.dossiers.law import current_run
from jigong.kernel.problems import JigongError, Problem, error
from jigong.kernel.text import Text
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import read_rulebook
from jigong.services.publishing.comparing import OTHER_STEPS, Comparison
from jigong.services.publishing.enums import CheckState, DraftKind, DraftState
from jigong.services.publishing.layer import SUFFIX, Basis, build_layer
from jigong.services.publishing.limits import beyond_limits, borrowed
from jigong.services.publishing.models import Check, Draft, Edit
from jigong.services.publishing.problems import from_json, to_json
from jigong.services.publishing.queries import Head, book, head, kept, latest_check, newest_data, silent
from jigong.services.publishing.reach import offices
from jigong.services.publishing.steps import locked, step

MONTHS = 12
"""How far ahead spending is looked at."""


def check_folder(check: Check) -> Path:
    """Where a check writes: a folder of its own, so that no other check of the draft is in its way."""
    folder: Path = settings.JIGONG.data / "drafts" / str(check.draft_id) / str(check.pk)
    return folder


def workspace(check: Check) -> Path | None:
    """The pack as the check wrote it, or the kept one that a roll-back restores; None if it is not there."""
    if check.draft.restores is not None:
        return kept(check.draft.restores.pack_hash)
    tops = (file.parent for file in (check_folder(check) / "pack").glob(f"*-{SUFFIX}/pack.yaml"))
    return max(tops, key=lambda top: len(top.name), default=None)


def write_draft(draft: Draft, edits: Sequence[Edit], head_folder: Path, out: Path) -> Path:
    """The draft as a pack on top of ``head_folder``, in ``out``; returns the folder of its top layer. A roll-back is the
    kept pack it restores."""
    if draft.restores is not None:
        return kept(draft.restores.pack_hash)
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
            return to_json(_pack_problems(draft, top, newest), root)
        except JigongError as bad:
            return to_json(bad.problems, root)


@transaction.atomic
def start_check(
    *, draft: int, edition: int, by: Account, at: datetime, anew: bool = False, like: Check | None = None
) -> Check:
    """Note that a check begins, on the newest data, or on those of ``like``; of one that has not ended, for this edition
    and law, nothing is begun: it is returned, and may be run again without harm.

    Figures of an earlier check are put right by whom newer data touched, unless everybody is to be decided ``anew``.

    Raises:
        StaleError: the page was old.
        JigongError: nothing is changed yet.
    """
    found = locked(draft, edition, DraftState.DRAFTING, DraftState.SUBMITTED)
    newest, last = head(), latest_check(found)
    same = last is not None and (last.edition, last.base_hash) == (edition, newest.pack_hash)
    if last is not None and same and last.state == CheckState.RUNNING:
        if silent(last):
            Check.objects.filter(pk=last.pk).update(beat_at=Now(), step="")
        return last
    if found.kind != DraftKind.ROLLBACK and not found.edits.exists():
        raise error(
            "草案还没有改动任何内容", "the draft changes nothing yet", remedy=("先改一个数值或条文", "change a value or the text first"),
        )  # fmt: skip
    run = like.run if like is not None else current_run()
    snapshot, known_on = (like.snapshot, like.known_on) if like is not None else newest_data()
    found.base_hash = newest.pack_hash
    found.save(update_fields=["base_hash"])
    check = Check.objects.create(
        draft=found, edition=edition, base_hash=newest.pack_hash, run=run, snapshot=snapshot, known_on=known_on,
        day=max(run.as_of, found.in_force_on, newest.in_force_on), in_force_on=found.in_force_on, anew=anew,
        steps=MONTHS * 2 + OTHER_STEPS, started_by=by, started_at=at, beat_at=Now(),
    )  # fmt: skip
    step(found, "check" if like is None else "words", by=by, at=at)
    return check


def taken_over(draft: Draft, last: Check, *, by: Account, at: datetime) -> Check | None:
    """Where only words changed since the check ``last``, of the draft or of the law beneath it: a new one with the same
    figures, after the pack and its cases were checked again. None: what decides has changed.

    Raises:
        JigongError: what is wrong with the pack as it is now.
    """
    newest = head()
    with tempfile.TemporaryDirectory(prefix="jigong-draft-") as folder:
        try:
            top = write_draft(draft, list(draft.edits.all()), newest.folder, Path(folder) / "pack")
            if _meanings(top, newest) != (last.meaning, last.base_meaning):
                return None
        except JigongError:
            return None
    if last.in_force_on != draft.in_force_on:
        return None
    check = run_check(start_check(draft=draft.pk, edition=draft.edition, by=by, at=at, like=last).pk)
    if check.state != CheckState.PASSED:
        raise JigongError(*from_json(check.problems))
    return check


def _meanings(top: Path, newest: Head) -> tuple[str, str]:
    """What can change a decision: of a pack, and of the law it is to replace."""
    pack = read_pack(top)
    return meaning(pack, read_rulebook(pack)), meaning(*book(newest.folder, newest.pack_hash))


def run_check(check_id: int) -> Check:
    """Do the check: it ends passed, or refused with problems and their places.

    Of one that has ended, or that another process is doing, it changes nothing; one that was killed is done
    from the start.
    """
    with _claimed(check_id) as mine:
        check = Check.objects.select_related("draft__restores", "run").get(pk=check_id)
        if mine and check.state == CheckState.RUNNING:
            _do(check)
            check.refresh_from_db()
    return check


def _do(check: Check) -> None:
    folder = check_folder(check) / "pack"
    try:
        _run(check, folder)
    except JigongError as bad:
        _end(check, CheckState.REFUSED, problems=to_json(bad.problems, folder))
    except Exception:
        _end(check, CheckState.BROKEN)
        raise


def _run(check: Check, folder: Path) -> None:
    draft, newest = check.draft, head()
    if newest.pack_hash != check.base_hash:
        raise error(
            "检查开始后又有新的政策发布", "another law was published since the check began", remedy=("再检查一次", "check again")
        )  # fmt: skip
    comparison = Comparison(check, check_folder(check) / "aside", MONTHS)
    comparison.progress("pack")
    top = write_draft(draft, list(draft.edits.all()), newest.folder, folder)
    if problems := _pack_problems(draft, top, newest):
        raise JigongError(*problems)
    after, before = read_pack(top), book(newest.folder, newest.pack_hash)[0]
    check.meaning, check.base_meaning = _meanings(top, newest)
    check.pack_hash = after.hash
    check.save(update_fields=["meaning", "base_meaning", "pack_hash"])
    if check.meaning == check.base_meaning:
        _end(check, CheckState.PASSED, report={"words": True}, done=check.steps)
        return
    earlier = _earlier(check)
    if earlier is None:
        report = comparison.everybody(before, after)
    else:
        pinned = earlier.pinned or earlier
        # Months and days are those of the check whose figures these are.
        check.pinned, check.run, check.day = pinned, pinned.run, pinned.day
        check.save(update_fields=["pinned", "run", "day"])
        same = earlier.snapshot == check.snapshot
        report = earlier.report if same else comparison.touched(pinned, before, after)
    _end(check, CheckState.PASSED, report=report, done=check.steps)


def _earlier(check: Check) -> Check | None:
    """The newest check of the draft that passed and decided the same law; None where there is none, or none is wanted."""
    if check.anew:
        return None
    passed = check.draft.checks.filter(
        pk__lt=check.pk, state=CheckState.PASSED, in_force_on=check.in_force_on,
        meaning=check.meaning, base_meaning=check.base_meaning,
    )  # fmt: skip
    return passed.select_related("pinned__run", "run").first()


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


def _pack_problems(draft: Draft, top: Path, newest: Head) -> list[Problem]:
    """Everything wrong with the draft's pack."""
    try:
        pack = read_pack(top)
    except JigongError as bad:
        return list(bad.problems)
    before, reached = book(newest.folder, newest.pack_hash), offices(draft.created_by, Permission.DRAFT_LAW)
    problems = beyond_limits(draft, pack, before[0], reached) + check_pack(pack, draft.in_force_on)
    return problems or borrowed(draft, (pack, read_rulebook(pack)), before, reached)
