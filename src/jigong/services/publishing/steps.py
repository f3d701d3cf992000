"""What every action on a draft has in common: the lock, the page's edition, the step that is written down."""

from datetime import datetime

from django.db import connection

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.actions import StaleError
from jigong.kernel.problems import error
from jigong.services.publishing.enums import DRAFT_LABELS, DraftState
from jigong.services.publishing.models import Draft, Move


def one_at_a_time() -> None:
    """Let nobody else publish until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publishing'))")


def locked(draft: int, edition: int | None, *states: DraftState) -> Draft:
    """The draft, locked, if the page that asked showed this edition and it is in one of ``states``.

    Raises:
        StaleError: somebody has changed it in the meantime.
    """
    found = Draft.objects.select_for_update().get(pk=draft)
    if found.state not in states or edition not in (None, found.edition):
        label = DRAFT_LABELS[DraftState(found.state)]
        raise stale(
            f"草案刚被更新过（第 {found.edition} 稿，{label.zh}），本次操作没有执行",
            f"the draft has just changed (edition {found.edition}, {label.en}); nothing was done",
        )
    return found


def stale(zh: str, en: str) -> StaleError:
    """The refusal of what was asked from an old page."""
    remedy = ("看一眼最新内容，再决定", "look at it again, then decide")
    return StaleError(*error(zh, en, remedy=remedy).problems)


def step(draft: Draft, move: str, *, by: Account | None, at: datetime, note: str = "") -> None:
    """Write the step into the draft's history and the platform's record."""
    Move.objects.create(draft=draft, at=at, by=by, move=move, edition=draft.edition, note=note)
    record(
        f"publishing.{move}",
        by=by,
        at=at,
        object_kind="draft",
        object_id=draft.pk,
        reason=note,
        detail={"clause": draft.clause, "edition": draft.edition, "state": draft.state},
    )


def changed(draft: Draft, move: str, *, by: Account, at: datetime, note: str = "") -> Draft:
    """A new edition of the draft."""
    draft.edition += 1
    draft.updated_at = at
    draft.save()
    step(draft, move, by=by, at=at, note=note)
    return draft
