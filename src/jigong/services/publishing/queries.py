"""Reading the law's versions, drafts and checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from jigong.accounts.models import Account
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.packs import pack_folder
from jigong.kernel.problems import error
from jigong.lake.lake import Lake
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import Rulebook, read_rulebook
from jigong.services.publishing.enums import CheckState, VersionState
from jigong.services.publishing.models import Check, Draft, Move, Version

SILENT_AFTER = timedelta(minutes=10)
"""A check that has not moved on for so long, once it began, was killed."""
LOOKED_AT = timedelta(hours=1)
"""For so long figures that were put right may be approved, whatever comes meanwhile."""


@dataclass(frozen=True)
class Head:
    """The newest law: the one in force, or one that is approved and will be. Drafts change this one."""

    number: int | None
    pack_hash: str
    folder: Path
    in_force_on: date


def head() -> Head:
    """The newest version; before anything was published, the pack of the current run.

    Raises:
        JigongError: nothing was loaded yet, or the pack is no longer kept.
    """
    newest = Version.objects.filter(state__in=[VersionState.SCHEDULED, VersionState.IN_FORCE]).order_by("-number").first()  # fmt: skip
    if newest is None:
        run = current_run()
        return Head(None, run.pack_hash, pack_folder(run.pack_hash) or Path(run.pack_folder), run.as_of)
    return Head(newest.number, newest.pack_hash, kept(newest.pack_hash), newest.in_force_on)


def kept(pack_hash: str) -> Path:
    """The folder of a pack that was archived.

    Raises:
        JigongError: it is not there.
    """
    folder = pack_folder(pack_hash)
    if folder is None:
        raise error(
            f"存档中没有技工包 {pack_hash[:12]}",
            f"the archive has no pack {pack_hash[:12]}",
            remedy=("从备份恢复 packs 文件夹", "restore the folder packs from the backup"),
        )
    return folder


def pack_in_force() -> Path:
    """The folder of the law in force: the version that took effect, or the pack the site was given."""
    version = Version.objects.filter(state=VersionState.IN_FORCE).first()
    given: Path = settings.JIGONG.pack
    return given if version is None else kept(version.pack_hash)


@lru_cache(maxsize=8)
def _book(folder: str, pack_hash: str) -> tuple[Pack, Rulebook]:
    pack = read_pack(Path(folder))
    return pack, read_rulebook(pack)


def book(folder: Path, pack_hash: str) -> tuple[Pack, Rulebook]:
    """A kept pack and its rules, read once for each process."""
    return _book(str(folder), pack_hash)


def versions() -> list[Version]:
    """Every version, the newest first, each with its draft where somebody drafted it."""
    return list(Version.objects.select_related("draft", "draft__created_by", "restores").order_by("-number"))


def latest_check(draft: Draft) -> Check | None:
    """The newest check of the draft, of whatever edition."""
    return draft.checks.select_related("run", "pinned", "draft__restores").first()


def silent(check: Check) -> bool:
    """Whether a check says it is running but was killed. One that waits for its turn was not."""
    still = Check.objects.filter(
        pk=check.pk, state=CheckState.RUNNING, beat_at__lt=Now() - SILENT_AFTER
    ).exclude(step="")
    return still.exists()


def outdated(check: Check, draft: Draft, newest: Head) -> list[str]:
    """What has changed since a check: ``edition``, ``law``. It still holds if that is only words; newer data never void it."""
    why = []
    if check.edition != draft.edition:
        why.append("edition")
    if check.base_hash != newest.pack_hash:
        why.append("law")
    return why


def newest_data() -> tuple[str, date]:
    """The newest snapshot of the lake: its id, and the day until which things are known."""
    lake = Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts)
    snapshot = lake.snapshot()
    return snapshot.id, snapshot.known_on


def data_to_look_at(check: Check) -> date | None:
    """The day of data newer than those of a check that passed, by whose people it is put right before it is approved.

    None where there are none, and where it was put right within :data:`LOOKED_AT` already: with deliveries that keep coming
    it could never be approved.
    """
    if check.report.get("words"):
        return None
    identity, known_on = newest_data()
    looked = "touched" in check.report and Check.objects.filter(pk=check.pk, beat_at__gte=Now() - LOOKED_AT)
    return None if identity == check.snapshot or (looked and looked.exists()) else known_on


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One step of a draft, as the history shows it."""

    at: datetime
    who: str
    move: str
    edition: int
    note: str


def history(draft: Draft) -> Sequence[HistoryLine]:
    """Every step of a draft, the oldest first."""
    moves = Move.objects.filter(draft=draft).select_related("by").order_by("id")
    return [
        HistoryLine(m.at, m.by.label_zh or m.by.username if m.by else "", m.move, m.edition, m.note)
        for m in moves
    ]


def drafters(draft: Draft) -> list[Account]:
    """The accounts that had a hand in it: no human behind one of them may approve it."""
    hands = ("create", "edit", "settle", "submit")
    ids = Move.objects.filter(draft=draft, move__in=hands, by__isnull=False).values("by")
    return list(Account.objects.filter(Q(pk=draft.created_by_id) | Q(pk__in=ids)).select_related("person"))
