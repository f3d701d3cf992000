"""Publishing: send a checked draft to a second person, approve it, put it in force on its day, roll it back."""

from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from jigong.accounts.enums import Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.dossiers.law import current_run
from jigong.dossiers.packs import archive, pack_folder
from jigong.kernel.problems import error
from jigong.services.bring import afterwards, bring
from jigong.services.publishing.checks import taken_over, workspace
from jigong.services.publishing.enums import CheckState, DraftKind, DraftState, VersionState
from jigong.services.publishing.models import Check, Draft, Version
from jigong.services.publishing.queries import (
    Head,
    data_to_look_at,
    drafters,
    head,
    kept,
    latest_check,
    outdated,
)
from jigong.services.publishing.reach import LAW, reaches
from jigong.services.publishing.steps import locked, one_at_a_time, stale, step

RESTORABLE = (VersionState.PAST, VersionState.IN_FORCE)
"""What was in force once can be restored."""


@transaction.atomic
def submit(*, draft: int, edition: int, by: Account, at: datetime) -> Draft:
    """Send a draft whose newest check passed to a second person.

    Raises:
        StaleError: the page was old.
        JigongError: it was not checked as it is now, or no document is named.
    """
    found = locked(draft, edition, DraftState.DRAFTING)
    if not found.source_zh:
        raise error(
            "还没有写明依据的文件",
            "the document that orders the change is not named",
            remedy=("在“依据与生效日”里填写", "name it under basis and date"),
        )
    _good_check(found, head(), by=by, at=at)
    found.base_hash = head().pack_hash
    found.state = DraftState.SUBMITTED
    found.updated_at = at
    found.save()
    step(found, "submit", by=by, at=at)
    return found


@transaction.atomic
def send_back(*, draft: int, edition: int, by: Account, at: datetime, reason: str) -> Draft:
    """Send it back to be changed, and say why.

    Raises:
        StaleError: the page was old.
        JigongError: no reason is given.
    """
    if not reason.strip():
        raise error("退回须写明理由", "sending back needs a reason", remedy=("写一句", "write a sentence"))
    found = locked(draft, edition, DraftState.SUBMITTED)
    found.state = DraftState.DRAFTING
    found.updated_at = at
    found.save()
    step(found, "return", by=by, at=at, note=reason)
    return found


@transaction.atomic
def approve(*, draft: int, edition: int, by: Account, at: datetime, on: date) -> Version:
    """A second person puts the draft among the versions, to take effect on its day (today at the earliest).

    Raises:
        StaleError: the page was old; or the law has changed since the check, which must be run again; or there are newer
            data, and the people they touch have not been looked at.
        JigongError: ``by`` had a hand in the draft, or may not approve the law of its office.
    """
    one_at_a_time()
    found = locked(draft, edition, DraftState.SUBMITTED)
    refuse_same_human(
        by, *drafters(found), zh="起草人不能批准自己的草案", en="nobody approves a draft they had a hand in",
        remedy=("请同部门或区级的另一位审批人批准", "let another approver of the office or the district do it"),
    )  # fmt: skip
    if not reaches(by, found.office, Permission.APPROVE_LAW):
        raise error(
            "您不能批准这个部门的政策",
            "you may not approve the law of this office",
            remedy=("请该部门或区级的审批人批准", "let an approver of the office or the district do it"),
        )
    recognise(at=at)
    newest = head()
    check = _good_check(found, newest, by=by, at=at)
    if data_to_look_at(check) is not None:
        raise stale(
            "检查之后有新数据，受影响的人还没有补查",
            "there are data since the check; the people they touch have not been looked at",
        )
    pack_hash, day = _archived(check), max(found.in_force_on, on)
    if found.kind != DraftKind.ROLLBACK:
        # A roll-back may stop a version that waits for its day.
        day = max(day, newest.in_force_on)
    found.base_hash = newest.pack_hash
    version = _new_version(pack_hash, day, at=at, restores=found.restores)
    found.state = DraftState.PUBLISHED
    found.version = version
    found.updated_at = at
    found.save()
    step(found, "approve", by=by, at=at, note=f"{version.number}: {day}")
    return version


@transaction.atomic
def roll_back(*, number: int, by: Account, at: datetime, on: date, reason: str) -> Draft:
    """Draft the law of an earlier version anew, from today on unless said otherwise. It goes the way of every draft.

    The version in force can be asked for while another waits for its day: that one then never takes effect.

    Raises:
        JigongError: no reason is given, it is the law already, or it was never in force.
    """
    if not reason.strip():
        raise error("恢复须写明理由", "a roll-back needs a reason", remedy=("写一句", "write a sentence"))
    one_at_a_time()
    recognise(at=at)
    newest, target = head(), Version.objects.get(pk=number)
    office = _office_between(target, newest)
    if not any(reaches(by, office, permission) for permission in LAW):
        raise error(
            "这之后的修订不都属于您的部门",
            "not every change since then is of your office",
            remedy=("请区级账号恢复", "let an account of the district do it"),
        )
    if target.state not in RESTORABLE or target.pack_hash == newest.pack_hash:
        raise error(
            f"第 {number} 版不能恢复：它就是最新的政策，或从未生效",
            f"version {number} cannot be restored: it is the newest law, or was never in force",
            remedy=("选一个曾经生效的旧版", "choose an earlier version that was in force"),
        )
    kept(target.pack_hash)
    draft = Draft.objects.create(
        kind=DraftKind.ROLLBACK, office=office, clause="",
        base_hash=newest.pack_hash, in_force_on=on, restores=target, source_zh=reason, source_en=reason,
        created_by=by, created_at=at, updated_at=at,
    )  # fmt: skip
    step(draft, "create", by=by, at=at, note=reason)
    return draft


def due(*, on: date, at: datetime) -> Version | None:
    """Put the newest version whose day has come in force, and bring everybody's decisions anew; None if none is due.

    All in one transaction: killed in the middle, the old law stays in force and the next try does it all.
    What people decided stays. Doing it again changes nothing.
    """
    with transaction.atomic():
        one_at_a_time()
        if not Version.objects.exists():
            return None
        recognise(at=at)
        version = _next(on)
        if version is None:
            return None
        Version.objects.filter(state=VersionState.IN_FORCE).update(state=VersionState.PAST)
        version.state = VersionState.IN_FORCE
        version.took_effect_at = at
        version.save()
        brought = bring(kept(version.pack_hash), settings.JIGONG.data, on, at=at)
        # Last: from its first line to the end of a transaction nobody else writes in the record.
        step(version.draft, "take_effect", by=None, at=at, note=str(version.number))
    afterwards(brought, at=at)
    return version


def _next(on: date) -> Version | None:
    """The newest version whose day has come; those before it that still waited never take effect."""
    waiting = Version.objects.filter(state=VersionState.SCHEDULED)
    version = waiting.filter(in_force_on__lte=on).order_by("-number").select_for_update().first()
    if version is not None:
        waiting.filter(number__lt=version.number).update(state=VersionState.SKIPPED)
    return version


def recognise(*, at: datetime) -> None:
    """Write down the law the site decides by, if it is not the version in force: the first, or one given from outside.

    What was approved on top of another law is then skipped: it must be drafted on this one.
    """
    run = current_run()
    known = Version.objects.filter(state=VersionState.IN_FORCE).first()
    if known is not None and known.pack_hash == run.pack_hash:
        return
    folder = archive(pack_folder(run.pack_hash) or Path(run.pack_folder))
    Version.objects.filter(state=VersionState.SCHEDULED).update(state=VersionState.SKIPPED)
    Version.objects.filter(state=VersionState.IN_FORCE).update(state=VersionState.PAST)
    version = _new_version(run.pack_hash, run.as_of, at=at)
    version.state = VersionState.IN_FORCE
    version.took_effect_at = run.loaded_at
    version.save()
    record(
        "publishing.recognise", by=None, at=at, object_kind="law_version", object_id=version.number,
        detail={"pack": run.pack_hash, "folder": folder.name},
    )  # fmt: skip


def _new_version(pack_hash: str, day: date, *, at: datetime, restores: Version | None = None) -> Version:
    last = Version.objects.order_by("-number").first()
    return Version.objects.create(
        number=last.number + 1 if last else 1, pack_hash=pack_hash, in_force_on=day, restores=restores,
        created_at=at,
    )  # fmt: skip


def _good_check(draft: Draft, newest: Head, *, by: Account, at: datetime) -> Check:
    """The newest check, if it passed and still says something about the draft as it is now; where only words have changed
    since, the one that takes over its figures."""
    check = latest_check(draft)
    if check is not None and check.state == CheckState.PASSED:
        if not (why := outdated(check, draft, newest)):
            return check
        if (again := taken_over(draft, check, by=by, at=at)) is not None:
            return again
        if "edition" not in why:
            raise stale(
                "检查之后，现行政策已经变化，须重新检查",
                "the law has changed since the check; it must be run again",
            )
    raise error(
        "这一稿还没有通过检查",
        "this edition has not passed a check",
        remedy=("先运行检查", "run the check first"),
    )


def _archived(check: Check) -> str:
    """Keep the pack that was checked; its hash."""
    folder = workspace(check)
    if folder is None or archive(folder).parent.name != check.pack_hash:
        raise stale(
            "检查过的文本已不在原处，须重新检查",
            "the text that was checked is no longer there; it must be checked again",
        )
    return check.pack_hash


def _office_between(target: Version, newest: Head) -> str:
    """The one office whose changes came after ``target``; empty if there are several, or none drafted them."""
    later = Version.objects.filter(number__gt=target.number).exclude(state=VersionState.SKIPPED)
    named = {version.draft.office if hasattr(version, "draft") else "" for version in later}
    return named.pop() if len(named) == 1 else ""
